// Sources and webhooks of a host.
#include "runtime/wire/routing.hpp"
#include "tests/unit/host/connector_host_fixture.hpp"

namespace perennial::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(ConnectorHostTest, PassesEventsOnAndMovesTheCursorBehindThem) {
  source(250);
  start_and_greet();
  partition_.expect([&] { return partition_.cursors["events"] == "250"; }, "the last cursor");
  EXPECT_EQ(partition_.events.size(), 250u);
  EXPECT_THAT(partition_.cursor_moves, ElementsAre("100", "200", "250"));
  const auto first = event::read_event(partition_.events.front());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->id, "1");
  EXPECT_EQ(first->correlation, "R-1");
  partition_.expect(
      [&] { return folder_.read("calls").find("acknowledge 250") != std::string::npos; },
      "the acknowledgement");
  EXPECT_TRUE(partition_.problems.empty());
}

TEST_F(ConnectorHostTest, HoldsTheCursorUntilTheEventsAreDurable) {
  source(10);
  partition_.holds_events = true;
  start_and_greet();
  partition_.expect([&] { return !partition_.held.empty(); }, "events");
  partition_.expect([&] { return partition_.heartbeats > 1; }, "two heartbeats");
  EXPECT_TRUE(partition_.cursor_moves.empty());
  EXPECT_EQ(folder_.read("calls").find("acknowledge"), std::string::npos);
  partition_.send(wire::EventsDurable{partition_.held[0].first, partition_.held[0].second});
  partition_.expect([&] { return partition_.cursor_moves.size() == 1; }, "the cursor");
  EXPECT_EQ(partition_.cursor_moves[0], "10");
}

TEST_F(ConnectorHostTest, MovesCursorsInOrderWhateverTheOrderOfTheAnswers) {
  source(200);
  partition_.holds_events = true;
  start_and_greet();
  partition_.expect([&] { return partition_.held.size() == 2; }, "two rounds in flight");
  partition_.send(wire::EventsDurable{partition_.held[1].first, partition_.held[1].second});
  partition_.heartbeats = 0;
  partition_.expect([&] { return partition_.heartbeats > 1; }, "two heartbeats");
  EXPECT_TRUE(partition_.cursor_moves.empty());
  partition_.send(wire::EventsDurable{partition_.held[0].first, partition_.held[0].second});
  partition_.expect([&] { return partition_.cursor_moves.size() == 2; }, "both cursors");
  EXPECT_THAT(partition_.cursor_moves, ElementsAre("100", "200"));
}

TEST_F(ConnectorHostTest, BoundsTheRoundsInFlight) {
  source(100'000);
  partition_.holds_events = true;
  start_and_greet();
  partition_.expect([&] { return partition_.held.size() == 4; }, "four rounds");
  partition_.heartbeats = 0;
  partition_.expect([&] { return partition_.heartbeats > 1; }, "two heartbeats");
  EXPECT_EQ(partition_.held.size(), 4u);
}

TEST_F(ConnectorHostTest, BeginsAtTheJournaledCursor) {
  source(10);
  partition_.cursors["events"] = "7";
  start_and_greet();
  partition_.expect([&] { return partition_.cursors["events"] == "10"; }, "the last cursor");
  EXPECT_EQ(partition_.events.size(), 3u);
}

TEST_F(ConnectorHostTest, StaysQuietWhilePaused) {
  source(10);
  partition_.is_paused = true;
  start_and_greet();
  partition_.expect([&] { return partition_.heartbeats > 1; }, "two heartbeats");
  EXPECT_TRUE(partition_.events.empty());
  EXPECT_TRUE(host_->status().is_paused);
  partition_.send(wire::Control{wire::ControlVerb::resume, 0});
  partition_.expect([&] { return partition_.events.size() == 10; }, "the events");
}

TEST_F(ConnectorHostTest, MapsVendorRecordsToCompleteEvents) {
  source(3);
  config_["form"] = text("vendor");
  start_and_greet();
  partition_.expect([&] { return partition_.cursors["events"] == "3"; }, "the cursor");
  ASSERT_EQ(partition_.events.size(), 3u);
  const auto event = event::read_event(partition_.events[1]);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->id, "2");
  EXPECT_EQ(event->source, "perennial://test/events");
  EXPECT_EQ(event->type, "testing.happened.v1");
  EXPECT_EQ(event->subject, "thing-2");
  EXPECT_EQ(event->correlation, "R-2");
}

TEST_F(ConnectorHostTest, TurnsWhatCannotBeMappedIntoRefusals) {
  folder_.write("override/source_events.jq",
                "if .Number == 2 then error(\"no second one\") elif .Number == 3 then "
                "{type: \"a.b.v1\", data: {}, colour: 1} else {type: \"a.b.v1\", data: .} end");
  spec_.mapping_override_directory = (folder_ / "override").string();
  source(4);
  config_["form"] = text("vendor");
  start_and_greet();
  partition_.expect([&] { return partition_.cursors["events"] == "4"; }, "the cursor");
  EXPECT_EQ(partition_.events.size(), 2u);
  ASSERT_EQ(partition_.refusals.size(), 2u);
  EXPECT_EQ(partition_.refusals[0].cause, "mapping_failed");
  EXPECT_EQ(partition_.refusals[0].source, "events");
  EXPECT_EQ(partition_.refusals[0].subject, "2");
  EXPECT_THAT(partition_.refusals[0].text, HasSubstr("no second one"));
  EXPECT_FALSE(partition_.refusals[0].body.empty());
  EXPECT_THAT(partition_.refusals[1].text, HasSubstr("'colour' came"));
}

TEST_F(ConnectorHostTest, GivesEachEventOfOneRecordItsOwnIdentity) {
  folder_.write("override/source_events.jq", "({type: \"a.v1\"}, {type: \"b.v1\"})");
  spec_.mapping_override_directory = (folder_ / "override").string();
  source(1);
  config_["form"] = text("vendor");
  start_and_greet();
  partition_.expect([&] { return partition_.events.size() == 2; }, "both events");
  EXPECT_EQ(event::trusted_event(partition_.events[0]).id, "1");
  EXPECT_EQ(event::trusted_event(partition_.events[1]).id, "1/1");
}

TEST_F(ConnectorHostTest, RefusesRecordsThatAreTooLarge) {
  source(1);
  config_["misuse"] = text("big_record");
  start_and_greet();
  partition_.expect([&] { return partition_.cursors["events"] == "1"; }, "the cursor");
  ASSERT_EQ(partition_.refusals.size(), 1u);
  EXPECT_EQ(partition_.refusals[0].cause, "record_too_large");
}

TEST_F(ConnectorHostTest, RefusesMalformedEventsByName) {
  source(1);
  config_["event_source"] = text("");
  start_and_greet();
  partition_.expect([&] { return partition_.cursors["events"] == "1"; }, "the cursor");
  ASSERT_EQ(partition_.refusals.size(), 1u);
  EXPECT_EQ(partition_.refusals[0].cause, "malformed_event");
  EXPECT_THAT(partition_.refusals[0].text, HasSubstr("'source'"));
}

TEST_F(ConnectorHostTest, ReportsTheStateOfASourceWhenItChanges) {
  source(0);
  config_["result"] = number(PERENNIAL_SOURCE_NOT_CONNECTED);
  start_and_greet();
  const auto polls = [&] {
    const std::string calls = folder_.read("calls");
    int count = 0;
    for (auto at = calls.find("poll_source"); at != std::string::npos;
         at = calls.find("poll_source", at + 1)) {
      ++count;
    }
    return count;
  };
  partition_.expect([&] { return polls() >= 4; }, "several polls with backoff");
  ASSERT_EQ(partition_.reports.size(), 1u);
  EXPECT_EQ(partition_.reports[0].result,
            static_cast<std::uint32_t>(PERENNIAL_SOURCE_NOT_CONNECTED));
  EXPECT_EQ(partition_.reports[0].text, "as configured");
}

TEST_F(ConnectorHostTest, DoesNotRunInCirclesWhenMoreBringsNothing) {
  source(0);
  spec_.sources[0].every_ms = 60'000;
  config_["result"] = number(PERENNIAL_SOURCE_MORE);
  start_and_greet();
  partition_.expect([&] { return !partition_.reports.empty(); }, "the first poll");
  partition_.heartbeats = 0;
  partition_.expect([&] { return partition_.heartbeats > 1; }, "two heartbeats");
  EXPECT_EQ(folder_.read("calls"), "configure\nstart\npoll_source\n");
}

TEST_F(ConnectorHostTest, CountsAnUnlistedSourceResultAsMisuse) {
  source(10);
  config_["misuse"] = text("garbage_code");
  start_and_greet();
  partition_.expect([&] { return !partition_.reports.empty(); }, "a report");
  EXPECT_EQ(partition_.reports[0].result, static_cast<std::uint32_t>(PERENNIAL_SOURCE_FAULT));
  EXPECT_TRUE(log_.has("returned 42 from poll of source events, must return one of"));
  EXPECT_TRUE(partition_.events.empty());
}

TEST_F(ConnectorHostTest, ReportsASourceThatBlocks) {
  source(10);
  spec_.sources[0].deadline_ms = 20;
  config_["block_in"] = text("poll_source");
  config_["block_ms"] = number(900);
  start_and_greet();
  partition_.expect([&] { return !partition_.reports.empty(); }, "a report");
  EXPECT_THAT(partition_.reports[0].text, HasSubstr("within its deadline"));
  partition_.expect([&] { return partition_.events.size() == 10; }, "the events, late");
}

TEST_F(ConnectorHostTest, AnswersAWebhookOnlyWhenItsEventsAreDurable) {
  partition_.holds_events = true;
  start_and_greet();
  wire::WebhookRequest request{7, "hook", "POST", "", "12", {{"x-signature", "good"}}};
  partition_.send(request);
  partition_.expect([&] { return !partition_.held.empty(); }, "the event");
  EXPECT_EQ(event::trusted_event(partition_.events.at(0)).id, "12");
  EXPECT_EQ(event::trusted_event(partition_.events.at(0)).source, "perennial://test/events");
  partition_.heartbeats = 0;
  partition_.expect([&] { return partition_.heartbeats > 1; }, "two heartbeats");
  EXPECT_TRUE(partition_.webhooks.empty());
  partition_.send(wire::EventsDurable{partition_.held[0].first, partition_.held[0].second});
  partition_.expect([&] { return !partition_.webhooks.empty(); }, "the answer");
  EXPECT_EQ(partition_.webhooks[0].request, 7u);
  EXPECT_EQ(partition_.webhooks[0].status, 202u);
  EXPECT_EQ(partition_.webhooks[0].body, "taken");
}

TEST_F(ConnectorHostTest, AnswersRefusedWebhooksWithTheDefaultStatus) {
  start_and_greet();
  partition_.send(wire::WebhookRequest{1, "hook", "POST", "", "12", {}});
  partition_.send(wire::WebhookRequest{2, "hook", "POST", "", "x", {{"x-signature", "good"}}});
  partition_.send(wire::WebhookRequest{3, "invented", "POST", "", "12", {}});
  partition_.expect([&] { return partition_.webhooks.size() == 3; }, "three answers");
  EXPECT_EQ(partition_.webhooks[0].status, 401u);
  EXPECT_EQ(partition_.webhooks[1].status, 400u);
  EXPECT_EQ(partition_.webhooks[2].status, 404u);
}

TEST_F(ConnectorHostTest, SettlesATokenThatAWebhookQuotes) {
  start_and_greet();
  partition_.send(
      wire::WebhookRequest{1, "hook", "POST", "settle", "12", {{"x-signature", "good"}}});
  partition_.expect([&] { return !partition_.webhooks.empty(); }, "the answer");
  ASSERT_EQ(partition_.outcomes.size(), 1u);
  EXPECT_EQ(partition_.outcomes[0].delivery, 0u);
  EXPECT_EQ(partition_.outcomes[0].token, "token-1");
  EXPECT_EQ(partition_.outcomes[0].kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
}

TEST_F(ConnectorHostTest, AsksTheSenderToRepeatWhenAWebhookBlocks) {
  config_["block_in"] = text("receive");
  config_["block_ms"] = number(600);
  spec_.tuning.webhook_ms = 20;
  start_and_greet();
  partition_.send(wire::WebhookRequest{1, "hook", "POST", "", "12", {{"x-signature", "good"}}});
  partition_.send(wire::WebhookRequest{2, "hook", "POST", "", "13", {{"x-signature", "good"}}});
  partition_.expect([&] { return partition_.webhooks.size() == 2; }, "both answers");
  EXPECT_EQ(partition_.webhooks[0].status, 503u);
  EXPECT_EQ(partition_.webhooks[1].status, 503u);
}

TEST_F(ConnectorHostTest, ReadsAgainWhatWasNotDurableBeforeTheConnectionBroke) {
  source(10);
  partition_.holds_events = true;
  start_and_greet();
  partition_.expect([&] { return !partition_.held.empty(); }, "the events");
  partition_.holds_events = false;
  static_cast<void>(partition_.stream.next(wire::Heartbeat{}));
  partition_.send(wire::Heartbeat{});
  partition_.expect([&] { return partition_.cursors["events"] == "10"; }, "the cursor");
  EXPECT_EQ(partition_.events.size(), 20u);
  EXPECT_EQ(partition_.events[0], partition_.events[10]);
}

TEST_F(ConnectorHostTest, SplitsEventsByPartitionAndWaitsForAllOfThem) {
  FakePartition other(bus_, {"inproc://partition-1"});
  spec_.endpoints = {"inproc://partition-0", "inproc://partition-1"};
  FakePartition* const both[] = {&partition_, &other};
  const std::size_t home = wire::home_partition("test", "events", 2);
  FakePartition& at_home = *both[home];
  FakePartition& away = *both[1 - home];
  away.holds_events = true;
  source(100);
  start();
  const auto turn_both = [&] {
    partition_.turn();
    other.turn();
  };
  EXPECT_TRUE(wait_until([&] { return !away.held.empty() && !at_home.events.empty(); }, turn_both));
  for (std::size_t index = 0; index < 2; ++index) {
    for (const Bytes& event : both[index]->events) {
      EXPECT_EQ(wire::partition_of(event::trusted_event(event), 2), index);
    }
  }
  EXPECT_EQ(at_home.events.size() + away.events.size(), 100u);
  at_home.heartbeats = 0;
  EXPECT_TRUE(wait_until([&] { return at_home.heartbeats > 1; }, turn_both));
  EXPECT_TRUE(at_home.cursor_moves.empty());
  away.send(wire::EventsDurable{away.held[0].first, away.held[0].second});
  EXPECT_TRUE(wait_until([&] { return !at_home.cursor_moves.empty(); }, turn_both));
  EXPECT_THAT(at_home.cursor_moves, ElementsAre("100"));
  EXPECT_TRUE(away.cursor_moves.empty());
}

}  // namespace
}  // namespace perennial::host
