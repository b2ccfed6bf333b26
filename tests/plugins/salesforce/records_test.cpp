// The opportunities source: its keyset, the org's clock, lines on several pages.
#include "plugins/salesforce/records.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::salesforce {
namespace {

using common::Json;
using tests::ScriptedTransport;
using R = sdk::SourceResult;

// The org's clock is an hour before the runtime's: 2026-11-29T23:53:20Z.
const common::Headers org_time = {{"Date", "Sun, 29 Nov 2026 23:53:20 GMT"}};

Json opportunity(const std::string& id, const std::string& stamp) {
  return {{"Id", id},
          {"SystemModstamp", stamp},
          {"OpportunityLineItems", {{"done", true}, {"records", {{{"Id", "00k1"}}}}}}};
}

std::string page(const std::vector<Json>& records, bool is_done = true) {
  return Json({{"totalSize", records.size()}, {"done", is_done}, {"records", records}}).dump();
}

class RecordsTest : public ::testing::Test {
 protected:
  RecordsTest()
      : config_(*read_config(tests::config_value(
            {{"base_url", "https://acme.my.example"},
             {"opportunity_fields", {"Owner.Email"}},
             {"overlap_ms", 0},
             {"auth", {{"kind", "client_credentials"}, {"client_id", "app"}}}}))),
        org_(config_, tests::all_secrets(), transport_),
        source_(org_, opportunity_feed(config_)) {
    transport_.answer(200, R"({"access_token":"t1"})", org_time);
  }

  R poll(tests::SourceRecorder& recorder, const std::string& cursor,
         const std::string& start = "all", std::uint32_t records_max = 100) {
    sdk::SourceReply reply(recorder.reply());
    return source_.poll(
        {"opportunities", cursor, start, tests::test_now_ms, 10'000, records_max, 1u << 20u},
        reply);
  }
  std::string asked(std::size_t index) {
    return tests::query_value(transport_.request(index).url, "q");
  }

  ScriptedTransport transport_;
  Config config_;
  Org org_;
  Records source_;
};

TEST_F(RecordsTest, ReadingStopsBeforeTheOrgsPresentMinusTheLag) {
  transport_.answer(200, page({opportunity("006A", "2026-11-29T10:00:00.000+0000")}), org_time);
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, ""), R::records);
  ASSERT_EQ(recorder.records().size(), 1u);
  EXPECT_EQ(recorder.records()[0].id, "006A:2026-11-29T10:00:00.000Z");
  const std::string query = asked(1);
  EXPECT_NE(query.find("AND SystemModstamp < 2026-11-29T23:53:18.000Z ORDER BY SystemModstamp, Id "
                       "LIMIT 100"),
            std::string::npos)
      << query;
  EXPECT_NE(query.find("(Type = 'Renewal')"), std::string::npos);
  EXPECT_NE(query.find(", Owner.Email, (SELECT"), std::string::npos);
  EXPECT_EQ(query.find("SystemModstamp >"), std::string::npos);
}

TEST_F(RecordsTest, TheKeysetContinuesAfterTheLastRecord) {
  transport_.answer(200,
                    page({opportunity("006A", "2026-11-29T10:00:00.000+0000"),
                          opportunity("006B", "2026-11-29T10:00:00.000+0000")}),
                    org_time);
  transport_.answer(200, page({}), org_time);
  tests::SourceRecorder first;
  poll(first, "");
  tests::SourceRecorder second;
  EXPECT_EQ(poll(second, first.cursor()), R::nothing);
  EXPECT_EQ(second.cursor(), first.cursor());
  EXPECT_NE(asked(2).find("(SystemModstamp > 2026-11-29T10:00:00.000Z OR (SystemModstamp = "
                          "2026-11-29T10:00:00.000Z AND Id > '006B'))"),
            std::string::npos)
      << asked(2);
}

TEST_F(RecordsTest, AnUnfinishedPageIsFollowedByTheKeysetAndNoLocator) {
  transport_.answer(200, page({opportunity("006A", "2026-11-29T10:00:00.000+0000")}, false),
                    org_time);
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, ""), R::more);
  transport_.answer(200,
                    page({opportunity("006B", "2026-11-29T11:00:00.000+0000"),
                          opportunity("006C", "2026-11-29T11:00:00.000+0000")}),
                    org_time);
  tests::SourceRecorder narrow(1);
  EXPECT_EQ(poll(narrow, recorder.cursor()), R::more);
  EXPECT_EQ(RecordCursor::read(narrow.cursor())->id, "006B");
}

TEST_F(RecordsTest, AllLinesOfARecordAreRead) {
  Json many = opportunity("006A", "2026-11-29T10:00:00.000+0000");
  many["OpportunityLineItems"]["nextRecordsUrl"] = "/services/data/v61.0/query/01g-1";
  transport_.answer(200, page({many}), org_time);
  transport_.answer(200,
                    R"({"records":[{"Id":"00k2"}],"nextRecordsUrl":"/services/data/v61.0/q2"})");
  transport_.answer(200, R"({"records":[{"Id":"00k3"}]})");
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, ""), R::records);
  EXPECT_EQ(recorder.records()[0].body["OpportunityLineItems"]["records"].size(), 3u);
}

TEST_F(RecordsTest, ARecordWhoseLinesCannotBeReadIsNotGivenInPart) {
  Json many = opportunity("006B", "2026-11-29T10:00:01.000+0000");
  many["OpportunityLineItems"]["nextRecordsUrl"] = "/services/data/v61.0/query/01g-1";
  transport_.answer(200, page({opportunity("006A", "2026-11-29T10:00:00.000+0000"), many}),
                    org_time);
  transport_.answer(503);
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, ""), R::more);
  EXPECT_EQ(recorder.records().size(), 1u);
  EXPECT_EQ(RecordCursor::read(recorder.cursor())->id, "006A");
  transport_.answer(200, page({many}), org_time).answer(503);
  tests::SourceRecorder none;
  EXPECT_EQ(poll(none, recorder.cursor()), R::try_again);
  EXPECT_EQ(none.cursor(), "");
}

TEST_F(RecordsTest, TheStartIsNowAllOrATime) {
  transport_.answer(200, page({}), org_time);
  tests::SourceRecorder now;
  EXPECT_EQ(poll(now, "", "now"), R::nothing);
  EXPECT_NE(asked(1).find("SystemModstamp >= 2026-11-29T23:53:20.000Z"), std::string::npos);
  EXPECT_EQ(RecordCursor::read(now.cursor())->stamp, "2026-11-29T23:53:20.000Z");
  transport_.answer(200, page({}), org_time);
  tests::SourceRecorder from;
  poll(from, "", "2026-11-01T00:00:00+01:00");
  EXPECT_NE(asked(2).find("SystemModstamp >= 2026-10-31T23:00:00.000Z"), std::string::npos);
  tests::SourceRecorder bad;
  EXPECT_EQ(poll(bad, "", "soon"), R::rejected);
  for (const char* cursor : {"garbage", "{}", R"({"v":1,"stamp":"x"})"}) {
    EXPECT_EQ(poll(bad, cursor), R::cursor_invalid) << cursor;
  }
}

TEST_F(RecordsTest, FaultsOfTheQueryLeaveTheCursor) {
  const std::pair<std::pair<int, const char*>, R> cases[] = {
      {{400, R"([{"errorCode":"MALFORMED_QUERY","message":"x"}])"}, R::rejected},
      {{403, R"([{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"x"}])"}, R::throttled},
      {{500, R"([{"errorCode":"UNKNOWN_EXCEPTION","message":"x"}])"}, R::try_again},
      {{503, ""}, R::try_again},
      {{200, "{\"records\":[{"}, R::try_again},
      {{200, "{}"}, R::try_again}};
  for (const auto& [answer, result] : cases) {
    transport_.answer(answer.first, answer.second);
    tests::SourceRecorder recorder;
    EXPECT_EQ(poll(recorder, ""), result) << answer.second;
    EXPECT_EQ(recorder.cursor(), "");
  }
}

TEST_F(RecordsTest, QuotesOfCpqAreReadByTheSameKeyset) {
  Records quotes(org_, quote_feed(config_));
  Json quote = opportunity("a0q1", "2026-11-29T10:00:00.000+0000");
  quote.erase("OpportunityLineItems");
  quote["SBQQ__LineItems__r"] = {{"done", false},
                                 {"records", {{{"Id", "a0r1"}}}},
                                 {"nextRecordsUrl", "/services/data/v61.0/query/01g-1"}};
  transport_.answer(200, page({quote}), org_time)
      .answer(200, R"({"done":true,"records":[{"Id":"a0r2"}]})");
  tests::SourceRecorder recorder;
  sdk::SourceReply reply(recorder.reply());
  EXPECT_EQ(quotes.poll({"quotes", "", "all", tests::test_now_ms, 10'000, 100, 1u << 20u}, reply),
            R::records);
  ASSERT_EQ(recorder.records().size(), 1u);
  EXPECT_EQ(recorder.records()[0].body["SBQQ__LineItems__r"]["records"].size(), 2u);
  EXPECT_NE(asked(1).find("FROM SBQQ__LineItems__r WHERE IsDeleted = false ORDER BY Id) FROM "
                          "SBQQ__Quote__c WHERE (SBQQ__Primary__c = true"),
            std::string::npos)
      << asked(1);
}

TEST_F(RecordsTest, EachSweepGoesBackByTheOverlapAndNotBeforeTheStart) {
  config_.overlap_ms = 60'000;
  const std::string first = page({opportunity("006A", "2026-11-29T10:00:00.000+0000")});
  transport_.answer(200, first, org_time).answer(200, first, org_time).answer(200, page({}));
  tests::SourceRecorder caught_up;
  EXPECT_EQ(poll(caught_up, "", "2026-11-29T09:59:30Z"), R::records);

  tests::SourceRecorder again;
  EXPECT_EQ(poll(again, caught_up.cursor()), R::records);
  EXPECT_EQ(again.records()[0].id, caught_up.records()[0].id) << "known by its identity";
  EXPECT_NE(asked(2).find("SystemModstamp >= 2026-11-29T09:59:30.000Z"), std::string::npos);

  config_.overlap_ms = 10'000;
  tests::SourceRecorder purged;
  EXPECT_EQ(poll(purged, again.cursor()), R::nothing);
  EXPECT_NE(asked(3).find("SystemModstamp >= 2026-11-29T09:59:50.000Z"), std::string::npos);
  EXPECT_EQ(RecordCursor::read(purged.cursor())->until, "2026-11-29T10:00:00.000Z");
}

TEST_F(RecordsTest, AFullPageOfASweepGoesOnByTheKeyset) {
  config_.overlap_ms = 60'000;
  RecordCursor cursor;
  cursor.until = "2026-11-29T10:00:00.000Z";
  transport_.answer(200, page({opportunity("006A", "2026-11-29T09:59:30.000+0000")}), org_time)
      .answer(200, page({}));
  tests::SourceRecorder full;
  EXPECT_EQ(poll(full, cursor.text(), "all", 1), R::more);
  tests::SourceRecorder rest;
  EXPECT_EQ(poll(rest, full.cursor(), "all", 1), R::nothing);
  EXPECT_NE(asked(2).find("SystemModstamp > 2026-11-29T09:59:30.000Z"), std::string::npos);
  EXPECT_EQ(RecordCursor::read(rest.cursor())->until, "2026-11-29T10:00:00.000Z");
}

}  // namespace
}  // namespace perennial::plugins::salesforce
