// The Stripe client over a scripted transport: keys, versions, the steps of an invoice, and what
// each lost or refused step leaves behind.
#include "plugins/billing/client.hpp"

#include <gtest/gtest.h>

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

Json invoice_payload() {
  return {{"customer", "cus_1"},
          {"params",
           {{"collection_method", "send_invoice"}, {"metadata", {{"renewal_number", "R-000123"}}}}},
          {"lines", {{{"amount", 12500}, {"currency", "eur"}}, {{"amount", 6000}}}}};
}

std::string error_body(const Json& error) {
  return Json({{"error", error}}).dump();
}

std::string invoice_list(const std::vector<Json>& invoices, bool has_more = false) {
  return Json({{"object", "list"}, {"data", invoices}, {"has_more", has_more}}).dump();
}

Json invoice(const std::string& id, const std::string& status, const std::string& key) {
  return {{"id", id},
          {"status", status},
          {"metadata", {{"renewal_key", key}, {"renewal_number", "R-000123"}}}};
}

class BillingClientTest : public ::testing::Test {
 protected:
  BillingClientTest()
      : config_(*read_config(tests::config_value(Json{{"base_url", "https://api.example"}}))),
        caller_(config_, tests::all_secrets(), transport_),
        client_(caller_) {}

  void TearDown() override { EXPECT_TRUE(transport_.is_used_up()); }

  ScriptedTransport transport_;
  Config config_;
  Caller caller_;
  Client client_;
};

TEST_F(BillingClientTest, AnInvoiceIsADraftItsLinesAndOneFinalize) {
  transport_.answer(200, R"({"id":"in_1","status":"draft"})")
      .answer(200, R"({"id":"ii_1","amount":12500})")
      .answer(200, R"({"id":"ii_2","amount":6000})")
      .answer(200, R"({"id":"in_1","number":"A-1","status":"open","total":18500})");
  Case issue(invoice_payload());
  const sdk::Outcome outcome = client_.issue_invoice(issue.request());
  ASSERT_EQ(outcome.kind, K::done) << outcome.text;
  EXPECT_EQ(tests::json_of(outcome.receipt), Json({{"invoice", "in_1"}, {"number", "A-1"}}));
  EXPECT_EQ(tests::json_of(outcome.body)["total"], 18500);

  const std::string keys[] = {"key-1:invoice", "key-1:line:0", "key-1:line:1", "key-1:finalize"};
  const std::string paths[] = {"/v1/invoices", "/v1/invoiceitems", "/v1/invoiceitems",
                               "/v1/invoices/in_1/finalize"};
  for (std::size_t step = 0; step < 4; ++step) {
    EXPECT_EQ(transport_.request(step).headers.find("idempotency-key"), keys[step]);
    EXPECT_EQ(transport_.request(step).url, "https://api.example" + paths[step]);
  }
  const std::string& draft = transport_.request(0).body;
  EXPECT_EQ(form_value(draft, "auto_advance"), "false");
  EXPECT_EQ(form_value(draft, "pending_invoice_items_behavior"), "exclude");
  EXPECT_EQ(form_value(draft, "customer"), "cus_1");
  EXPECT_EQ(form_value(draft, "metadata[renewal_key]"), "key-1");
  EXPECT_EQ(form_value(transport_.request(1).body, "invoice"), "in_1");
  EXPECT_EQ(form_value(transport_.request(3).body, "auto_advance"), "true");
}

TEST_F(BillingClientTest, AStepLostBeforeFinalizingLeavesTheInvoiceUnissued) {
  Case issue(invoice_payload());
  transport_.fail(Phase::maybe_sent, "timeout");
  EXPECT_EQ(client_.issue_invoice(issue.request()).kind, K::try_again);
  transport_.answer(200, R"({"id":"in_1"})").fail(Phase::maybe_sent, "answer_cut_short");
  EXPECT_EQ(client_.issue_invoice(issue.request()).kind, K::try_again);
  transport_.answer(200, "{\"id\"");
  EXPECT_EQ(client_.issue_invoice(issue.request()).kind, K::try_again);
  // A 500 is kept under the key: only a lookup can lead on to a new key.
  transport_.answer(500, error_body({{"type", "api_error"}}));
  EXPECT_EQ(client_.issue_invoice(issue.request()).kind, K::unknown);
}

TEST_F(BillingClientTest, ALostFinalizeIsUnknown) {
  transport_.answer(200, R"({"id":"in_1"})")
      .answer(200, R"({"amount":12500})")
      .answer(200, R"({"amount":6000})")
      .fail(Phase::maybe_sent, "connection_lost");
  Case issue(invoice_payload());
  EXPECT_EQ(client_.issue_invoice(issue.request()).kind, K::unknown);
}

TEST_F(BillingClientTest, ARefusedLineTakesItsDraftAway) {
  transport_.answer(200, R"({"id":"in_1"})")
      .answer(400, error_body({{"type", "invalid_request_error"},
                               {"code", "parameter_invalid_integer"},
                               {"message", "Invalid integer"},
                               {"param", "amount"}}))
      .answer(200, R"({"id":"in_1","deleted":true})");
  Case issue(invoice_payload());
  const sdk::Outcome outcome = client_.issue_invoice(issue.request());
  EXPECT_EQ(outcome.kind, K::rejected);
  EXPECT_EQ(outcome.code, "parameter_invalid_integer");
  EXPECT_NE(outcome.text.find("(parameter amount)"), std::string::npos);
  EXPECT_NE(outcome.text.find("the draft in_1 was deleted"), std::string::npos);
  EXPECT_EQ(transport_.request(2).method, "DELETE");
}

TEST_F(BillingClientTest, ALineOfAnotherAmountIsNeverIssued) {
  transport_.answer(200, R"({"id":"in_1"})").answer(200, R"({"amount":12501})").answer(500);
  Case issue(invoice_payload());
  const sdk::Outcome outcome = client_.issue_invoice(issue.request());
  EXPECT_EQ(outcome.kind, K::rejected);
  EXPECT_EQ(outcome.code, "amount_differs");
  EXPECT_NE(outcome.text.find("remains and should be deleted"), std::string::npos);
}

TEST_F(BillingClientTest, APassingRefusalKeepsTheDraft) {
  transport_.answer(200, R"({"id":"in_1"})").answer(429, "", {{"Retry-After", "1"}});
  Case issue(invoice_payload());
  const sdk::Outcome outcome = client_.issue_invoice(issue.request());
  EXPECT_EQ(outcome.kind, K::throttled);
  EXPECT_EQ(outcome.after_ms, 1000);
}

TEST_F(BillingClientTest, ASecondAttemptRemovesDraftsOfOtherKeysOnly) {
  transport_.answer(200,
                    invoice_list({invoice("in_old", "draft", "key-0"),
                                  invoice("in_1", "draft", "key-1"),
                                  {{"id", "in_x"}, {"metadata", {{"renewal_number", "R-9"}}}}}));
  transport_.answer(200, "{}");
  transport_.answer(429);
  Case issue(invoice_payload(), "key-1", 2);
  EXPECT_EQ(client_.issue_invoice(issue.request()).kind, K::throttled);
  EXPECT_EQ(tests::query_value(transport_.request(0).url, "status"), "draft");
  EXPECT_EQ(transport_.request(1).method, "DELETE");
  EXPECT_EQ(transport_.request(1).url, "https://api.example/v1/invoices/in_old");
}

TEST_F(BillingClientTest, AnIssuedInvoiceIsFoundByListing) {
  Case issue(invoice_payload());
  transport_.answer(200, invoice_list({invoice("in_9", "open", "other")}, true));
  transport_.answer(200, invoice_list({invoice("in_1", "paid", "key-1")}));
  const sdk::LookupAnswer answer = client_.find_invoice(issue.request());
  EXPECT_EQ(answer.kind, L::done);
  EXPECT_EQ(tests::json_of(answer.receipt)["invoice"], "in_1");
  EXPECT_EQ(tests::query_value(transport_.request(0).url, "customer"), "cus_1");
  EXPECT_EQ(tests::query_value(transport_.request(1).url, "starting_after"), "in_9");
}

TEST_F(BillingClientTest, ADraftIsNoIssuedInvoiceAndTwoAreSeveral) {
  Case issue(invoice_payload());
  transport_.answer(200, invoice_list({invoice("in_1", "draft", "key-1")}));
  EXPECT_EQ(client_.find_invoice(issue.request()).kind, L::absent);
  transport_.answer(
      200, invoice_list({invoice("in_1", "open", "key-1"), invoice("in_2", "open", "key-1")}));
  const sdk::LookupAnswer several = client_.find_invoice(issue.request());
  EXPECT_EQ(several.kind, L::several);
  EXPECT_EQ(several.matches, 2u);
}

TEST_F(BillingClientTest, ALookupThatCannotSeeEverythingCannotTell) {
  Case issue(invoice_payload());
  transport_.answer(200, "{}").answer(200, "{\"da").answer(503).fail(Phase::surely_not_sent);
  for (int round = 0; round < 4; ++round) {
    EXPECT_EQ(client_.find_invoice(issue.request()).kind, L::cannot_tell);
  }
  for (int page = 0; page < 20; ++page) {
    transport_.answer(200, invoice_list({invoice("in_9", "open", "other")}, true));
  }
  EXPECT_EQ(client_.find_invoice(issue.request()).code, "too_many_objects");
}

TEST_F(BillingClientTest, APayloadThatNoMappingShouldGiveIsRejectedUnsent) {
  EXPECT_EQ(client_.issue_invoice(Case(Json{{"customer", "c"}}).request()).code, "payload_invalid");
}

TEST_F(BillingClientTest, AMissingKeyIsUnauthorizedUnsent) {
  Caller caller(config_, tests::no_secrets(), transport_);
  Client client(caller);
  const sdk::Outcome outcome = client.issue_invoice(Case(invoice_payload()).request());
  EXPECT_EQ(outcome.kind, K::unauthorized);
  EXPECT_EQ(outcome.code, "secret_missing");
}

TEST_F(BillingClientTest, ChecksNameWhatTheKeyMayNotRead) {
  transport_.answer(200, "{}").answer(403, error_body({{"message", "no permission"}}));
  transport_.answer(200, "{}");
  tests::HealthRecorder recorder;
  sdk::HealthReply reply(recorder.reply());
  client_.check(common::Deadline(1000), reply);
  EXPECT_EQ(recorder.errors(), 1u);
  EXPECT_NE(recorder.findings()[1].second.find("no permission"), std::string::npos);
}

TEST(BillingConfigTest, DefaultsAndWhatIsWrong) {
  const auto read = read_config(tests::config_value(Json::object()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->connection.base_url, "https://api.stripe.com");
  EXPECT_EQ(read->event_versions, std::vector<std::string>{"2024-06-20"});
  EXPECT_FALSE(read_config(tests::config_value(Json{{"event_types", Json::array()}})));
  EXPECT_FALSE(read_config(tests::config_value(Json{{"tolerance_s", 0}})));
  EXPECT_FALSE(read_config(tests::config_value(Json{{"base_url", "stripe"}})));
}

}  // namespace
}  // namespace perennial::plugins::billing
