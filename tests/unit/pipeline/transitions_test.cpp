#include "runtime/pipeline/transitions.hpp"

#include <gtest/gtest.h>

#include "tests/support/partition_driver.hpp"

namespace perennial::pipeline {
namespace {

using test::make_graph;
using test::PartitionDriver;

struct Version {
  bool is_won = true;
  std::int64_t amount = 100;
  std::string note = "n";
  std::string at = "2026-01-01T00:00:00Z";
  bool has_amount = true;
};

Bytes make_version(const Version& version, std::string_view record = "006A") {
  Bytes data;
  event::Packer packer(data);
  packer.map(4).text("won").boolean(version.is_won).text("note").text(version.note);
  packer.text("at").text(version.at).text("deal");
  packer.map(version.has_amount ? 1 : 0);
  if (version.has_amount) packer.text("amount").integer(version.amount);
  static int number = 0;
  const std::string id = "version-" + std::to_string(++number);
  event::EventParts parts;
  parts.id = id;
  parts.source = "perennial://crm/opportunities";
  parts.type = "deal.observed.v1";
  parts.subject = record;
  parts.correlation = "R-1";
  parts.data = data;
  return event::build_event(parts);
}

Graph graph_with_transition() {
  Graph graph = make_graph(Idempotency::lookup);
  TransitionPlan plan;
  plan.name = "deal";
  plan.type = "deal.observed.v1";
  plan.when = *policy::Predicate::compile(".data.won");
  plan.facts = {{"data", "deal", "amount"}};
  plan.version = {"data", "at"};
  plan.entered = {"a.v1", {"data", "deal"}};
  plan.changed = {"changed.v1", {"data", "deal"}};
  plan.left = {"left.v1", {"data"}};
  plan.returned = {"returned.v1", {"data", "deal"}};
  graph.transitions.emplace(plan.type, plan);
  return graph;
}

class Transitions : public ::testing::Test {
 protected:
  Transitions() : driver_(graph_with_transition()) {}

  // The types of the events that this version brought, and their ids.
  std::vector<std::string> see(const Version& version) {
    const std::size_t before = driver_.journal.size();
    driver_.events({make_version(version)});
    std::vector<std::string> told;
    for (std::size_t index = before; index < driver_.journal.size(); ++index) {
      const auto stamped = state::decode(driver_.journal[index]);
      if (const auto* accepted = std::get_if<state::EventAccepted>(&stamped->record)) {
        const event::EventView event = event::trusted_event(accepted->event);
        told.push_back(std::string(event.type) + " " + std::string(event.id));
      }
    }
    return told;
  }

  PartitionDriver driver_;
};

using Told = std::vector<std::string>;

TEST_F(Transitions, TellEachEdgeOnceAndNothingElse) {
  EXPECT_EQ(see({.is_won = false}), Told{});
  EXPECT_EQ(see({}), Told{"a.v1 006A:deal:entered"});
  EXPECT_EQ(see({.note = "written by ourselves"}), Told{});
  EXPECT_EQ(see({.amount = 120}), Told{"changed.v1 006A:deal:changed:2"});
  EXPECT_EQ(see({.is_won = false, .amount = 120}), Told{"left.v1 006A:deal:left:3"});
  EXPECT_EQ(see({.is_won = false, .amount = 130}), Told{});
  EXPECT_EQ(see({.amount = 120}), Told{"returned.v1 006A:deal:returned:4"});
  EXPECT_EQ(see({.amount = 120}), Told{});
  EXPECT_EQ(driver_.partition->counters().observations_unchanged, 4U);
}

TEST_F(Transitions, AreRememberedOverARestart) {
  see({});
  driver_.restart();

  EXPECT_EQ(see({.note = "again"}), Told{});
  EXPECT_EQ(see({.amount = 7}), Told{"changed.v1 006A:deal:changed:2"});
}

TEST_F(Transitions, LeaveOutVersionsThatAreOlderThanTheLastThatCounted) {
  see({.amount = 120, .at = "2026-01-02T00:00:00Z"});

  EXPECT_EQ(see({.amount = 100, .at = "2026-01-01T00:00:00Z"}), Told{});
}

TEST_F(Transitions, RouteTheEventThatTellsAnEdge) {
  driver_.join("erp");

  see({});

  ASSERT_EQ(driver_.dispatches.size(), 1U);
  Bytes key;
  EXPECT_EQ(driver_.partition->dispatch_entry(driver_.dispatches.front(), key).delivery,
            driver_.dispatches.front().delivery);
}

TEST_F(Transitions, RefuseAnEdgeThatItsSchemaRefusesAndTryAgainAtTheNextVersion) {
  Graph graph = graph_with_transition();
  auto registry = std::make_shared<policy::Registry>();
  registry->accepts_unknown_types = true;
  auto schema = policy::Schema::compile(R"({"type": "object", "required": ["amount"]})");
  ASSERT_TRUE(schema);
  registry->schemas.emplace("a.v1", *schema);
  graph.registry = registry;
  PartitionDriver driver(std::move(graph));

  driver.events({make_version({.has_amount = false})});
  ASSERT_NE(driver.only_exception(), nullptr);
  EXPECT_EQ(driver.only_exception()->cause, "schema_violation");
  driver.events({make_version({})});

  EXPECT_EQ(driver.partition->counters().events_accepted, 1U);
}

TEST_F(Transitions, AreRecordedWithoutAnEventWhenNoneIsConfigured) {
  Graph graph = graph_with_transition();
  graph.transitions.at("deal.observed.v1").left = {};
  PartitionDriver driver(std::move(graph));
  driver.events({make_version({})});

  driver.events({make_version({.is_won = false})});

  EXPECT_EQ(driver.record_names().back(), "transition.made");
  EXPECT_EQ(driver.partition->counters().events_accepted, 1U);
}

}  // namespace
}  // namespace perennial::pipeline
