#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/pipeline/partition.hpp"
#include "tests/support/partition_driver.hpp"

namespace perennial::pipeline {
namespace {

using test::make_graph;
using test::PartitionDriver;

class MovedSource : public ::testing::Test {
 protected:
  MovedSource() : driver_(graph_with_source()) {
    driver_.join("erp");
    move_.token = 7;
    move_.verb = CommandVerb::set_cursor;
    move_.connector = "erp";
    move_.by = "anna";
    move_.why = "read October again";
    move_.source = "postings";
    move_.start = "2026-10-01T00:00:00Z";
  }

  static Graph graph_with_source() {
    Graph graph = make_graph(Idempotency::lookup);
    graph.connectors["erp"].sources = {"postings"};
    return graph;
  }
  const CommandOutput& answer() {
    for (auto output = driver_.others.rbegin(); output != driver_.others.rend(); ++output) {
      if (const auto* command = std::get_if<CommandOutput>(&output->body)) return *command;
    }
    ADD_FAILURE() << "expected an answer to a command";
    static const CommandOutput none;
    return none;
  }
  std::vector<std::pair<std::string, std::string>> begins() {
    std::vector<std::pair<std::string, std::string>> all;
    const wire::Welcome welcome = driver_.partition->welcome({"erp", 1}, 0, 1);
    for (const wire::SourceStart& start : welcome.sources) {
      all.emplace_back(std::string(start.cursor), std::string(start.start));
    }
    return all;
  }

  using Begins = std::vector<std::pair<std::string, std::string>>;
  PartitionDriver driver_;
  Command move_;
};

TEST_F(MovedSource, IsRefusedWhileItsConnectorRuns) {
  driver_.give(move_);

  EXPECT_FALSE(answer().is_done);
  EXPECT_EQ(answer().code, Code::conflict);
  EXPECT_EQ(begins(), Begins{});
}

TEST_F(MovedSource, BeginsWhereItWasMovedToAndGoesOnFromItsOwnCursor) {
  driver_.give(Command{1, CommandVerb::pause, 0, "erp", "anna", "to move a source"});

  driver_.give(move_);

  EXPECT_TRUE(answer().is_done) << answer().text;
  const bool is_reset =
      std::any_of(driver_.others.begin(), driver_.others.end(),
                  [](const Output& one) { return std::holds_alternative<ResetOutput>(one.body); });
  EXPECT_TRUE(is_reset);
  EXPECT_EQ(begins(), (Begins{{"", "2026-10-01T00:00:00Z"}}));
  driver_.restart();
  EXPECT_EQ(begins(), (Begins{{"", "2026-10-01T00:00:00Z"}}));
  const wire::CursorMove moved{"postings", 1, "c-1"};
  driver_.give(SourceCursor{"erp", &moved});
  EXPECT_EQ(begins(), (Begins{{"c-1", ""}}));
  move_.start = {};
  move_.cursor = "c-0";
  driver_.give(move_);
  EXPECT_EQ(begins(), (Begins{{"c-0", ""}}));
}

TEST_F(MovedSource, IsRefusedWithoutAPlaceOrForAnUnknownSource) {
  driver_.give(Command{1, CommandVerb::pause, 0, "erp", "anna", "to move a source"});
  move_.start = "yesterday";
  driver_.give(move_);
  EXPECT_EQ(answer().code, Code::invalid);
  move_.cursor = "c-1";
  driver_.give(move_);
  EXPECT_EQ(answer().code, Code::invalid);
  move_.start = {};
  move_.source = "orders";
  driver_.give(move_);
  EXPECT_EQ(answer().code, Code::not_found);
}

}  // namespace
}  // namespace perennial::pipeline
