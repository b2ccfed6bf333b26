// Effects of one keyed call over a scripted transport.
#include "plugins/billing/changes.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::billing {
namespace {

using common::Json;
using tests::Case;
using tests::form_value;
using K = sdk::OutcomeKind;
using L = sdk::LookupKind;

class BillingChangesTest : public ::testing::Test {
 protected:
  BillingChangesTest()
      : config_(*read_config(tests::config_value(Json{{"base_url", "https://api.example"}}))),
        caller_(config_, tests::all_secrets(), transport_),
        changes_(caller_) {}

  void TearDown() override { EXPECT_TRUE(transport_.is_used_up()); }

  tests::ScriptedTransport transport_;
  Config config_;
  Caller caller_;
  Changes changes_;
};

TEST_F(BillingChangesTest, AnInvoiceIsVoidedOnce) {
  Case one(Json{{"invoice", "in_1"}});
  transport_.answer(200, R"({"id":"in_1","status":"open"})")
      .answer(200, R"({"id":"in_1","status":"void"})");
  EXPECT_EQ(changes_.void_invoice(one.request()).kind, K::done);
  EXPECT_EQ(transport_.request(1).url, "https://api.example/v1/invoices/in_1/void");
  EXPECT_EQ(transport_.request(1).headers.find("idempotency-key"), "key-1");
  transport_.answer(200, R"({"id":"in_1","status":"void"})");
  EXPECT_EQ(changes_.void_invoice(one.request()).kind, K::already_done);
  transport_.answer(200, R"({"id":"in_1","status":"void"})")
      .answer(200, R"({"id":"in_1","status":"open"})");
  EXPECT_EQ(changes_.find_void(one.request()).kind, L::done);
  EXPECT_EQ(changes_.find_void(one.request()).kind, L::absent);
}

TEST_F(BillingChangesTest, APaidInvoiceIsNotVoided) {
  Case one(Json{{"invoice", "in_1"}});
  transport_.answer(200, R"({"id":"in_1","status":"paid"})")
      .answer(400, R"({"error":{"type":"invalid_request_error","message":"not open"}})");
  EXPECT_EQ(changes_.void_invoice(one.request()).kind, K::rejected);
}

TEST_F(BillingChangesTest, CreditNotesAndRefundsCarryTheKeyAndAreFoundByIt) {
  Case credit(Json{{"params", {{"invoice", "in_1"}, {"amount", 2500}}}});
  transport_.answer(200, R"({"id":"cn_1"})");
  const sdk::Outcome credited = changes_.credit_invoice(credit.request());
  EXPECT_EQ(credited.kind, K::done);
  EXPECT_EQ(tests::json_of(credited.receipt)["credit_note"], "cn_1");
  EXPECT_EQ(form_value(transport_.request(0).body, "metadata[renewal_key]"), "key-1");

  Case refund(Json{{"params", {{"payment_intent", "pi_1"}}}});
  const std::string ours =
      R"({"data":[{"id":"re_9"},{"id":"re_1","metadata":{"renewal_key":"key-1"}}]})";
  transport_.answer(200, ours).answer(200, R"({"data":[]})").answer(500);
  const sdk::LookupAnswer found = changes_.find_refund(refund.request());
  EXPECT_EQ(found.kind, L::done);
  EXPECT_EQ(tests::json_of(found.receipt)["refund"], "re_1");
  EXPECT_EQ(tests::query_value(transport_.request(1).url, "payment_intent"), "pi_1");
  EXPECT_EQ(changes_.find_refund(refund.request()).kind, L::absent);
  EXPECT_EQ(changes_.find_refund(refund.request()).kind, L::cannot_tell);
}

TEST_F(BillingChangesTest, UsageNamesTheCustomerAndCountsOnceByItsIdentifier) {
  Case usage(Json{{"subscription", "sub_1"},
                  {"params", {{"event_name", "api_calls"}, {"payload", {{"value", "12"}}}}}});
  transport_.answer(200, R"({"id":"sub_1","customer":"cus_1"})").answer(200, "{}");
  EXPECT_EQ(changes_.report_usage(usage.request()).kind, K::done);
  const std::string& form = transport_.request(1).body;
  EXPECT_EQ(form_value(form, "payload[stripe_customer_id]"), "cus_1");
  EXPECT_EQ(form_value(form, "payload[value]"), "12");
  EXPECT_EQ(form_value(form, "identifier"), "key-1");
}

TEST_F(BillingChangesTest, APayloadThatNoMappingShouldGiveIsRejectedUnsent) {
  Case nothing{Json::object()};
  EXPECT_EQ(changes_.void_invoice(nothing.request()).code, "payload_invalid");
  EXPECT_EQ(changes_.credit_invoice(nothing.request()).code, "payload_invalid");
  EXPECT_EQ(changes_.report_usage(nothing.request()).code, "payload_invalid");
}

}  // namespace
}  // namespace perennial::plugins::billing
