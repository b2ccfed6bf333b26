// Connection, operations and the end of a host.
#include "tests/unit/host/connector_host_fixture.hpp"

namespace perennial::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

TEST_F(ConnectorHostTest, SendsNothingWhenTheMapGivesNothing) {
  folder_.write("override/mapped.jq", "empty");
  spec_.mapping_override_directory = (folder_ / "override").string();
  start_and_greet();
  const Bytes event = testing_event("e-1", {{"number", number(1)}});
  const auto skipped = outcome_of(entry(1, "mapped", event));
  EXPECT_EQ(skipped.kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_ALREADY_DONE));
  EXPECT_EQ(skipped.code, "skipped_by_map");
  EXPECT_TRUE(skipped.follow_ups.empty());
  EXPECT_EQ(folder_.read("calls").find("execute"), std::string::npos);
  EXPECT_EQ(outcome_of(entry(2, "mapped", event, wire::Verb::lookup)).kind,
            static_cast<std::uint32_t>(PERENNIAL_LOOKUP_CANNOT_TELL));
}

TEST_F(ConnectorHostTest, SendsAnEventWithoutDataToAnOperationWithoutMap) {
  start_and_greet();
  event::EventParts parts;
  parts.id = "e-1";
  parts.source = "perennial://test/events";
  parts.type = "testing.happened.v1";
  const Bytes event = event::build_event(parts);
  EXPECT_EQ(outcome_of(entry(1, "sink", event)).kind,
            static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
  EXPECT_THAT(folder_.read("calls"), HasSubstr("execute KEY-1"));
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
