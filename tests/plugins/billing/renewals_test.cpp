// Renewals over a scripted transport: a phase of a schedule while the term is ahead, an update once
// it has begun, and what each lost or refused step leaves behind.
#include "plugins/billing/renewals.hpp"

#include <gtest/gtest.h>

#include "plugins/billing/phases.hpp"
#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::billing {
namespace {

using common::Json;
using common::Phase;
using tests::Case;
using tests::form_value;
using tests::ScriptedTransport;
using K = sdk::OutcomeKind;
using L = sdk::LookupKind;

// 2026-11-30, 2026-12-01, 2027-12-01 and the beginning of the term before.
constexpr std::int64_t old_start = 1'764'547'200;
constexpr std::int64_t term_start = 1'796'083'200;
constexpr std::int64_t term_end = 1'827'619'200;
const common::Headers before_term = {{"Date", "Mon, 30 Nov 2026 00:00:00 GMT"}};
const common::Headers after_start = {{"Date", "Wed, 02 Dec 2026 00:00:00 GMT"}};

Json renewal_payload() {
  return {{"subscription", "sub_1"},
          {"starts", term_start},
          {"params",
           {{"cancel_at", term_end},
            {"proration_behavior", "none"},
            {"metadata", {{"renewal_number", "R-000123"}}}}}};
}

Json phase(std::int64_t start, std::int64_t end, const Json& metadata = Json::object()) {
  return {{"start_date", start},
          {"end_date", end},
          {"items", {{{"price", "price_1"}, {"quantity", 3}, {"metadata", Json::object()}}}},
          {"metadata", metadata},
          {"description", nullptr},
          {"invoice_settings", {{"days_until_due", 30}}}};
}

Json schedule(const std::vector<Json>& phases, const std::string& end_behavior = "release") {
  return {{"id", "sub_sched_1"},
          {"status", "active"},
          {"end_behavior", end_behavior},
          {"phases", phases}};
}

std::string subscription(const Json& more = Json::object()) {
  Json body = {{"id", "sub_1"}, {"customer", "cus_1"}, {"metadata", Json::object()}};
  body.update(more);
  return body.dump();
}

class BillingRenewalsTest : public ::testing::Test {
 protected:
  BillingRenewalsTest()
      : config_(*read_config(tests::config_value(Json{{"base_url", "https://api.example"}}))),
        caller_(config_, tests::all_secrets(), transport_),
        renewals_(caller_) {}

  void TearDown() override { EXPECT_TRUE(transport_.is_used_up()); }

  std::string path(std::size_t index) const {
    return transport_.request(index).url.substr(std::string("https://api.example").size());
  }
  std::string key(std::size_t index) const {
    return transport_.request(index).headers.find("idempotency-key").value_or("");
  }

  ScriptedTransport transport_;
  Config config_;
  Caller caller_;
  Renewals renewals_;
};

TEST_F(BillingRenewalsTest, ATermAheadBecomesAPhaseAfterTheOneUnderWay) {
  transport_.answer(200, subscription(), before_term)
      .answer(200, schedule({phase(old_start, term_start)}).dump())
      .answer(200, schedule({}).dump());
  Case renewal(renewal_payload());

  const sdk::Outcome outcome = renewals_.renew(renewal.request());

  ASSERT_EQ(outcome.kind, K::done) << outcome.text;
  EXPECT_EQ(tests::json_of(outcome.receipt),
            Json({{"subscription", "sub_1"}, {"schedule", "sub_sched_1"}}));
  EXPECT_EQ(path(1), "/v1/subscription_schedules");
  EXPECT_EQ(key(1), "key-1:schedule");
  EXPECT_EQ(transport_.request(1).body, "from_subscription=sub_1");
  EXPECT_EQ(path(2), "/v1/subscription_schedules/sub_sched_1");
  EXPECT_EQ(key(2), "key-1:phases");
  const std::string& form = transport_.request(2).body;
  EXPECT_EQ(form_value(form, "end_behavior"), "cancel");
  EXPECT_EQ(form_value(form, "phases[0][start_date]"), std::to_string(old_start));
  EXPECT_EQ(form_value(form, "phases[0][end_date]"), std::to_string(term_start));
  EXPECT_EQ(form_value(form, "phases[0][metadata][renewal_key]"), "");
  EXPECT_EQ(form_value(form, "phases[1][start_date]"), std::to_string(term_start));
  EXPECT_EQ(form_value(form, "phases[1][end_date]"), std::to_string(term_end));
  EXPECT_EQ(form_value(form, "phases[1][proration_behavior]"), "none");
  EXPECT_EQ(form_value(form, "phases[1][items][0][price]"), "price_1");
  EXPECT_EQ(form_value(form, "phases[1][items][0][quantity]"), "3");
  EXPECT_EQ(form_value(form, "phases[1][invoice_settings][days_until_due]"), "30");
  EXPECT_EQ(form_value(form, "phases[1][metadata][renewal_key]"), "key-1");
  EXPECT_EQ(form_value(form, "phases[1][metadata][renewal_number]"), "R-000123");
}

TEST_F(BillingRenewalsTest, TheTermMayHaveOtherLines) {
  Json payload = renewal_payload();
  payload["items"] = {{{"price", "price_2"}, {"quantity", "7"}}};
  transport_.answer(200, subscription({{"schedule", "sub_sched_1"}}), before_term)
      .answer(200, schedule({phase(old_start, term_start)}).dump())
      .answer(200, "{}");
  Case renewal(payload);

  EXPECT_EQ(renewals_.renew(renewal.request()).kind, K::done);

  const std::string& form = transport_.request(2).body;
  EXPECT_EQ(form_value(form, "phases[0][items][0][price]"), "price_1");
  EXPECT_EQ(form_value(form, "phases[1][items][0][price]"), "price_2");
  EXPECT_EQ(form_value(form, "phases[1][items][0][quantity]"), "7");
}

TEST_F(BillingRenewalsTest, ATermThatHasBegunIsOneKeyedUpdate) {
  transport_.answer(200, subscription(), after_start).answer(200, R"({"id":"sub_1"})");
  Case renewal(renewal_payload());

  const sdk::Outcome outcome = renewals_.renew(renewal.request());

  ASSERT_EQ(outcome.kind, K::done) << outcome.text;
  EXPECT_EQ(tests::json_of(outcome.receipt), Json({{"subscription", "sub_1"}}));
  EXPECT_EQ(path(1), "/v1/subscriptions/sub_1");
  EXPECT_EQ(key(1), "key-1");
  EXPECT_EQ(transport_.request(1).headers.find("stripe-version"), "2024-06-20");
  EXPECT_EQ(form_value(transport_.request(1).body, "cancel_at"), std::to_string(term_end));
  EXPECT_EQ(form_value(transport_.request(1).body, "metadata[renewal_key]"), "key-1");
}

TEST_F(BillingRenewalsTest, AScheduleWhoseTermHasBegunKeepsTheStartOfThePhaseUnderWay) {
  transport_.answer(200, subscription({{"schedule", "sub_sched_1"}}), after_start)
      .answer(200, schedule({phase(old_start, term_start), phase(term_start, term_end)}).dump())
      .answer(200, "{}");
  Case renewal(renewal_payload());

  EXPECT_EQ(renewals_.renew(renewal.request()).kind, K::done);

  const std::string& form = transport_.request(2).body;
  EXPECT_EQ(form_value(form, "phases[0][start_date]"), std::to_string(term_start));
  EXPECT_EQ(form_value(form, "phases[0][metadata][renewal_key]"), "key-1");
  EXPECT_EQ(form_value(form, "phases[1][start_date]"), "");
}

TEST_F(BillingRenewalsTest, APhaseOfAnEarlierKeyIsReplacedNotAddedTo) {
  const Json older = {{"renewal_key", "key-0"}};
  transport_.answer(200, subscription({{"schedule", "sub_sched_1"}}), before_term)
      .answer(200,
              schedule({phase(old_start, term_start), phase(term_start, term_end, older)}, "cancel")
                  .dump())
      .answer(200, "{}");
  Case renewal(renewal_payload());

  EXPECT_EQ(renewals_.renew(renewal.request()).kind, K::done);

  const std::string& form = transport_.request(2).body;
  EXPECT_EQ(form_value(form, "phases[1][metadata][renewal_key]"), "key-1");
  EXPECT_EQ(form_value(form, "phases[2][start_date]"), "");
}

TEST_F(BillingRenewalsTest, AGapBetweenTheTermsIsRefusedWithItsDays) {
  transport_.answer(200, subscription({{"schedule", "sub_sched_1"}}), before_term)
      .answer(200, schedule({phase(old_start, term_start - 86'400 / 2)}, "cancel").dump());
  Case renewal(renewal_payload());

  const sdk::Outcome outcome = renewals_.renew(renewal.request());

  EXPECT_EQ(outcome.kind, K::rejected);
  EXPECT_EQ(outcome.code, "term_gap");
  EXPECT_NE(outcome.text.find("2026-12-01"), std::string::npos) << outcome.text;
}

TEST_F(BillingRenewalsTest, WhatIsPlannedUnderThisKeyIsNotPlannedAgain) {
  const Json ours = {{"renewal_key", "key-1"}};
  transport_.answer(200, subscription({{"schedule", "sub_sched_1"}}), before_term)
      .answer(200,
              schedule({phase(old_start, term_start), phase(term_start, term_end, ours)}).dump());
  Case renewal(renewal_payload());
  EXPECT_EQ(renewals_.renew(renewal.request()).kind, K::already_done);
  transport_.answer(200, subscription({{"metadata", ours}}), after_start);
  EXPECT_EQ(renewals_.renew(renewal.request()).kind, K::already_done);
}

TEST_F(BillingRenewalsTest, ALostScheduleIsTriedAgainAndALostPhaseIsUnknown) {
  Case renewal(renewal_payload());
  transport_.answer(200, subscription(), before_term).fail(Phase::maybe_sent, "timeout");
  EXPECT_EQ(renewals_.renew(renewal.request()).kind, K::try_again);
  transport_.answer(200, subscription(), before_term).answer(200, "{");
  EXPECT_EQ(renewals_.renew(renewal.request()).kind, K::try_again);
  // A 500 is kept under the key: only a lookup can lead on to a new key.
  transport_.answer(200, subscription(), before_term).answer(500, "{}");
  EXPECT_EQ(renewals_.renew(renewal.request()).kind, K::unknown);
  for (const tests::Loss& loss : tests::losses) {
    transport_.answer(200, subscription(), before_term)
        .answer(200, schedule({phase(old_start, term_start)}).dump())
        .fail(loss.phase, loss.code);
    EXPECT_EQ(renewals_.renew(renewal.request()).kind, loss.kind) << loss.code;
  }
}

TEST_F(BillingRenewalsTest, ADeclineIsRejectedWithItsCode) {
  const Json error = {{"error",
                       {{"type", "card_error"},
                        {"code", "card_declined"},
                        {"decline_code", "insufficient_funds"}}}};
  transport_.answer(200, subscription(), after_start).answer(402, error.dump());
  Case renewal(renewal_payload());

  const sdk::Outcome outcome = renewals_.renew(renewal.request());

  EXPECT_EQ(outcome.kind, K::rejected);
  EXPECT_EQ(outcome.code, "insufficient_funds");
}

TEST_F(BillingRenewalsTest, ARenewalIsFoundOnTheSubscriptionOrInASchedule) {
  Case renewal(renewal_payload());
  const Json ours = {{"renewal_key", "key-1"}};
  transport_.answer(200, subscription({{"metadata", ours}}));
  EXPECT_EQ(renewals_.find(renewal.request()).kind, L::done);
  const Json list = {{"data", {schedule({phase(term_start, term_end, ours)})}},
                     {"has_more", false}};
  transport_.answer(200, subscription()).answer(200, list.dump());
  const sdk::LookupAnswer planned = renewals_.find(renewal.request());
  EXPECT_EQ(planned.kind, L::done);
  EXPECT_EQ(tests::json_of(planned.receipt)["schedule"], "sub_sched_1");
  EXPECT_EQ(tests::query_value(transport_.request(2).url, "customer"), "cus_1");
  Json released = list;
  released["data"][0]["status"] = "released";
  transport_.answer(200, subscription()).answer(200, released.dump());
  EXPECT_EQ(renewals_.find(renewal.request()).kind, L::absent);
  transport_.answer(200, "{\"id\":").answer(500).fail(Phase::maybe_sent);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(renewals_.find(renewal.request()).kind, L::cannot_tell);
  }
}

TEST_F(BillingRenewalsTest, APayloadThatNoMappingShouldGiveIsRejectedUnsent) {
  EXPECT_EQ(renewals_.renew(Case(Json::object()).request()).code, "payload_invalid");
  Json backwards = renewal_payload();
  backwards["params"]["cancel_at"] = term_start;
  EXPECT_EQ(renewals_.renew(Case(backwards).request()).code, "payload_invalid");
}

TEST(BillingItemsTest, LinesOfKnownPricesStayAndOthersGoOrCome) {
  const Json before = {{"items",
                        {{"data",
                          {{{"id", "si_1"}, {"price", {{"id", "price_1"}}}},
                           {{"id", "si_2"}, {"price", {{"id", "price_2"}}}}}}}}};
  const Json wanted = {{{"price", "price_1"}, {"quantity", "5"}}, {{"price", "price_3"}}};

  EXPECT_EQ(changed_items(before, wanted),
            Json({{{"id", "si_1"}, {"price", "price_1"}, {"quantity", "5"}},
                  {{"price", "price_3"}},
                  {{"id", "si_2"}, {"deleted", true}}}));
}

}  // namespace
}  // namespace perennial::plugins::billing
