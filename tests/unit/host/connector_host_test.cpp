#include "runtime/host/connector_host.hpp"

#include <gmock/gmock.h>
#include <perennial/plugin.h>

#include "tests/unit/host/support.hpp"

namespace perennial::host {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The clock outlives threads that are written off.
SystemClock& test_clock() {
  static SystemClock clock;
  return clock;
}

class ConnectorHostTest : public ::testing::Test {
 protected:
  ConnectorHostTest() {
    spec_.name = "test";
    spec_.plugin_directory = plugin_directory("testing").string();
    spec_.endpoints = {"inproc://partition-0"};
    spec_.token = "secret-token";
    spec_.map_archive_directory = (folder_ / "maps").string();
    spec_.tuning.backoff_ms_min = 5;
    spec_.tuning.backoff_ms_max = 20;
    spec_.tuning.grace_ms = 50;
    spec_.tuning.stop_ms = 2000;
    spec_.tuning.heartbeat_ms = 50;
    config_["calls_file"] = text((folder_ / "calls").string());
  }

  void source(std::int64_t events) {
    config_["events"] = number(events);
    spec_.sources = {SourceSpec{"events", "all", 10, 0, 100}};
  }

  void start() {
    spec_.config = packed(config_);
    HostCallbacks callbacks;
    callbacks.log = log_.log();
    callbacks.on_exhausted = [this](const std::string& what) {
      const std::lock_guard lock(mutex_);
      exhausted_ = what;
    };
    callbacks.on_end = [this](const Status& reason) {
      const std::lock_guard lock(mutex_);
      has_ended_ = true;
      if (!reason) end_reason_ = reason.error().reason;
    };
    auto host = ConnectorHost::start(spec_, bus_, test_clock(), std::move(callbacks));
    ASSERT_TRUE(host) << host.error().reason;
    host_ = std::move(*host);
  }
  void start_and_greet() {
    start();
    partition_.expect_hello();
  }

  wire::DispatchEntry entry(std::uint64_t delivery, std::string_view operation, ByteView event,
                            wire::Verb verb = wire::Verb::execute) {
    wire::DispatchEntry entry;
    entry.delivery = delivery;
    entry.attempt = 1;
    entry.verb = verb;
    entry.deadline_ms = 1000;
    entry.operation = operation;
    entry.key = "KEY-1";
    entry.correlation = "R-1";
    entry.event = event;
    if (operation == "mapped") entry.map = "mapped";
    return entry;
  }

  const FakePartition::Outcome& outcome_of(const wire::DispatchEntry& dispatched) {
    partition_.dispatch({dispatched});
    partition_.expect([&] { return partition_.outcome(dispatched.delivery) != nullptr; },
                      "an outcome");
    static const FakePartition::Outcome none{};
    const auto* found = partition_.outcome(dispatched.delivery);
    return found == nullptr ? none : *found;
  }

  bool has_ended() {
    const std::lock_guard lock(mutex_);
    return has_ended_;
  }

  Folder folder_;
  wire::Bus bus_;
  FakePartition partition_{bus_, {"inproc://partition-0"}};
  ConnectorSpec spec_;
  std::map<std::string, Value> config_;
  LogBook log_;
  std::mutex mutex_;
  std::string exhausted_;
  std::string end_reason_;
  bool has_ended_ = false;
  std::unique_ptr<ConnectorHost> host_;
};

TEST_F(ConnectorHostTest, SaysHelloAndIsConnected) {
  start_and_greet();
  partition_.expect([&] { return host_->status().is_connected; }, "the connection");
  EXPECT_EQ(partition_.pids.front(), static_cast<std::uint64_t>(::getpid()));
  EXPECT_TRUE(partition_.problems.empty());
}

TEST_F(ConnectorHostTest, StopsWithItsReasonWhenRefused) {
  partition_.refusal = "expected another token";
  start();
  partition_.expect([&] { return has_ended(); }, "the end");
  EXPECT_THAT(end_reason_, HasSubstr("expected another token"));
  EXPECT_TRUE(host_->status().has_ended);
}

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

TEST_F(ConnectorHostTest, CountsAnUnlistedSourceResultAsMisuse) {
  source(10);
  config_["misuse"] = text("garbage_code");
  start_and_greet();
  partition_.expect([&] { return !partition_.reports.empty(); }, "a report");
  EXPECT_EQ(partition_.reports[0].result, static_cast<std::uint32_t>(PERENNIAL_SOURCE_FAULT));
  EXPECT_TRUE(log_.has("returned 42 from poll of source events, must return one of"));
  EXPECT_TRUE(partition_.events.empty());
}

TEST_F(ConnectorHostTest, ExecutesDeliveriesInBatches) {
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"number", number(1)}});
  std::vector<wire::DispatchEntry> entries;
  for (std::uint64_t delivery = 1; delivery <= 2000; ++delivery) {
    entries.push_back(entry(delivery, "sink", event));
  }
  partition_.dispatch(entries);
  partition_.expect([&] { return partition_.outcomes.size() == 2000; }, "all outcomes");
  for (const auto& outcome : partition_.outcomes) {
    EXPECT_EQ(outcome.kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
  }
  std::size_t calls = 0;
  for (const char symbol : folder_.read("calls")) calls += symbol == '\n' ? 1 : 0;
  EXPECT_LE(calls, 8u);
}

TEST_F(ConnectorHostTest, MapsEventsToPayloadsAndResultsToFollowUps) {
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"number", number(5)}});
  const auto& outcome = outcome_of(entry(1, "mapped", event));
  EXPECT_EQ(outcome.kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
  EXPECT_EQ(outcome.map_revision.size(), 32u);
  ASSERT_EQ(outcome.follow_ups.size(), 1u);
  const auto follow_up = event::read_event(outcome.follow_ups[0]);
  ASSERT_TRUE(follow_up);
  EXPECT_EQ(follow_up->id, "KEY-1/1");
  EXPECT_EQ(follow_up->source, "perennial://test/mapped");
  EXPECT_EQ(follow_up->type, "testing.applied.v1");
  EXPECT_EQ(follow_up->subject, "number 5");
  EXPECT_EQ(follow_up->correlation, "R-1");
  EXPECT_EQ(follow_up->causation, "e-1");
  EXPECT_EQ(event::as_text(event::find_path(follow_up->data, {"receipt", "id"})), "done");
}

TEST_F(ConnectorHostTest, RejectsADeliveryWhoseMapFails) {
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"broken", text("map")}});
  const auto& outcome = outcome_of(entry(1, "mapped", event));
  EXPECT_EQ(outcome.kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_REJECTED));
  EXPECT_EQ(outcome.code, "mapping_failed");
  EXPECT_THAT(outcome.text, HasSubstr("map mapped: broken on purpose"));
  EXPECT_EQ(folder_.read("calls").find("execute"), std::string::npos);
}

TEST_F(ConnectorHostTest, KeepsTheOutcomeWhenTheResultMapFails) {
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"number", number(1)}, {"broken", text("result")}});
  const auto& outcome = outcome_of(entry(1, "mapped", event));
  EXPECT_EQ(outcome.kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
  ASSERT_EQ(partition_.refusals.size(), 1u);
  EXPECT_EQ(partition_.refusals[0].cause, "mapping_failed");
  EXPECT_EQ(partition_.refusals[0].source, "mapped");
  EXPECT_FALSE(partition_.refusals[0].body.empty());
}

TEST_F(ConnectorHostTest, StopsAMapThatNeverEnds) {
  folder_.write("override/mapped.jq", "last(range(1e15))");
  spec_.mapping_override_directory = (folder_ / "override").string();
  spec_.tuning.map_ms = 100;
  spec_.tuning.grace_ms = 10'000;  // the map is stopped, its thread is not lost
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"number", number(1)}});
  const auto& outcome = outcome_of(entry(1, "mapped", event));
  EXPECT_EQ(outcome.kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_REJECTED));
  EXPECT_EQ(outcome.code, "mapping_failed");
  EXPECT_EQ(host_->status().threads_written_off, 0u);
}

TEST_F(ConnectorHostTest, RendersWithTheRevisionOfTheFirstAttempt) {
  folder_.write("override/mapped.jq", "{number: 1, label: \"old\"}");
  spec_.mapping_override_directory = (folder_ / "override").string();
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"number", number(1)}});
  const std::string old_revision = outcome_of(entry(1, "mapped", event)).map_revision;
  host_.reset();
  folder_.write("override/mapped.jq", "{number: 1, label: \"new\"}");
  partition_.hellos = 0;
  start_and_greet();
  const auto subject_of = [](const FakePartition::Outcome& outcome) {
    EXPECT_EQ(outcome.follow_ups.size(), 1u);
    return std::string(event::trusted_event(outcome.follow_ups.at(0)).subject);
  };
  auto again = entry(2, "mapped", event);
  again.map_revision = old_revision;
  const auto& rendered_old = outcome_of(again);
  EXPECT_EQ(subject_of(rendered_old), "old");
  EXPECT_EQ(rendered_old.map_revision, old_revision);
  const auto& rendered_new = outcome_of(entry(3, "mapped", event));
  EXPECT_EQ(subject_of(rendered_new), "new");
  EXPECT_NE(rendered_new.map_revision, old_revision);
}

TEST_F(ConnectorHostTest, SaysThatARevisionIsNotKept) {
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"number", number(1)}});
  auto asked = entry(1, "mapped", event);
  const std::string unknown(32, 'a');
  asked.map_revision = unknown;
  const auto& outcome = outcome_of(asked);
  EXPECT_EQ(outcome.code, "mapping_failed");
  EXPECT_THAT(outcome.text, HasSubstr(unknown));
}

TEST_F(ConnectorHostTest, RejectsOperationsThatThePluginDoesNotHave) {
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"number", number(1)}});
  const auto& outcome = outcome_of(entry(1, "invent", event));
  EXPECT_EQ(outcome.kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_REJECTED));
  EXPECT_EQ(outcome.code, "unknown_operation");
}

TEST_F(ConnectorHostTest, LooksUpPollsAndCancels) {
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"number", number(1)}});
  EXPECT_EQ(outcome_of(entry(1, "sink", event, wire::Verb::lookup)).kind,
            static_cast<std::uint32_t>(PERENNIAL_LOOKUP_DONE));
  auto asked = entry(2, "sink", event, wire::Verb::poll);
  asked.token = "token-1";
  EXPECT_EQ(outcome_of(asked).kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
  asked = entry(3, "sink", event, wire::Verb::cancel);
  asked.token = "token-1";
  EXPECT_EQ(outcome_of(asked).verb, wire::Verb::cancel);
  EXPECT_THAT(folder_.read("calls"), HasSubstr("lookup KEY-1\npoll KEY-1\ncancel KEY-1\n"));
}

TEST_F(ConnectorHostTest, AnswersUnknownAndReplacesTheThreadWhenACallBlocks) {
  config_["block_in"] = text("execute");
  config_["block_ms"] = number(1500);
  spec_.tuning.written_off_max = 2;
  spec_.tuning.stop_ms = 10;
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"number", number(1)}});
  auto blocked = entry(1, "mapped", event);
  blocked.deadline_ms = 50;
  const auto first = outcome_of(blocked);
  EXPECT_EQ(first.kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_UNKNOWN));
  EXPECT_EQ(first.code, "deadline_passed");
  partition_.expect([&] { return host_->status().threads_written_off == 1; }, "the count");
  // Another thread took its place.
  blocked.delivery = 2;
  EXPECT_EQ(outcome_of(blocked).code, "deadline_passed");
  const auto exhausted = [&] {
    const std::lock_guard lock(mutex_);
    return exhausted_;
  };
  partition_.expect([&] { return !exhausted().empty(); }, "the word that it is enough");
  EXPECT_THAT(exhausted(), HasSubstr("2 threads are lost"));
  // The call returns at last, and what became of the delivery is told after all.
  partition_.expect(
      [&] {
        std::size_t answers = 0;
        for (const auto& one : partition_.outcomes) answers += one.delivery == 1 ? 1 : 0;
        return answers == 2;
      },
      "the late outcome");
  EXPECT_TRUE(log_.has("must return within 50 ms"));
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

TEST_F(ConnectorHostTest, ChecksHealthWithSecretsAtHand) {
  spec_.secrets["api_key"] = "0123456789";
  start_and_greet();
  partition_.send(wire::Control{wire::ControlVerb::check, 4});
  partition_.expect([&] { return !partition_.findings.empty(); }, "findings");
  EXPECT_THAT(partition_.findings, ElementsAre("api_key of 10 bytes"));
  EXPECT_FALSE(log_.has("0123456789"));
}

TEST_F(ConnectorHostTest, BeginsAnewAfterAGapInTheFrames) {
  source(10);
  start_and_greet();
  partition_.expect([&] { return partition_.cursors["events"] == "10"; }, "the cursor");
  static_cast<void>(partition_.stream.next(wire::Heartbeat{}));  // lost on its way
  partition_.send(wire::Heartbeat{});
  partition_.expect([&] { return partition_.hellos == 2; }, "a second hello");
  EXPECT_TRUE(log_.has("saying hello again"));
  const Bytes event = testing_event("e-1", {{"number", number(1)}});
  EXPECT_EQ(outcome_of(entry(1, "sink", event)).kind,
            static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
  EXPECT_EQ(host_->status().reconnects, 1u);
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

TEST_F(ConnectorHostTest, PartsInOrder) {
  config_["block_in"] = text("execute");
  config_["block_ms"] = number(100);
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"number", number(1)}});
  std::vector<wire::DispatchEntry> entries;
  for (std::uint64_t delivery = 1; delivery <= 6; ++delivery) {
    entries.push_back(entry(delivery, "mapped", event));
  }
  partition_.dispatch(entries);
  partition_.expect([&] { return folder_.read("calls").find("execute") != std::string::npos; },
                    "a call");
  host_->request_stop();
  partition_.expect([&] { return !partition_.goodbye.empty(); }, "the goodbye");
  EXPECT_EQ(partition_.outcomes.size(), 6u);
  EXPECT_EQ(partition_.order.back(), "goodbye");
  std::size_t unsent = 0;
  for (const auto& outcome : partition_.outcomes) {
    unsent += outcome.kind == PERENNIAL_OUTCOME_NOT_CONNECTED ? 1 : 0;
  }
  EXPECT_EQ(unsent, 4u);
  host_->join();
  EXPECT_TRUE(has_ended());
  EXPECT_THAT(folder_.read("calls"), HasSubstr("stop"));
}

TEST_F(ConnectorHostTest, StopsWhenThePartitionSaysSo) {
  start_and_greet();
  partition_.send(wire::Control{wire::ControlVerb::stop, 0});
  partition_.expect([&] { return has_ended(); }, "the end");
  EXPECT_EQ(end_reason_, "");
}

TEST_F(ConnectorHostTest, RefusesToStartWithAConfigurationThatCannotWork) {
  config_["refuse"] = text("expected a reachable moon");
  spec_.config = packed(config_);
  HostCallbacks callbacks;
  callbacks.log = log_.log();
  const auto host = ConnectorHost::start(spec_, bus_, test_clock(), callbacks);
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().code, Code::refused);
  EXPECT_THAT(host.error().reason, HasSubstr("expected a reachable moon"));
}

TEST_F(ConnectorHostTest, RefusesToStartWithABrokenMap) {
  folder_.write("override/mapped.jq", "{a: 1,\n b: nonsense(.x)}");
  spec_.mapping_override_directory = (folder_ / "override").string();
  HostCallbacks callbacks;
  callbacks.log = log_.log();
  const auto host = ConnectorHost::start(spec_, bus_, test_clock(), callbacks);
  ASSERT_FALSE(host);
  EXPECT_THAT(host.error().reason, HasSubstr("override/mapped.jq:2:5"));
  EXPECT_THAT(host.error().reason, HasSubstr("nonsense/1 is not defined"));
}

TEST_F(ConnectorHostTest, RefusesSourcesThatThePluginDoesNotHave) {
  spec_.sources = {SourceSpec{"invented", "all", 0, 0, 0}};
  HostCallbacks callbacks;
  callbacks.log = log_.log();
  const auto host = ConnectorHost::start(spec_, bus_, test_clock(), callbacks);
  ASSERT_FALSE(host);
  EXPECT_THAT(host.error().reason, HasSubstr("'invented' is none"));
}

}  // namespace
}  // namespace perennial::host
