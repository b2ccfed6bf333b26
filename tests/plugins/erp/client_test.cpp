// The SAP client over a scripted transport: CSRF, cookies, ETags, lookups, and every lost answer.
#include "plugins/erp/client.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Headers;
using common::Json;
using common::Phase;
using tests::Case;
using tests::ScriptedTransport;
using K = sdk::OutcomeKind;
using L = sdk::LookupKind;

Json basic_config() {
  return {{"base_url", "https://s4.example"},
          {"sap_client", "100"},
          {"auth", {{"kind", "basic"}, {"user", "COMM"}}}};
}

Json oauth_config() {
  return {{"base_url", "https://s4.example"},
          {"auth",
           {{"kind", "oauth2"},
            {"client_id", "client"},
            {"token_url", "https://s4.example/sap/bc/sec/oauth2/token"}}}};
}

Json order_payload() {
  return {{"SalesOrderType", "OR"},
          {"SoldToParty", "10100001"},
          {"HeaderBillingBlockReason", "01"},
          {"to_Item", {{{"Material", "PLAT"}, {"RequestedQuantity", "10"}}}}};
}

Json invoice_payload() {
  return {{"InvoiceReference", "in_1"}, {"RenewalNumber", "R-000123"}, {"GrossAmount", "125.00"}};
}

std::string order_answer(const std::string& number, const std::string& block = "01") {
  return Json({{"d",
                {{"__metadata", {{"etag", "W/\"1\""}}},
                 {"SalesOrder", number},
                 {"SoldToParty", "10100001"},
                 {"PurchaseOrderByCustomer", "key-1"},
                 {"HeaderBillingBlockReason", block},
                 {"CreationDate", "/Date(1795996800000)/"},
                 {"TotalNetAmount", "125.00"},
                 {"to_Item", {{"__deferred", {{"uri", "x"}}}}}}}})
      .dump();
}

std::string list_answer(const std::vector<std::string>& numbers) {
  Json results = Json::array();
  for (const std::string& number : numbers) {
    results.push_back({{"SalesOrder", number}, {"PurchaseOrderByCustomer", "key-1"}});
  }
  return Json({{"d", {{"results", results}}}}).dump();
}

std::string error_body(const std::string& code, const std::string& text) {
  return Json({{"error", {{"code", code}, {"message", {{"lang", "en"}, {"value", text}}}}}}).dump();
}

class ErpClientTest : public ::testing::Test {
 protected:
  explicit ErpClientTest(const Json& config = basic_config())
      : config_(*read_config(tests::config_value(config))),
        client_(config_, tests::all_secrets(), transport_) {}

  ErpClientTest& with_token(const std::string& token = "token-1") {
    transport_.answer(200, "{}",
                      {{"x-csrf-token", token},
                       {"Set-Cookie", "SAP_SESSIONID_S4H_100=abc; path=/; HttpOnly"},
                       {"set-cookie", "sap-usercontext=sap-client=100; path=/"}});
    return *this;
  }

  void TearDown() override { EXPECT_TRUE(transport_.is_used_up()); }

  ScriptedTransport transport_;
  Config config_;
  Client client_;
};

TEST_F(ErpClientTest, AnOrderIsPostedWithTokenAllCookiesAndTheKey) {
  with_token();
  transport_.answer(201, order_answer("4711"),
                    {{"sap-message", R"({"code":"V1/555","message":"Check the terms",
                                         "severity":"warning"})"}});
  Case order(order_payload());
  const sdk::Outcome outcome = client_.create_order(order.request());
  ASSERT_EQ(outcome.kind, K::done) << outcome.text;
  const Json receipt = tests::json_of(outcome.receipt);
  EXPECT_EQ(receipt["order"], "4711");
  EXPECT_EQ(receipt["warnings"], "V1/555: Check the terms");
  const Json body = tests::json_of(outcome.body);
  EXPECT_EQ(body["CreationDate"], "2026-11-30");
  EXPECT_FALSE(body.contains("to_Item"));

  const auto& fetch = transport_.request(0);
  EXPECT_EQ(fetch.method, "GET");
  EXPECT_EQ(fetch.headers.find("x-csrf-token"), "Fetch");
  EXPECT_EQ(tests::query_value(fetch.url, "sap-client"), "100");
  const auto& post = transport_.request(1);
  EXPECT_EQ(post.method, "POST");
  EXPECT_EQ(post.url.substr(0, post.url.find('?')),
            "https://s4.example/sap/opu/odata/sap/API_SALES_ORDER_SRV/A_SalesOrder");
  EXPECT_EQ(post.headers.find("x-csrf-token"), "token-1");
  EXPECT_EQ(post.headers.find("cookie"),
            "SAP_SESSIONID_S4H_100=abc; sap-usercontext=sap-client=100");
  EXPECT_EQ(post.headers.find("authorization"), "Basic Q09NTTpzZWNyZXQtb2YtYXV0aC5wYXNzd29yZA==");
  EXPECT_EQ(Json::parse(post.body)["PurchaseOrderByCustomer"], "key-1");
}

TEST_F(ErpClientTest, TheTokenIsKeptAndFetchedOnceMoreWhenItIsRefused) {
  with_token();
  transport_.answer(201, order_answer("4711"));
  transport_.answer(403, "CSRF token validation failed", {{"x-csrf-token", "Required"}});
  with_token("token-2");
  transport_.answer(201, order_answer("4712"));
  Case first(order_payload());
  EXPECT_EQ(client_.create_order(first.request()).kind, K::done);
  Case second(order_payload(), "key-2");
  EXPECT_EQ(client_.create_order(second.request()).kind, K::done);
  EXPECT_EQ(transport_.requests().size(), 5u);
  EXPECT_EQ(transport_.request(4).headers.find("x-csrf-token"), "token-2");
}

TEST_F(ErpClientTest, ATokenRefusedTwiceIsToBeTriedAgain) {
  with_token();
  transport_.answer(403, "", {{"X-CSRF-Token", "required"}});
  with_token("token-2");
  transport_.answer(403, "", {{"X-CSRF-Token", "required"}});
  Case order(order_payload());
  EXPECT_EQ(client_.create_order(order.request()).kind, K::try_again);
}

TEST_F(ErpClientTest, EveryLossBeforeThePostIsHarmless) {
  transport_.fail(Phase::maybe_sent, "timeout").fail(Phase::surely_not_sent, "connect_failed");
  transport_.answer(503);
  Case order(order_payload());
  EXPECT_EQ(client_.create_order(order.request()).kind, K::try_again);
  EXPECT_EQ(client_.create_order(order.request()).kind, K::not_connected);
  EXPECT_EQ(client_.create_order(order.request()).kind, K::try_again);
}

TEST_F(ErpClientTest, AServiceThatGivesNoTokenTakesChangesWithoutOne) {
  transport_.answer(200, "{}").answer(201, order_answer("4711")).answer(201, order_answer("4712"));
  Case order(order_payload());
  EXPECT_EQ(client_.create_order(order.request()).kind, K::done);
  EXPECT_FALSE(transport_.request(1).headers.find("x-csrf-token"));
  Case second(order_payload(), "key-2");
  EXPECT_EQ(client_.create_order(second.request()).kind, K::done);
  EXPECT_EQ(transport_.requests().size(), 3u);
}

TEST_F(ErpClientTest, AServiceThatWantsATokenAndGivesNoneIsToBeTriedAgain) {
  transport_.answer(200, "{}").answer(403, "", {{"x-csrf-token", "Required"}}).answer(200, "{}");
  Case order(order_payload());
  EXPECT_EQ(client_.create_order(order.request()).code, "csrf_token_missing");
}

TEST_F(ErpClientTest, EveryLossOfThePostIsJudgedByItsPhase) {
  with_token();
  for (const tests::Loss& loss : tests::losses) {
    transport_.fail(loss.phase, loss.code);
    Case order(order_payload());
    const sdk::Outcome outcome = client_.create_order(order.request());
    EXPECT_EQ(outcome.kind, loss.kind) << loss.code;
    EXPECT_EQ(outcome.code, loss.code);
  }
}

TEST_F(ErpClientTest, AnUnreadableSuccessIsUnknown) {
  with_token();
  for (const char* body : {"", "{\"d\":{\"SalesOr", "<html>", "{}", "{\"d\":{}}", "[]"}) {
    transport_.answer(201, body);
    Case order(order_payload());
    EXPECT_EQ(client_.create_order(order.request()).kind, K::unknown) << body;
  }
}

TEST_F(ErpClientTest, ARefusalCarriesSapsOwnCode) {
  with_token();
  transport_.answer(400, error_body("V1/150", "Customer 10100001 is blocked for orders"));
  transport_.answer(400, error_body("MC/601", "Object requested is currently locked by user X"));
  transport_.answer(429, "", {{"Retry-After", "7"}});
  transport_.answer(503, "");
  Case order(order_payload());
  const sdk::Outcome blocked = client_.create_order(order.request());
  EXPECT_EQ(blocked.kind, K::rejected);
  EXPECT_EQ(blocked.code, "V1/150");
  EXPECT_EQ(blocked.text, "Customer 10100001 is blocked for orders");
  EXPECT_EQ(client_.create_order(order.request()).kind, K::try_again);
  const sdk::Outcome throttled = client_.create_order(order.request());
  EXPECT_EQ(throttled.kind, K::throttled);
  EXPECT_EQ(throttled.after_ms, 7000);
  EXPECT_EQ(client_.create_order(order.request()).kind, K::try_again);
}

TEST_F(ErpClientTest, ASecondAttemptPostsAtOnceBecauseTheRuntimeHasLooked) {
  Case again(order_payload(), "key-1", 2);
  with_token();
  transport_.answer(201, order_answer("4712"));

  const sdk::Outcome outcome = client_.create_order(again.request());

  EXPECT_EQ(outcome.kind, K::done) << outcome.text;
  EXPECT_EQ(tests::json_of(outcome.receipt)["order"], "4712");
}

TEST_F(ErpClientTest, ALookupFiltersByReferenceAndCustomer) {
  transport_.answer(200, list_answer({"4711"}));
  Case order(order_payload(), "it's");
  const sdk::LookupAnswer answer = client_.find_order(order.request());
  EXPECT_EQ(answer.kind, L::done);
  EXPECT_EQ(tests::json_of(answer.receipt)["order"], "4711");
  EXPECT_EQ(tests::query_value(transport_.request(0).url, "$filter"),
            "PurchaseOrderByCustomer eq 'it''s' and SoldToParty eq '10100001'");
}

TEST_F(ErpClientTest, ALookupSaysAbsentOnlyWhenItSawAnEmptyList) {
  Case order(order_payload());
  transport_.answer(200, list_answer({}));
  EXPECT_EQ(client_.find_order(order.request()).kind, L::absent);
  transport_.answer(200, "{\"d\":{\"res").answer(200, "{}").answer(500).answer(404);
  transport_.fail(Phase::maybe_sent);
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(client_.find_order(order.request()).kind, L::cannot_tell);
  }
  transport_.answer(200, list_answer({"1", "2"}));
  const sdk::LookupAnswer several = client_.find_order(order.request());
  EXPECT_EQ(several.kind, L::several);
  EXPECT_EQ(several.matches, 2u);
  EXPECT_EQ(tests::json_of(several.receipt).size(), 2u);
}

TEST_F(ErpClientTest, AReleaseReadsTheEtagAndLiftsTheBlock) {
  transport_.answer(200, order_answer("4711"));
  with_token();
  transport_.answer(204);
  Case release(Json{{"order", "4711"}});
  const sdk::Outcome outcome = client_.release_order(release.request());
  EXPECT_EQ(outcome.kind, K::done) << outcome.text;
  const auto& patch = transport_.request(2);
  EXPECT_EQ(patch.method, "PATCH");
  EXPECT_EQ(patch.headers.find("if-match"), "W/\"1\"");
  EXPECT_EQ(Json::parse(patch.body), Json({{"HeaderBillingBlockReason", ""}}));
  EXPECT_NE(patch.url.find("A_SalesOrder('4711')"), std::string::npos);
}

TEST_F(ErpClientTest, AnOrderWithoutBlockIsAlreadyReleased) {
  transport_.answer(200, order_answer("4711", ""));
  Case release(Json{{"order", "4711"}});
  EXPECT_EQ(client_.release_order(release.request()).kind, K::already_done);
}

TEST_F(ErpClientTest, AReleaseThatLosesItsRaceOrItsAnswer) {
  Case release(Json{{"order", "4711"}});
  transport_.answer(200, order_answer("4711"));
  with_token();
  transport_.answer(412, error_body("/IWBEP/CM_MGW_RT/190", "changed"));
  EXPECT_EQ(client_.release_order(release.request()).kind, K::try_again);
  transport_.answer(200, order_answer("4711")).fail(Phase::maybe_sent, "timeout");
  EXPECT_EQ(client_.release_order(release.request()).kind, K::unknown);
  transport_.answer(404, error_body("SY/530", "not found"));
  EXPECT_EQ(client_.release_order(release.request()).kind, K::rejected);
  transport_.answer(200, "{\"d\":{\"SalesOrder\":\"4711\"}}");
  EXPECT_EQ(client_.release_order(release.request()).kind, K::try_again);
  EXPECT_EQ(client_.release_order(Case(Json::object()).request()).code, "payload_invalid");
}

TEST_F(ErpClientTest, ALookupOfAReleaseReadsTheBlock) {
  Case release(Json{{"order", "4711"}});
  transport_.answer(200, order_answer("4711", "")).answer(200, order_answer("4711"));
  EXPECT_EQ(client_.find_release(release.request()).kind, L::done);
  EXPECT_EQ(client_.find_release(release.request()).kind, L::absent);
}

TEST_F(ErpClientTest, AnInvoiceIsBookedOverV4WithDecimalsAsText) {
  with_token();
  transport_.answer(201, R"({"@odata.etag":"W/\"1\"","InvoiceReference":"in_1",
                            "AccountingDocument":"9400000001","GrossAmount":"125.00"})");
  Case invoice(invoice_payload());
  const sdk::Outcome outcome = client_.book_invoice(invoice.request());
  EXPECT_EQ(outcome.kind, K::done) << outcome.text;
  EXPECT_EQ(tests::json_of(outcome.receipt),
            Json({{"invoice_reference", "in_1"}, {"AccountingDocument", "9400000001"}}));
  EXPECT_EQ(transport_.request(1).headers.find("content-type"),
            "application/json;IEEE754Compatible=true");
  EXPECT_EQ(Json::parse(transport_.request(1).body)["GrossAmount"], "125.00");
}

TEST_F(ErpClientTest, ABookingIsFoundByInvoiceAndRenewal) {
  Case invoice(invoice_payload());
  transport_.answer(200, R"({"value":[{"InvoiceReference":"in_1"}]})")
      .answer(200, R"({"value":[]})");
  EXPECT_EQ(client_.find_booking(invoice.request()).kind, L::done);
  EXPECT_EQ(tests::query_value(transport_.request(0).url, "$filter"),
            "InvoiceReference eq 'in_1' and RenewalNumber eq 'R-000123'");
  EXPECT_EQ(client_.find_booking(invoice.request()).kind, L::absent);
}

TEST_F(ErpClientTest, APayloadThatNoMappingShouldGiveIsRejectedUnsent) {
  EXPECT_EQ(client_.create_order(Case(Json::object()).request()).code, "payload_invalid");
  EXPECT_EQ(client_.book_invoice(Case(Json::object()).request()).code, "payload_invalid");
}

TEST_F(ErpClientTest, AnOrderWithoutCustomerCouldNotBeLookedUpAndIsRefusedUnsent) {
  Json order = order_payload();
  order.erase("SoldToParty");
  EXPECT_EQ(client_.create_order(Case(order).request()).code, "payload_invalid");
}

TEST_F(ErpClientTest, WarningsOfEitherVersionAreKept) {
  with_token();
  transport_.answer(201, order_answer("4711"),
                    {{"sap-message", R"({"code":"V1/1","message":"Saved","severity":"info",
                        "details":[{"code":"V1/2","message":"No output","severity":"warning"}]})"}});
  Case order(order_payload());
  EXPECT_EQ(tests::json_of(client_.create_order(order.request()).receipt)["warnings"],
            "V1/2: No output");
  with_token();
  transport_.answer(201, R"({"InvoiceReference":"in_1"})",
                    {{"sap-messages", R"([{"code":"Z/1","message":"Late","numericSeverity":3},
                        {"code":"Z/2","message":"Posted","numericSeverity":1}])"}});
  Case invoice(invoice_payload());
  EXPECT_EQ(tests::json_of(client_.book_invoice(invoice.request()).receipt)["warnings"],
            "Z/1: Late");
}

TEST_F(ErpClientTest, ACustomerIsReadWithItsSalesAreas) {
  transport_.answer(200, R"({"d":{"Customer":"10100001","OrderIsBlockedForCustomer":"01",
      "to_CustomerSalesArea":{"results":[{"SalesOrganization":"1010"}]}}})");
  transport_.answer(404);
  Case customer(Json{{"customer", "10100001"}});
  const sdk::Outcome outcome = client_.check_customer(customer.request());
  ASSERT_EQ(outcome.kind, K::done) << outcome.text;
  const Json body = tests::json_of(outcome.body);
  EXPECT_EQ(body["OrderIsBlockedForCustomer"], "01");
  EXPECT_EQ(body["to_CustomerSalesArea"][0]["SalesOrganization"], "1010");
  EXPECT_EQ(tests::query_value(transport_.request(0).url, "$expand"), "to_CustomerSalesArea");
  EXPECT_EQ(client_.check_customer(customer.request()).kind, K::rejected);
  EXPECT_EQ(client_.check_customer(Case(Json::object()).request()).code, "payload_invalid");
}

class ErpOauthTest : public ErpClientTest {
 protected:
  ErpOauthTest() : ErpClientTest(oauth_config()) {}
};

TEST_F(ErpOauthTest, ARefusedAccessTokenIsReplacedOnceInsideTheCall) {
  transport_.answer(200, R"({"access_token":"t1","expires_in":3600})");
  transport_.answer(401);
  transport_.answer(200, R"({"access_token":"t2","expires_in":3600})");
  transport_.answer(200, list_answer({}));
  Case order(order_payload());
  EXPECT_EQ(client_.find_order(order.request()).kind, L::absent);
  EXPECT_EQ(transport_.request(3).headers.find("authorization"), "Bearer t2");

  transport_.answer(401).answer(200, R"({"access_token":"t3","expires_in":3600})").answer(401);
  EXPECT_EQ(client_.create_order(order.request()).kind, K::unauthorized);
}

TEST(ErpConfigTest, WhatIsWrongIsNamed) {
  const auto error = [](const Json& config) {
    const auto read = read_config(tests::config_value(config));
    return read ? std::string("accepted") : read.error();
  };
  EXPECT_EQ(error(basic_config()), "accepted");
  EXPECT_EQ(error(oauth_config()), "accepted");
  Json config = basic_config();
  config["auth"].erase("user");
  EXPECT_NE(error(config).find("`auth.user`"), std::string::npos);
  config["auth"]["kind"] = "magic";
  EXPECT_NE(error(config).find("`auth.kind`"), std::string::npos);
  config = oauth_config();
  config["auth"]["token_url"] = "nowhere";
  EXPECT_NE(error(config).find("`auth.token_url`"), std::string::npos);
  config["auth"].erase("client_id");
  EXPECT_NE(error(config).find("`auth.client_id`"), std::string::npos);
}

}  // namespace
}  // namespace perennial::plugins::erp
