// Revenue schedules: pages as the server cuts them, delta links, and links that lead elsewhere.
#include "plugins/erp/schedules.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Json;
using R = sdk::SourceResult;

const std::string service = "/sap/opu/odata4/sap/zui_rev_schedule/srvd_a2x/sap/zrev_schedule/0001";

Json schedule(const std::string& id, const std::string& tag = "W/\"1\"") {
  return {{"@odata.etag", tag}, {"ScheduleUUID", id}, {"TotalAmount", "125.00"}};
}

std::string page(const std::vector<Json>& entities, const std::string& next,
                 const std::string& delta = "") {
  Json body = {{"value", entities}};
  if (!next.empty()) body["@odata.nextLink"] = next;
  if (!delta.empty()) body["@odata.deltaLink"] = delta;
  return body.dump();
}

class SchedulesTest : public ::testing::Test {
 protected:
  SchedulesTest()
      : config_(*read_config(tests::config_value({{"base_url", "https://s4.example"},
                                                  {"sap_client", "100"},
                                                  {"auth", {{"kind", "basic"}, {"user", "C"}}}}))),
        session_(config_, tests::all_secrets(), transport_),
        schedules_(config_, session_) {}
  void TearDown() override { EXPECT_TRUE(transport_.is_used_up()); }

  R poll(tests::SourceRecorder& recorder, const std::string& cursor,
         const std::string& start = "all") {
    sdk::SourceReply reply(recorder.reply());
    return schedules_.poll(
        {"revenue_schedules", cursor, start, tests::test_now_ms, 10'000, 2, 1u << 20u}, reply);
  }
  static std::string at(const std::string& link) { return LinkCursor{link, 0, false}.text(); }

  tests::ScriptedTransport transport_;
  Config config_;
  Session session_;
  Schedules schedules_;
};

TEST_F(SchedulesTest, PagesAreFollowedToTheDeltaLink) {
  transport_.answer(200, page({schedule("a"), schedule("b")}, "RevenueSchedule?$skiptoken=2"));
  transport_.answer(200, page({schedule("c")}, "", "RevenueSchedule?$deltatoken=9"));
  transport_.answer(200, page({}, "", "RevenueSchedule?$deltatoken=10"));
  tests::SourceRecorder first;
  EXPECT_EQ(poll(first, ""), R::more);
  EXPECT_EQ(first.records().size(), 2u);
  EXPECT_EQ(first.records()[0].id, "a W/\"1\"");
  EXPECT_FALSE(first.records()[0].body.contains("@odata.etag"));
  tests::SourceRecorder second;
  EXPECT_EQ(poll(second, first.cursor()), R::records);
  EXPECT_EQ(second.records().size(), 1u);
  tests::SourceRecorder third;
  EXPECT_EQ(poll(third, second.cursor()), R::nothing);
  EXPECT_EQ(LinkCursor::read(third.cursor())->link, "RevenueSchedule?$deltatoken=10");

  const auto& asked = transport_.request(0);
  EXPECT_EQ(tests::query_value(asked.url, "$expand"), "_Period");
  EXPECT_EQ(asked.headers.find("prefer"), "odata.track-changes,odata.maxpagesize=2");
  EXPECT_EQ(transport_.request(1).url,
            "https://s4.example" + service +
                "/RevenueSchedule?$skiptoken=2&sap-client=100&sap-language=EN");
}

TEST_F(SchedulesTest, AbsoluteLinksOfTheServiceAreFollowedAndNoOthers) {
  transport_.answer(200, page({}, "", "x"));
  transport_.answer(200, page({}, "", "x"));
  for (const std::string& head : {"https://s4.example" + service, service}) {
    tests::SourceRecorder recorder;
    EXPECT_EQ(poll(recorder, at(head + "/RevenueSchedule?sap-client=100&$deltatoken=1")),
              R::nothing);
  }
  EXPECT_EQ(transport_.request(0).url, "https://s4.example" + service +
                                           "/RevenueSchedule?sap-client=100&$deltatoken=1"
                                           "&sap-language=EN");
  for (const char* link : {"https://evil.example/RevenueSchedule?$deltatoken=1", "/other/Set",
                           "//evil.example/x", "../OTHER_SRV/Set"}) {
    tests::SourceRecorder recorder;
    EXPECT_EQ(poll(recorder, at(link)), R::rejected) << link;
    EXPECT_EQ(recorder.explained().code, "link_elsewhere");
  }
}

TEST_F(SchedulesTest, AFullHostGoesOnWithinThePage) {
  transport_.answer(200, page({schedule("a"), schedule("b")}, "", "D"));
  transport_.answer(200, page({schedule("a"), schedule("b")}, "", "D"));
  tests::SourceRecorder narrow(1);
  EXPECT_EQ(poll(narrow, at("RevenueSchedule")), R::more);
  tests::SourceRecorder rest;
  EXPECT_EQ(poll(rest, narrow.cursor()), R::records);
  ASSERT_EQ(rest.records().size(), 1u);
  EXPECT_EQ(rest.records()[0].id, "b W/\"1\"");
  EXPECT_EQ(LinkCursor::read(rest.cursor())->link, "D");
}

TEST_F(SchedulesTest, ADeletedScheduleIsTold) {
  transport_.answer(200, page({{{"@odata.context", "$metadata#RevenueSchedule/$deletedEntity"},
                                {"id", "RevenueSchedule(a)"},
                                {"reason", "deleted"}},
                               {{"@removed", {{"reason", "changed"}}}, {"ScheduleUUID", "b"}}},
                              "", "D"));
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, at("D0")), R::records);
  EXPECT_EQ(recorder.records()[0].id, "RevenueSchedule(a) deleted");
  EXPECT_EQ(recorder.records()[0].body["removed"], true);
  EXPECT_EQ(recorder.records()[1].body["removed"], true);
}

TEST_F(SchedulesTest, StartNowGivesNothingUpToTheFirstDeltaLink) {
  transport_.answer(200, page({schedule("a")}, "RevenueSchedule?$skiptoken=1"));
  transport_.answer(200, page({schedule("b")}, "", "D1"));
  transport_.answer(200, page({schedule("c")}, "", "D2"));
  tests::SourceRecorder first;
  EXPECT_EQ(poll(first, "", "now"), R::more);
  tests::SourceRecorder second;
  EXPECT_EQ(poll(second, first.cursor()), R::nothing);
  tests::SourceRecorder third;
  EXPECT_EQ(poll(third, second.cursor()), R::records);
  EXPECT_TRUE(first.records().empty() && second.records().empty());
  EXPECT_EQ(third.records()[0].id, "c W/\"1\"");
}

TEST_F(SchedulesTest, ATimeIsAFilterAndNonsenseIsRefused) {
  transport_.answer(200, page({}, "", "D"));
  tests::SourceRecorder from;
  poll(from, "", "2026-10-05T12:00:00Z");
  EXPECT_EQ(tests::query_value(transport_.request(0).url, "$filter").substr(0, 41),
            "LastChangeDateTime ge 2026-10-05T12:00:00");
  tests::SourceRecorder bad;
  EXPECT_EQ(poll(bad, "", "yesterday"), R::rejected);
}

TEST_F(SchedulesTest, AnExpiredDeltaLinkIsAGapForAPerson) {
  transport_.answer(410, R"({"error":{"code":"X/1","message":"token is old"}})");
  tests::SourceRecorder recorder;
  EXPECT_EQ(poll(recorder, at("D")), R::cursor_invalid);
  EXPECT_EQ(recorder.explained().code, "delta_link_expired");
  EXPECT_EQ(recorder.cursor(), "");
}

TEST_F(SchedulesTest, WhatCannotBeReadLeavesTheCursor) {
  transport_.answer(200, "{").answer(500).answer(200, page({}, ""));
  for (const R wanted : {R::try_again, R::try_again, R::rejected}) {
    tests::SourceRecorder recorder;
    EXPECT_EQ(poll(recorder, at("D")), wanted);
    EXPECT_EQ(recorder.cursor(), "");
  }
  for (const char* cursor : {"x", "{}", R"({"v":1,"link":"","taken":0,"quiet":false})",
                             R"({"v":1,"link":"a","taken":-1,"quiet":false})"}) {
    tests::SourceRecorder recorder;
    EXPECT_EQ(poll(recorder, cursor), R::cursor_invalid) << cursor;
  }
}

}  // namespace
}  // namespace perennial::plugins::erp
