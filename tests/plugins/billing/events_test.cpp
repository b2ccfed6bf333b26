// The events source: order, cursors, the way back to the oldest, retention, versions.
#include "plugins/billing/events.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::billing {
namespace {

using common::Json;
using tests::query_value;
using tests::ScriptedTransport;
using R = sdk::SourceResult;

Json event(const std::string& id, std::int64_t created, const std::string& version = "2024-06-20") {
  return {{"id", id},
          {"object", "event"},
          {"type", "invoice.paid"},
          {"created", created},
          {"api_version", version}};
}

std::string list(const std::vector<Json>& newest_first, bool has_more = false) {
  return Json({{"data", newest_first}, {"has_more", has_more}}).dump();
}

class EventsTest : public ::testing::Test {
 protected:
  explicit EventsTest(const Json& config = {{"base_url", "https://api.example"}})
      : config_(*read_config(tests::config_value(config))),
        caller_(config_, tests::all_secrets(), transport_),
        events_(config_, caller_) {}

  R poll(tests::SourceRecorder& recorder, const std::string& cursor,
         const std::string& start = "all", std::uint32_t records_max = 100) {
    sdk::SourceReply reply(recorder.reply());
    return events_.poll(
        {"events", cursor, start, tests::test_now_ms, 10'000, records_max, 1u << 20u}, reply);
  }
  static std::vector<std::string> ids(const tests::SourceRecorder& recorder) {
    std::vector<std::string> found;
    for (const auto& record : recorder.records()) found.push_back(record.id);
    return found;
  }

  ScriptedTransport transport_;
  Config config_;
  Caller caller_;
  Events events_;
};

using Ids = std::vector<std::string>;

TEST_F(EventsTest, EventsComeOldestFirstAndTheCursorIsTheNewest) {
  transport_.answer(200, list({event("evt_3", 30), event("evt_2", 20), event("evt_1", 10)}));
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, ""), R::records);
  EXPECT_EQ(ids(recorder), (Ids{"evt_1", "evt_2", "evt_3"}));
  EXPECT_EQ(EventCursor::read(recorder.cursor())->after, "evt_3");
  EXPECT_EQ(query_value(transport_.request(0).url, "types[]"), "invoice.paid");
  EXPECT_EQ(query_value(transport_.request(0).url, "created[gte]"), "");
}

TEST_F(EventsTest, LaterPollsAskForWhatIsNewer) {
  transport_.answer(200, list({event("evt_5", 50), event("evt_4", 40)}, true))
      .answer(200, list({}));
  EventCursor cursor;
  cursor.after = "evt_3";
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, cursor.text()), R::more);
  EXPECT_EQ(ids(recorder), (Ids{"evt_4", "evt_5"}));
  EXPECT_EQ(query_value(transport_.request(0).url, "ending_before"), "evt_3");
  tests::SourceRecorder none;
  EXPECT_EQ(poll(none, recorder.cursor()), R::nothing);
  EXPECT_EQ(EventCursor::read(none.cursor())->after, "evt_5");
}

TEST_F(EventsTest, TheWayBackToTheOldestKeepsItsPlace) {
  // 21 full pages: twenty are passed in the first poll, the last is given in the second.
  for (int page = 0; page < 20; ++page) {
    transport_.answer(200, list({event("evt_" + std::to_string(100 - page), 1000 - page)}, true));
  }
  tests::SourceRecorder walking;
  EXPECT_EQ(poll(walking, "", "2026-01-01T00:00:00Z"), R::more);
  EXPECT_TRUE(walking.records().empty());
  EXPECT_EQ(query_value(transport_.request(0).url, "created[gte]"), "1767225600");
  EXPECT_EQ(EventCursor::read(walking.cursor())->walk, "evt_81");

  transport_.answer(200, list({event("evt_80", 980)}));
  tests::SourceRecorder arrived;
  EXPECT_EQ(poll(arrived, walking.cursor()), R::more);
  EXPECT_EQ(ids(arrived), (Ids{"evt_80"}));
  EXPECT_EQ(query_value(transport_.request(20).url, "starting_after"), "evt_81");
  EXPECT_EQ(EventCursor::read(arrived.cursor())->after, "evt_80");
}

TEST_F(EventsTest, AWalkWhosePlaceExpiredBeginsAgain) {
  EventCursor cursor;
  cursor.walk = "evt_1";
  cursor.since_s = 5;
  transport_.answer(200, list({}));
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, cursor.text()), R::more);
  EXPECT_EQ(EventCursor::read(recorder.cursor())->walk, "");
  EXPECT_EQ(EventCursor::read(recorder.cursor())->since_s, 5);
}

TEST_F(EventsTest, NowBeginsAfterTheNewestEvent) {
  transport_.answer(200, list({event("evt_9", 90)}, true)).answer(200, list({}));
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, "", "now"), R::nothing);
  EXPECT_EQ(query_value(transport_.request(0).url, "limit"), "1");
  EXPECT_EQ(query_value(transport_.request(1).url, "ending_before"), "evt_9");

  transport_.answer(200, list({})).answer(200, list({event("evt_1", 10)}));
  tests::SourceRecorder first;
  EXPECT_EQ(poll(first, "", "now"), R::records);
}

TEST_F(EventsTest, AHostThatIsFullKeepsTheRestForLater) {
  transport_.answer(200, list({event("evt_3", 30), event("evt_2", 20), event("evt_1", 10)}));
  tests::SourceRecorder narrow(2);
  EXPECT_EQ(poll(narrow, ""), R::more);
  EXPECT_EQ(EventCursor::read(narrow.cursor())->after, "evt_2");
}

TEST_F(EventsTest, AnEventPastItsRetentionIsAGapWithBothEnds) {
  EventCursor cursor;
  cursor.after = "evt_1";
  cursor.created_s = tests::test_now_ms / 1000 - 31 * 86'400;
  const std::string missing = R"({"error":{"code":"resource_missing","message":"No such event"}})";
  transport_.answer(404, missing);
  tests::SourceRecorder gone;
  EXPECT_EQ(poll(gone, cursor.text()), R::gap);
  EXPECT_EQ(gone.explained().gap_from, common::iso_of_ms(cursor.created_s * 1000));
  EXPECT_EQ(gone.explained().gap_to,
            common::iso_of_ms(tests::test_now_ms - std::int64_t{30} * 86'400'000));
  cursor.created_s = tests::test_now_ms / 1000 - 60;
  transport_.answer(404, missing);
  tests::SourceRecorder unknown;
  EXPECT_EQ(poll(unknown, cursor.text()), R::cursor_invalid);
}

TEST_F(EventsTest, AnEventOfAnUnknownVersionStopsTheSourceBeforeIt) {
  transport_.answer(200, list({event("evt_2", 20, "2031-01-01"), event("evt_1", 10)}));
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, ""), R::records);
  EXPECT_EQ(ids(recorder), (Ids{"evt_1"}));
  transport_.answer(200, list({event("evt_2", 20, "2031-01-01")}));
  tests::SourceRecorder stopped;
  EXPECT_EQ(poll(stopped, recorder.cursor()), R::rejected);
  EXPECT_EQ(stopped.explained().code, "event_version_unknown");
  EXPECT_EQ(stopped.cursor(), "");
}

TEST_F(EventsTest, FaultsLeaveTheCursor) {
  const std::pair<int, R> cases[] = {{401, R::unauthorized},
                                     {400, R::rejected},
                                     {429, R::throttled},
                                     {500, R::try_again},
                                     {503, R::try_again}};
  for (const auto& [status, result] : cases) {
    transport_.answer(status);
    tests::SourceRecorder recorder;
    EXPECT_EQ(poll(recorder, ""), result) << status;
    EXPECT_EQ(recorder.cursor(), "");
  }
  transport_.answer(200, "{\"data\":[").answer(200, "{}").fail(common::Phase::surely_not_sent);
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, ""), R::try_again);
  EXPECT_EQ(poll(recorder, ""), R::try_again);
  EXPECT_EQ(poll(recorder, ""), R::not_connected);
  EXPECT_EQ(poll(recorder, "garbage"), R::cursor_invalid);
  EXPECT_EQ(poll(recorder, "{\"v\":2}"), R::cursor_invalid);
  EXPECT_EQ(poll(recorder, "", "soon"), R::rejected);
}

class LaggingEventsTest : public EventsTest {
 protected:
  LaggingEventsTest() : EventsTest({{"base_url", "https://api.example"}, {"lag_ms", 2000}}) {}
};

TEST_F(LaggingEventsTest, TheNewestEventsWait) {
  const std::int64_t now_s = tests::test_now_ms / 1000;
  transport_.answer(200, list({event("evt_2", now_s - 1), event("evt_1", now_s - 60)}));
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, ""), R::records);
  EXPECT_EQ(ids(recorder), (Ids{"evt_1"}));
}

Json event_about(const Json& object) {
  Json one = event("evt_4", 40);
  one["data"]["object"] = object;
  return one;
}

std::string after_third() {
  EventCursor cursor;
  cursor.after = "evt_3";
  return cursor.text();
}

TEST_F(EventsTest, TheObjectIsReadAgainBeforeTheEventIsGiven) {
  const Json object = {{"object", "invoice"}, {"id", "in_1"}, {"status", "open"}};
  transport_.answer(200, list({event_about(object)}))
      .answer(200, R"({"object":"invoice","id":"in_1","status":"paid"})");
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, after_third()), R::records);
  ASSERT_EQ(recorder.records().size(), 1u);
  const Json given = recorder.records()[0].body;
  EXPECT_EQ(given["current"]["status"], "paid");
  EXPECT_EQ(given["data"]["object"]["status"], "open");
  EXPECT_EQ(transport_.request(1).url.find("https://api.example/v1/invoices/in_1?"), 0u);
  EXPECT_EQ(query_value(transport_.request(1).url, "expand[]"), "payment_intent");
  EXPECT_EQ(transport_.request(1).headers.find("stripe-version"), "2024-06-20");
}

TEST_F(EventsTest, AnObjectThatIsGoneLeavesTheEventAsItWas) {
  transport_.answer(200, list({event_about({{"object", "quote"}, {"id", "qt_1"}})}))
      .answer(404, R"({"error":{"code":"resource_missing"}})");
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, after_third()), R::records);
  EXPECT_FALSE(recorder.records()[0].body.contains("current"));
}

TEST_F(EventsTest, AnObjectThatCannotBeReadHoldsItsEventBack) {
  Json second = event_about({{"object", "invoice"}, {"id", "in_2"}});
  second["id"] = "evt_5";
  const std::string both = list({second, event_about({{"object", "invoice"}, {"id", "in_1"}})});
  transport_.answer(200, both).answer(503);
  tests::SourceRecorder none;
  EXPECT_NE(poll(none, after_third()), R::records);
  EXPECT_TRUE(none.records().empty());
  transport_.answer(200, both).answer(200, R"({"id":"in_1"})").answer(503);
  tests::SourceRecorder first;
  EXPECT_EQ(poll(first, after_third()), R::more);
  EXPECT_EQ(ids(first), Ids{"evt_4"});
  EXPECT_EQ(EventCursor::read(first.cursor())->after, "evt_4");
}

}  // namespace
}  // namespace perennial::plugins::billing
