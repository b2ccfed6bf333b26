// The postings source: its filter, its cursor, and days that are over.
#include "plugins/erp/postings.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Json;
using tests::ScriptedTransport;
using R = sdk::SourceResult;

// 2026-11-30T10:00:00Z
const common::Headers at_ten = {{"Date", "Mon, 30 Nov 2026 10:00:00 GMT"}};

Json posting(const std::string& document, const std::string& line, const std::string& type = "DR",
             const std::string& company = "1010") {
  return {{"__metadata", {{"id", "x"}}},
          {"CompanyCode", company},
          {"FiscalYear", "2026"},
          {"AccountingDocument", document},
          {"AccountingDocumentItem", line},
          {"AccountingDocumentType", type},
          {"AccountingDocumentCreationDate", "/Date(1795996800000)/"},
          {"AmountInTransactionCurrency", "-125.00"}};
}

std::string page(const std::vector<Json>& postings) {
  return Json({{"d", {{"results", postings}}}}).dump();
}

class PostingsTest : public ::testing::Test {
 protected:
  PostingsTest()
      : config_(*read_config(tests::config_value(
            {{"base_url", "https://s4.example"}, {"auth", {{"kind", "basic"}, {"user", "C"}}}}))),
        session_(config_, tests::all_secrets(), transport_),
        postings_(config_, session_) {}

  R poll(tests::SourceRecorder& recorder, const std::string& cursor,
         const std::string& start = "all", std::uint32_t records_max = 100) {
    sdk::SourceReply reply(recorder.reply());
    return postings_.poll(
        {"postings", cursor, start, tests::test_now_ms, 10'000, records_max, 1u << 20u}, reply);
  }
  std::string filter(std::size_t index) {
    return tests::query_value(transport_.request(index).url, "$filter");
  }

  ScriptedTransport transport_;
  Config config_;
  Session session_;
  Postings postings_;
};

TEST_F(PostingsTest, RecordsCarryTheirKeyAndReadableDates) {
  transport_.answer(200, page({posting("9400000001", "001"), posting("9400000001", "002")}),
                    at_ten);
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, ""), R::records);
  ASSERT_EQ(recorder.records().size(), 2u);
  EXPECT_EQ(recorder.records()[0].id, "1010-2026-9400000001-001");
  EXPECT_EQ(recorder.records()[0].body["AccountingDocumentCreationDate"], "2026-11-30");
  EXPECT_EQ(recorder.records()[0].body["AmountInTransactionCurrency"], "-125.00");
  EXPECT_FALSE(recorder.records()[0].body.contains("__metadata"));
  EXPECT_EQ(filter(0), "");
}

TEST_F(PostingsTest, TheNextPollAsksOnlyForWhatIsNotSeen) {
  transport_.answer(200, page({posting("9400000001", "002"), posting("1900000007", "001", "KR")}),
                    at_ten);
  transport_.answer(200, page({}), at_ten);
  tests::SourceRecorder first;
  poll(first, "");
  tests::SourceRecorder second;
  EXPECT_EQ(poll(second, first.cursor()), R::nothing);
  const std::string asked = filter(1);
  EXPECT_NE(asked.find("AccountingDocumentCreationDate ge datetime'2026-11-30T00:00:00'"),
            std::string::npos);
  EXPECT_NE(asked.find("(CompanyCode ne '1010' or FiscalYear ne '2026' or AccountingDocumentType "
                       "ne 'DR' or AccountingDocument gt '9400000001' or (AccountingDocument eq "
                       "'9400000001' and AccountingDocumentItem gt '002'))"),
            std::string::npos);
  EXPECT_NE(asked.find("AccountingDocumentType ne 'KR' or AccountingDocument gt '1900000007'"),
            std::string::npos);
}

TEST_F(PostingsTest, WhatAServiceGivesAgainIsNotGivenAgain) {
  transport_.answer(200, page({posting("9400000001", "001")}), at_ten);
  transport_.answer(200, page({posting("9400000001", "001"), posting("9400000002", "001")}),
                    at_ten);
  tests::SourceRecorder first;
  poll(first, "");
  tests::SourceRecorder second;
  EXPECT_EQ(poll(second, first.cursor()), R::records);
  ASSERT_EQ(second.records().size(), 1u);
  EXPECT_EQ(second.records()[0].id, "1010-2026-9400000002-001");
}

TEST_F(PostingsTest, AFullPageOfSeenPostingsIsPassedOver) {
  PostingCursor cursor;
  cursor.marks["1010|2026|DR"] = {"9400000002", "001", "2026-11-30"};
  transport_.answer(200, page({posting("9400000001", "001"), posting("9400000002", "001")}),
                    at_ten);
  transport_.answer(200, page({posting("9400000003", "001")}), at_ten);
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, cursor.text(), "all", 2), R::records);
  EXPECT_EQ(recorder.records().size(), 1u);
  EXPECT_EQ(tests::query_value(transport_.request(1).url, "$skip"), "2");
}

TEST_F(PostingsTest, AFullPageAsksForMoreAndAHostThatIsFullStopsIt) {
  transport_.answer(200, page({posting("1", "001"), posting("2", "001")}), at_ten);
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, "", "all", 2), R::more);

  transport_.answer(200, page({posting("1", "001"), posting("2", "001")}), at_ten);
  tests::SourceRecorder narrow(1);
  EXPECT_EQ(poll(narrow, "", "all", 10), R::more);
  EXPECT_EQ(PostingCursor::read(narrow.cursor())->marks.at("1010|2026|DR").document, "1");
}

TEST_F(PostingsTest, ADayThatIsOverIsLeftWithItsSeries) {
  PostingCursor cursor;
  cursor.day = "2026-11-29";
  cursor.marks["1010|2026|KR"] = {"1900000001", "001", "2026-11-29"};
  cursor.marks["1010|2026|DR"] = {"9400000001", "001", "2026-11-30"};
  transport_.answer(200, page({}), at_ten);
  tests::SourceRecorder recorder;
  poll(recorder, cursor.text());
  const auto moved = PostingCursor::read(recorder.cursor());
  EXPECT_EQ(moved->day, "2026-11-30");
  EXPECT_EQ(moved->marks.size(), 1u);
  EXPECT_EQ(moved->marks.count("1010|2026|DR"), 1u);
}

TEST_F(PostingsTest, YesterdayIsStillReadShortlyAfterMidnight) {
  PostingCursor cursor;
  cursor.day = "2026-11-29";
  transport_.answer(200, page({}), {{"Date", "Mon, 30 Nov 2026 00:30:00 GMT"}});
  tests::SourceRecorder recorder;
  poll(recorder, cursor.text());
  EXPECT_EQ(PostingCursor::read(recorder.cursor())->day, "2026-11-29");
}

TEST_F(PostingsTest, TheStartIsNowAllOrATime) {
  transport_.answer(200, page({}), at_ten).answer(200, page({}), at_ten);
  tests::SourceRecorder now;
  poll(now, "", "now");
  EXPECT_NE(filter(1).find("ge datetime'2026-11-30T00:00:00'"), std::string::npos);
  transport_.answer(200, page({}), at_ten);
  tests::SourceRecorder from;
  poll(from, "", "2026-10-05T12:00:00Z");
  EXPECT_NE(filter(2).find("ge datetime'2026-10-05T00:00:00'"), std::string::npos);
  tests::SourceRecorder bad;
  EXPECT_EQ(poll(bad, "", "yesterday"), R::rejected);
  EXPECT_EQ(bad.explained().code, "start_unreadable");
}

TEST_F(PostingsTest, ACursorThatCannotBeReadIsInvalid) {
  for (const char* cursor : {"garbage", "{}", R"({"v":2,"day":"","series":{}})",
                             R"({"v":1,"day":"","series":{"1010":["1","2","3"]}})",
                             R"({"v":1,"day":"","series":{"a|b|c":["1"]}})"}) {
    tests::SourceRecorder recorder;
    EXPECT_EQ(poll(recorder, cursor), R::cursor_invalid) << cursor;
    EXPECT_EQ(recorder.explained().code, "cursor_unreadable");
  }
}

TEST_F(PostingsTest, FaultsOfTheServiceLeaveTheCursor) {
  const std::pair<int, R> cases[] = {{401, R::unauthorized}, {403, R::unauthorized},
                                     {404, R::rejected},     {429, R::throttled},
                                     {500, R::try_again},    {503, R::try_again}};
  for (const auto& [status, result] : cases) {
    transport_.answer(status);
    tests::SourceRecorder recorder;
    EXPECT_EQ(poll(recorder, ""), result) << status;
    EXPECT_EQ(recorder.cursor(), "");
  }
  transport_.answer(200, "{\"d\":{\"resu").fail(common::Phase::surely_not_sent);
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, ""), R::try_again);
  EXPECT_EQ(poll(recorder, ""), R::not_connected);
}

}  // namespace
}  // namespace perennial::plugins::erp
