// Invoices that SAP issues: the action, what was invoiced, and lookups by the order.
#include "plugins/erp/billing_documents.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Json;
using K = sdk::OutcomeKind;
using L = sdk::LookupKind;

Json billing_payload() {
  return {{"order", "4711"}, {"action", {{"_Reference", Json::array({{{"SDDocument", "4711"}}})}}}};
}

std::string document(const std::string& number, bool is_cancelled = false,
                     const std::string& cancels = "") {
  return Json({{"BillingDocument", number},
               {"TotalNetAmount", "185.00"},
               {"AccountingDocument", "9400000001"},
               {"BillingDocumentIsCancelled", is_cancelled},
               {"CancelledBillingDocument", cancels},
               {"_Item", Json::array({{{"SalesDocumentItem", "10"}}})}})
      .dump();
}

std::string lines(const std::vector<std::string>& numbers) {
  Json value = Json::array();
  for (const std::string& number : numbers) value.push_back({{"BillingDocument", number}});
  return Json({{"value", value}}).dump();
}

class BillingDocumentsTest : public ::testing::Test {
 protected:
  BillingDocumentsTest()
      : config_(*read_config(tests::config_value(
            {{"base_url", "https://s4.example"}, {"auth", {{"kind", "basic"}, {"user", "C"}}}}))),
        session_(config_, tests::all_secrets(), transport_),
        billing_(config_, session_) {}
  void TearDown() override { EXPECT_TRUE(transport_.is_used_up()); }

  BillingDocumentsTest& with_token() {
    transport_.answer(200, "{}", {{"x-csrf-token", "t"}});
    return *this;
  }

  tests::ScriptedTransport transport_;
  Config config_;
  Session session_;
  BillingDocuments billing_;
  tests::Case order_{billing_payload()};
};

TEST_F(BillingDocumentsTest, TheActionBillsTheOrderAndTheInvoiceIsRead) {
  with_token();
  transport_.answer(200, R"({"value":[{"BillingDocument":"90000001"}]})");
  transport_.answer(200, document("90000001"));
  const sdk::Outcome outcome = billing_.issue(order_.request());
  ASSERT_EQ(outcome.kind, K::done) << outcome.text;
  EXPECT_EQ(tests::json_of(outcome.receipt),
            Json({{"invoice", "90000001"}, {"AccountingDocument", "9400000001"}}));
  EXPECT_EQ(tests::json_of(outcome.body)["_Item"][0]["SalesDocumentItem"], "10");
  const auto& post = transport_.request(1);
  EXPECT_NE(post.url.find("/BillingDocument/SAP__self.CreateFromSDDocument?"), std::string::npos);
  EXPECT_EQ(Json::parse(post.body), billing_payload()["action"]);
  const auto& get = transport_.request(2);
  EXPECT_EQ(tests::query_value(get.url, "$expand"), "_Item");
  EXPECT_EQ(get.headers.find("accept"), "application/json;IEEE754Compatible=true");
}

TEST_F(BillingDocumentsTest, WhatIsNotSureIsUnknown) {
  with_token();
  transport_.answer(200, R"({"value":[]})").answer(200, "{").answer(500);
  transport_.fail(common::Phase::maybe_sent, "timeout");
  transport_.answer(200, R"({"value":[{"BillingDocument":"90000001"}]})").answer(503);
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(billing_.issue(order_.request()).kind, K::unknown) << round;
  }
}

TEST_F(BillingDocumentsTest, ARefusalIsForAPerson) {
  with_token();
  transport_.answer(400, R"({"error":{"code":"VF/044","message":"4711 is blocked for billing"}})");
  const sdk::Outcome outcome = billing_.issue(order_.request());
  EXPECT_EQ(outcome.kind, K::rejected);
  EXPECT_EQ(outcome.code, "VF/044");
  EXPECT_EQ(billing_.issue(tests::Case(Json{{"order", "1"}}).request()).code, "payload_invalid");
}

TEST_F(BillingDocumentsTest, ALookupCountsTheLiveInvoicesOfTheOrder) {
  transport_.answer(200, lines({"90000001", "90000001"})).answer(200, document("90000001"));
  EXPECT_EQ(billing_.find(order_.request()).kind, L::done);
  EXPECT_EQ(tests::query_value(transport_.request(0).url, "$filter"), "SalesDocument eq '4711'");

  Json first = Json::parse(lines({"90000001"}));
  first["@odata.nextLink"] = "BillingDocumentItem?$skiptoken=1";
  transport_.answer(200, first.dump()).answer(200, lines({"90000002"}));
  transport_.answer(200, document("90000001")).answer(200, document("90000002"));
  EXPECT_EQ(billing_.find(order_.request()).kind, L::several) << "on the second page";

  transport_.answer(200, lines({}));
  EXPECT_EQ(billing_.find(order_.request()).kind, L::absent);

  transport_.answer(200, lines({"1", "2"})).answer(200, document("1", true));
  transport_.answer(200, document("2", false, "1"));
  EXPECT_EQ(billing_.find(order_.request()).kind, L::absent) << "cancelled, with its cancellation";

  transport_.answer(200, lines({"1", "2"})).answer(200, document("1")).answer(200, document("2"));
  const sdk::LookupAnswer several = billing_.find(order_.request());
  EXPECT_EQ(several.kind, L::several);
  EXPECT_EQ(several.matches, 2u);

  transport_.answer(200, lines({"1"})).answer(200, document("2")).answer(500);
  EXPECT_EQ(billing_.find(order_.request()).kind, L::cannot_tell) << "another document";
  EXPECT_EQ(billing_.find(order_.request()).kind, L::cannot_tell);
}

}  // namespace
}  // namespace perennial::plugins::erp
