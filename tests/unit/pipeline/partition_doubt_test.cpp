// What the simulation found once; each stands here by itself.
#include <gtest/gtest.h>

#include "runtime/pipeline/outcome.hpp"
#include "runtime/pipeline/partition.hpp"
#include "tests/support/partition_driver.hpp"

namespace perennial::pipeline {
namespace {

using test::make_event;
using test::make_graph;
using test::PartitionDriver;

constexpr auto kind_of = [](auto outcome) { return static_cast<std::uint32_t>(outcome); };

TEST(Partition, CountsTheWindowOfAKeyFromTheStartAndNotFromTheMissedAnswer) {
  PartitionDriver driver(make_graph(Idempotency::key));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  driver.dispatches.clear();
  driver.now += 25LL * 3600 * 1000;  // the runtime was down for longer than the remote remembers

  driver.restart();
  driver.join("erp");
  driver.pass(60'000);

  EXPECT_TRUE(driver.dispatches.empty());
  ASSERT_NE(driver.only_exception(), nullptr);
  EXPECT_EQ(driver.only_exception()->cause, "outcome_unknown");
}

TEST(Partition, SendsADoubtfulKeyAgainWhenAPersonFoundOutThatNothingWasApplied) {
  PartitionDriver driver(make_graph(Idempotency::key));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  driver.dispatches.clear();
  driver.now += 25LL * 3600 * 1000;
  driver.restart();
  driver.join("erp");
  driver.pass(60'000);
  ASSERT_NE(driver.only_exception(), nullptr);

  driver.give(Command{1, CommandVerb::retry, driver.only_exception()->id, "", "anna", "not there"});

  EXPECT_EQ(driver.take_dispatch().verb, wire::Verb::execute);
}

TEST(Partition, GivesACallOfALostHostItsWholeDeadlineBeforeItAsksOrStatesAgain) {
  for (const Idempotency kind : {Idempotency::lookup, Idempotency::natural}) {
    PartitionDriver driver(make_graph(kind));
    driver.join("erp");
    driver.events({make_event("1", "a.v1", "R-1")});
    driver.dispatches.clear();
    driver.pass(10'000);  // it waits in the host and may begin at the last moment

    driver.give(HostLeft{"erp", driver.epoch["erp"], "killed"});
    driver.join("erp");
    driver.pass(14'999);
    EXPECT_TRUE(driver.dispatches.empty());

    driver.pass(2'001);
    EXPECT_EQ(driver.dispatches.size(), 1U);
  }
}

TEST(Partition, SendsNothingInTheNameOfAnAttemptThatIsOver) {
  PartitionDriver driver(make_graph(Idempotency::key));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  const auto first = driver.take_dispatch();
  driver.give(HostLeft{"erp", driver.epoch["erp"], "killed"});
  std::string key;
  EXPECT_EQ(driver.partition->dispatch_entry(first, key).delivery, 0U);

  driver.join("erp");
  driver.pass(60'000);

  const auto second = driver.take_dispatch();
  EXPECT_EQ(driver.partition->dispatch_entry(first, key).delivery, 0U);
  EXPECT_EQ(driver.partition->dispatch_entry(second, key).attempt, 2U);
}

TEST(Partition, KeepsAQuestionInFlightUntilItsAnswerComesWhateverSettledItsDelivery) {
  auto graph = make_graph(Idempotency::lookup);
  graph.connectors["erp"].in_flight_max = 1;
  PartitionDriver driver(std::move(graph));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1"), make_event("2", "a.v1", "R-2")});
  wire::OutcomeEntry entry;
  const auto sent = driver.take_dispatch();
  entry.delivery = sent.delivery;
  entry.attempt = 1;
  entry.kind = kind_of(Outcome::unknown);
  wire::Outcomes frame;
  frame.entries = {entry};
  driver.give(OutcomesArrived{"erp", driver.epoch["erp"], &frame});
  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::done));
  driver.pass(2'000);
  const auto question = driver.take_dispatch();
  EXPECT_EQ(question.verb, wire::Verb::lookup);
  driver.events({make_event("3", "a.v1", "R-3")});

  entry.kind = kind_of(Outcome::done);  // the answer that was given up comes late
  frame.entries = {entry};
  driver.give(OutcomesArrived{"erp", driver.epoch["erp"], &frame});
  EXPECT_TRUE(driver.dispatches.empty());

  driver.answer("erp", question, kind_of(Lookup::done));
  EXPECT_EQ(driver.dispatches.size(), 1U);
}

TEST(Partition, LeavesATokenOfAnEarlierAttemptToTheAttemptUnderWay) {
  PartitionDriver driver(make_graph(Idempotency::key));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  wire::OutcomeEntry entry;
  entry.delivery = driver.take_dispatch().delivery;
  entry.attempt = 1;
  entry.kind = kind_of(Outcome::pending);
  entry.token = "t-1";
  wire::Outcomes frame;
  frame.entries = {entry};
  driver.give(OutcomesArrived{"erp", driver.epoch["erp"], &frame});
  driver.pass(2'000);
  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::try_again));
  driver.pass(60'000);
  const auto again = driver.take_dispatch();
  ASSERT_EQ(again.verb, wire::Verb::execute);

  entry.delivery = 0;
  entry.kind = kind_of(Outcome::done);
  frame.entries = {entry};
  driver.give(OutcomesArrived{"erp", driver.epoch["erp"], &frame});
  EXPECT_EQ(driver.partition->state().deliveries().size(), 1U);

  driver.answer("erp", again, kind_of(Outcome::already_done));
  EXPECT_TRUE(driver.partition->state().deliveries().empty());
  EXPECT_TRUE(driver.partition->state().exceptions().empty());
}

TEST(Partition, KeepsAnOpenJoinWhenItsEffectIsRenamed) {
  PartitionDriver driver(make_graph(Idempotency::natural));
  driver.join("access");
  driver.events({make_event("1", "a.v1", "R-1")});
  driver.graph.effects[1].name = "grant-anew";
  index_graph(driver.graph, {{"a.v1", ""}, {"", ""}});
  driver.restart();
  driver.join("access");

  driver.events({make_event("2", "b.v1", "R-1")});

  EXPECT_EQ(driver.dispatches.size(), 1U);
}

TEST(Partition, ForgetsAClosedJoinWhenItsTimeIsOver) {
  PartitionDriver driver(make_graph(Idempotency::natural, 60'000));
  driver.events({make_event("1", "a.v1", "R-1"), make_event("2", "b.v1", "R-1")});
  EXPECT_EQ(driver.partition->state().joins().size(), 1U);
  driver.pass(60'001);

  driver.events({make_event("3", "a.v1", "R-2")});

  EXPECT_EQ(driver.partition->state().joins().size(), 1U);
  EXPECT_NE(driver.partition->state().join("grant", "R-2"), nullptr);
}

}  // namespace
}  // namespace perennial::pipeline
