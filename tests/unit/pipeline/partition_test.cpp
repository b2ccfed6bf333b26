#include "runtime/pipeline/partition.hpp"

#include <gtest/gtest.h>

#include "runtime/pipeline/outcome.hpp"
#include "tests/support/partition_driver.hpp"

namespace perennial::pipeline {
namespace {

using test::make_event;
using test::make_graph;
using test::PartitionDriver;

constexpr auto kind_of = [](auto outcome) { return static_cast<std::uint32_t>(outcome); };

TEST(Partition, StartsADeliveryInTheBatchOfItsEvent) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");

  driver.events({make_event("1", "a.v1", "R-1")});

  ASSERT_EQ(driver.dispatches.size(), 1U);
  EXPECT_EQ(driver.record_names(),
            (std::vector<std::string>{"config.activated", "host.started", "event.accepted",
                                      "delivery.scheduled", "join.filled", "delivery.started"}));
}

TEST(Partition, AcknowledgesADuplicateWithoutASecondDelivery) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});

  driver.events({make_event("1", "a.v1", "R-1")});

  EXPECT_EQ(driver.dispatches.size(), 1U);
  EXPECT_EQ(driver.partition->counters().events_duplicate, 1U);
  EXPECT_TRUE(std::holds_alternative<EventsDurableOutput>(driver.others.back().body));
}

TEST(Partition, RemembersTheClaimOfAnEventOverARestart) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.events({make_event("1", "a.v1", "R-1")});

  driver.restart();
  driver.events({make_event("1", "a.v1", "R-1")});

  EXPECT_EQ(driver.partition->counters().events_duplicate, 1U);
}

TEST(Partition, KeepsTheOrderOfOneKeyAndRunsOthersBesideIt) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");

  driver.events({make_event("1", "a.v1", "R-1"), make_event("2", "a.v1", "R-1"),
                 make_event("3", "a.v1", "R-2")});

  ASSERT_EQ(driver.dispatches.size(), 2U);
  const auto first = driver.take_dispatch();
  (void)driver.take_dispatch();
  driver.answer("erp", first, kind_of(Outcome::done));
  ASSERT_EQ(driver.dispatches.size(), 1U);
  EXPECT_GT(driver.take_dispatch().delivery, first.delivery);
}

TEST(Partition, LooksUpALostAttemptOnlyAfterItsSettlingTimeAndBeforeAnyResend) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  const auto sent = driver.take_dispatch();
  const std::string key = driver.key(sent);

  driver.answer("erp", sent, kind_of(Outcome::unknown));
  driver.pass(1'999);
  EXPECT_TRUE(driver.dispatches.empty());
  driver.pass(1);

  const auto question = driver.take_dispatch();
  EXPECT_EQ(question.verb, wire::Verb::lookup);
  EXPECT_EQ(driver.key(question), key);
  driver.answer("erp", question, kind_of(Lookup::done));
  EXPECT_TRUE(driver.partition->state().deliveries().empty());
}

TEST(Partition, ResendsUnderTheSameKeyWhenTheLookupProvesAbsence) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  const auto sent = driver.take_dispatch();
  const std::string key = driver.key(sent);
  driver.answer("erp", sent, kind_of(Outcome::unknown));
  driver.pass(2'000);

  driver.answer("erp", driver.take_dispatch(), kind_of(Lookup::absent));
  driver.pass(60'000);

  const auto again = driver.take_dispatch();
  EXPECT_EQ(again.verb, wire::Verb::execute);
  EXPECT_EQ(driver.key(again), key);
}

TEST(Partition, OpensAPossibleDoubleWhenAnAttemptBelievedAbsentLandsLater) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::unknown));
  driver.pass(2'000);
  driver.answer("erp", driver.take_dispatch(), kind_of(Lookup::absent));
  driver.pass(60'000);
  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::done));

  driver.pass(60'000);
  const auto second_look = driver.take_dispatch();
  EXPECT_EQ(second_look.verb, wire::Verb::lookup);
  driver.answer("erp", second_look, kind_of(Lookup::several));

  ASSERT_NE(driver.only_exception(), nullptr);
  EXPECT_EQ(driver.only_exception()->cause, "possible_double");
  EXPECT_EQ(driver.only_exception()->owner, "finance-operations");
}

TEST(Partition, TreatsEveryStartedDeliveryAsUnknownAfterARestart) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  driver.dispatches.clear();

  driver.restart();
  driver.join("erp");
  EXPECT_TRUE(driver.dispatches.empty());
  driver.pass(15'000 + 2'000);

  EXPECT_EQ(driver.take_dispatch().verb, wire::Verb::lookup);
}

TEST(Partition, ResendsAKeyedDeliveryAfterALostAnswer) {
  PartitionDriver driver(make_graph(Idempotency::key));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  const auto sent = driver.take_dispatch();
  const std::string key = driver.key(sent);

  driver.answer("erp", sent, kind_of(Outcome::unknown));
  driver.pass(60'000);

  const auto again = driver.take_dispatch();
  EXPECT_EQ(again.verb, wire::Verb::execute);
  EXPECT_EQ(driver.key(again), key);
}

TEST(Partition, DoesNotResendADoubtfulKeyPastTheRemotesWindow) {
  PartitionDriver driver(make_graph(Idempotency::key));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::unknown));
  driver.give(Command{1, CommandVerb::pause, 0, "erp", "test", "outage"});
  driver.pass(25LL * 3600 * 1000);

  driver.give(Command{2, CommandVerb::resume, 0, "erp", "test", "over"});

  EXPECT_TRUE(driver.dispatches.empty());
  ASSERT_NE(driver.only_exception(), nullptr);
  EXPECT_EQ(driver.only_exception()->cause, "outcome_unknown");
}

TEST(Partition, ParksALostAnswerOfAnOperationWithoutIdempotency) {
  PartitionDriver driver(make_graph(Idempotency::none));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});

  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::unknown));

  ASSERT_NE(driver.only_exception(), nullptr);
  EXPECT_EQ(driver.only_exception()->cause, "outcome_unknown");
}

TEST(Partition, RetriesARejectedDeliveryUnderANewKeyAndClosesItsExceptionOnSuccess) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  const auto sent = driver.take_dispatch();
  const std::string key = driver.key(sent);
  driver.answer("erp", sent, kind_of(Outcome::rejected));
  ASSERT_NE(driver.only_exception(), nullptr);
  const Position exception = driver.only_exception()->id;

  driver.give(Command{1, CommandVerb::retry, exception, "", "anna", "customer unblocked"});

  const auto again = driver.take_dispatch();
  EXPECT_NE(driver.key(again), key);
  ASSERT_NE(driver.only_exception(), nullptr) << "a trial closes on success only";
  driver.answer("erp", again, kind_of(Outcome::done));
  EXPECT_TRUE(driver.partition->state().exceptions().empty());
}

TEST(Partition, CountsAFailedTrialUnderTheSameException) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::rejected));
  const Position exception = driver.only_exception()->id;
  driver.give(Command{1, CommandVerb::retry, exception, "", "anna", ""});

  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::rejected));

  ASSERT_NE(driver.only_exception(), nullptr);
  EXPECT_EQ(driver.only_exception()->count, 2U);
  EXPECT_FALSE(driver.only_exception()->is_on_trial);
}

TEST(Partition, RefusesASecondTrialWhileOneRuns) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::rejected));
  const Position exception = driver.only_exception()->id;
  driver.give(Command{1, CommandVerb::retry, exception, "", "anna", ""});

  driver.give(Command{2, CommandVerb::retry, exception, "", "bob", ""});

  const auto& answer = std::get<CommandOutput>(driver.others.back().body);
  EXPECT_FALSE(answer.is_done);
  EXPECT_EQ(answer.code, Code::conflict);
}

TEST(Partition, SkipsAParkedDeliveryOnResolveAndLetsItsLaneGoOn) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1"), make_event("2", "a.v1", "R-1")});
  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::rejected));
  EXPECT_TRUE(driver.dispatches.empty()) << "a stuck head blocks its key";

  driver.give(
      Command{1, CommandVerb::resolve, driver.only_exception()->id, "", "anna", "done by hand"});

  EXPECT_EQ(driver.dispatches.size(), 1U);
  EXPECT_TRUE(driver.partition->state().exceptions().empty());
}

TEST(Partition, CompletesAJoinWhateverTheOrderOfItsEvents) {
  PartitionDriver driver(make_graph(Idempotency::natural));
  driver.join("access");
  driver.events({make_event("2", "b.v1", "R-1")});
  EXPECT_TRUE(driver.dispatches.empty());

  driver.events({make_event("1", "a.v1", "R-1")});

  ASSERT_EQ(driver.dispatches.size(), 1U);
  std::string key;
  const auto entry = driver.partition->dispatch_entry(driver.dispatches.front(), key);
  EXPECT_EQ(event::trusted_event(entry.event).type, "perennial.joined.v1");
  EXPECT_EQ(entry.correlation, "R-1");
}

TEST(Partition, OwnsAnOverdueJoinAndClosesItWhenTheMissingEventComes) {
  PartitionDriver driver(make_graph(Idempotency::natural, 60'000));
  driver.events({make_event("1", "a.v1", "R-1")});

  driver.pass(60'000);
  ASSERT_NE(driver.only_exception(), nullptr);
  EXPECT_EQ(driver.only_exception()->cause, "join_overdue");
  EXPECT_NE(driver.only_exception()->text.find("b.v1"), std::string::npos);
  driver.events({make_event("2", "b.v1", "R-1")});

  EXPECT_TRUE(driver.partition->state().exceptions().empty());
}

TEST(Partition, OpensOneIncidentForAnUnreachableConnectorAndUsesNoAttempts) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  std::vector<Bytes> events;
  for (int index = 0; index < 5; ++index) {
    const std::string id = std::to_string(index);
    events.push_back(make_event(id, "a.v1", "R-" + id));
  }
  driver.events(events);

  for (int round = 0; round < 20; ++round) {
    while (!driver.dispatches.empty()) {
      driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::not_connected));
    }
    driver.pass(31'000);
  }

  std::size_t unreachable = 0;
  for (const auto& [id, row] : driver.partition->state().exceptions()) {
    unreachable += row.cause == "connector_unreachable" ? 1 : 0;
    EXPECT_NE(row.cause, "retries_exhausted");
  }
  EXPECT_EQ(unreachable, 1U);
}

TEST(Partition, ClosesEveryIncidentOfASourceThatWorksAgain) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  wire::SourceReport report{"postings", 7, "token_expired", "log on again", {}, {}};
  driver.give(SourceState{"erp", &report});
  report.code = "scope_missing";
  driver.give(SourceState{"erp", &report});
  const std::size_t open = driver.partition->state().exceptions().size();

  report = {"postings", 1, {}, {}, {}, {}};
  driver.give(SourceState{"erp", &report});

  EXPECT_EQ(open, 2U);
  EXPECT_TRUE(driver.partition->state().exceptions().empty());
}

TEST(Partition, TellsTheWayOutOfAGapAndOfALostCursor) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  wire::SourceReport report{"postings", 5, "expired", "the cursor is unknown", {}, {}};

  driver.give(SourceState{"erp", &report});

  ASSERT_NE(driver.only_exception(), nullptr);
  EXPECT_EQ(driver.only_exception()->cause, "source_cursor_invalid");
  EXPECT_NE(driver.only_exception()->text.find("connector cursor set erp postings --start"),
            std::string::npos);
  report = {"postings", 3, {}, {}, {}, {}};
  driver.give(SourceState{"erp", &report});
  EXPECT_TRUE(driver.partition->state().exceptions().empty());
}

TEST(Partition, WritesDownAndGivesUpWhatAnObservingConnectorWouldSend) {
  Graph graph = make_graph(Idempotency::lookup);
  graph.connectors["erp"].is_observing = true;
  PartitionDriver driver(std::move(graph));
  driver.join("erp");

  driver.events({make_event("1", "a.v1", "R-1"), make_event("2", "a.v1", "R-1")});

  EXPECT_TRUE(driver.dispatches.empty());
  EXPECT_TRUE(driver.partition->state().deliveries().size() == 0);
  const auto names = driver.record_names();
  EXPECT_EQ(std::count(names.begin(), names.end(), "delivery.scheduled"), 2);
  EXPECT_EQ(std::count(names.begin(), names.end(), "delivery.skipped"), 2);
}

TEST(Partition, GroupsRefusalsOfOneKindAndCountsThem) {
  PartitionDriver driver(make_graph(Idempotency::lookup));

  driver.events({"garbage", "more garbage", make_event("1", "a.v1", "R-1")});

  ASSERT_NE(driver.only_exception(), nullptr);
  EXPECT_EQ(driver.only_exception()->cause, "malformed_event");
  EXPECT_EQ(driver.only_exception()->count, 2U);
  EXPECT_EQ(driver.partition->counters().events_accepted, 1U);
}

TEST(Partition, SettlesAPendingDeliveryByTokenOrByPoll) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  wire::OutcomeEntry entry;
  const auto sent = driver.take_dispatch();
  entry.delivery = sent.delivery;
  entry.attempt = 1;
  entry.kind = kind_of(Outcome::pending);
  entry.token = "t-1";
  wire::Outcomes frame;
  frame.entries = {entry};
  driver.give(OutcomesArrived{"erp", driver.epoch["erp"], &frame});

  driver.pass(2'000);
  EXPECT_EQ(driver.take_dispatch().verb, wire::Verb::poll);
  entry.delivery = 0;
  entry.kind = kind_of(Outcome::done);
  frame.entries = {entry};
  driver.give(OutcomesArrived{"erp", driver.epoch["erp"], &frame});

  EXPECT_TRUE(driver.partition->state().deliveries().empty());
}

// A remote like a payment service: it honours keys, keeps failures with them, and can be asked.
Graph make_graph_of_kept_failures() {
  Graph graph = make_graph(Idempotency::key);
  OperationPlan& operation = graph.connectors["erp"].operations["create_order"];
  operation.has_lookup = true;
  operation.caches_failures = true;
  return graph;
}

// Two doubtful answers under one key; gives the question that follows, and the key.
DispatchOutput ask_after_two_doubts(PartitionDriver& driver, std::string& key) {
  driver.join("erp");
  driver.events({make_event("1", "a.v1", "R-1")});
  const auto sent = driver.take_dispatch();
  key = driver.key(sent);
  driver.answer("erp", sent, kind_of(Outcome::unknown));
  driver.pass(60'000);
  const auto again = driver.take_dispatch();
  EXPECT_EQ(driver.key(again), key) << "a lost answer is first asked for again under its key";
  driver.answer("erp", again, kind_of(Outcome::unknown));
  EXPECT_TRUE(driver.dispatches.empty());
  driver.pass(2'000);
  return driver.take_dispatch();
}

TEST(Partition, TakesANewKeyForAKeptFailureOnlyWhenTheAttemptIsProvenAbsentAndOver) {
  PartitionDriver driver(make_graph_of_kept_failures());
  std::string key;
  auto question = ask_after_two_doubts(driver, key);
  EXPECT_EQ(question.verb, wire::Verb::lookup);
  driver.answer("erp", question, kind_of(Lookup::absent));
  driver.pass(14'999);
  EXPECT_TRUE(driver.dispatches.empty()) << "the attempt may still run until its deadline";

  driver.pass(1);
  question = driver.take_dispatch();
  EXPECT_EQ(question.verb, wire::Verb::lookup);
  EXPECT_EQ(driver.key(question), key);
  driver.answer("erp", question, kind_of(Lookup::absent));
  driver.pass(60'000);

  const auto again = driver.take_dispatch();
  EXPECT_EQ(again.verb, wire::Verb::execute);
  EXPECT_NE(driver.key(again), key);
  EXPECT_EQ(driver.key(again).substr(0, key.size() - 1), key.substr(0, key.size() - 1));
}

TEST(Partition, SettlesAKeptFailureThatWasAppliedByItsLookup) {
  PartitionDriver driver(make_graph_of_kept_failures());
  std::string key;
  const auto question = ask_after_two_doubts(driver, key);

  driver.answer("erp", question, kind_of(Lookup::done));

  EXPECT_TRUE(driver.partition->state().deliveries().empty());
}

TEST(Partition, KeepsTheKeyWhileTheLookupCannotTell) {
  PartitionDriver driver(make_graph_of_kept_failures());
  std::string key;
  auto question = ask_after_two_doubts(driver, key);

  for (int round = 0; round < 10; ++round) {
    driver.answer("erp", question, kind_of(Lookup::cannot_tell));
    driver.pass(60'000);
    question = driver.take_dispatch();
    EXPECT_EQ(question.verb, wire::Verb::lookup);
    EXPECT_EQ(driver.key(question), key);
  }
}

// The second look after a change of keys asks for the attempt of the old key, over a restart too.
void confirm_after_new_key(PartitionDriver& driver, Lookup found) {
  std::string key;
  driver.answer("erp", ask_after_two_doubts(driver, key), kind_of(Lookup::absent));
  driver.pass(60'000);
  driver.answer("erp", driver.take_dispatch(), kind_of(Lookup::absent));
  driver.pass(60'000);
  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::done));
  driver.restart();
  driver.join("erp");
  driver.pass(60'000);
  const auto second_look = driver.take_dispatch();
  EXPECT_EQ(second_look.verb, wire::Verb::lookup);
  EXPECT_EQ(driver.key(second_look), key);
  driver.answer("erp", second_look, kind_of(found));
}

TEST(Partition, OpensAPossibleDoubleWhenTheAttemptOfTheOldKeyLandedAfterAll) {
  PartitionDriver driver(make_graph_of_kept_failures());

  confirm_after_new_key(driver, Lookup::done);

  ASSERT_NE(driver.only_exception(), nullptr);
  EXPECT_EQ(driver.only_exception()->cause, "possible_double");
}

TEST(Partition, IsContentWhenTheOldKeyIsStillAbsentAtTheSecondLook) {
  PartitionDriver driver(make_graph_of_kept_failures());

  confirm_after_new_key(driver, Lookup::absent);

  EXPECT_TRUE(driver.partition->state().exceptions().empty());
  EXPECT_TRUE(driver.partition->state().deliveries().empty());
}

TEST(Partition, GivesTheSameStateLiveAndFromReplay) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.join("access");
  driver.events({make_event("1", "a.v1", "R-1"), make_event("2", "b.v1", "R-1"), "x"});
  driver.answer("erp", driver.take_dispatch(), kind_of(Outcome::try_again));
  driver.pass(10);

  Partition replayed(driver.graph, 7, Random(11));
  Position position = 1;
  for (const std::string& record : driver.journal) ASSERT_TRUE(replayed.replay(position++, record));

  const state::State& live = driver.partition->state();
  EXPECT_EQ(replayed.state().position(), live.position());
  EXPECT_EQ(replayed.state().deliveries().size(), live.deliveries().size());
  for (const auto& [id, delivery] : live.deliveries()) {
    const state::Delivery* other = replayed.state().delivery(id);
    ASSERT_NE(other, nullptr);
    EXPECT_EQ(other->status, delivery.status);
    EXPECT_EQ(other->due, delivery.due);
    EXPECT_EQ(other->tries, delivery.tries);
  }
  EXPECT_EQ(replayed.state().exceptions().size(), live.exceptions().size());
}

TEST(Partition, StopsIntakeOverHttpAndNewStartsWithoutReserve) {
  PartitionDriver driver(make_graph(Idempotency::lookup));
  driver.join("erp");
  driver.give(Tick{false});
  const std::vector<Bytes> events = {make_event("1", "a.v1", "R-1")};

  driver.give(Ingest{5, &events});

  const auto& answer = std::get<IngestOutput>(driver.others.back().body);
  EXPECT_EQ(answer.events.at(0).verdict, IngestVerdict::unavailable);
}

}  // namespace
}  // namespace perennial::pipeline
