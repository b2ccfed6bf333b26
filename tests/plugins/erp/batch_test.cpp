// $batch in both formats: what is sent, what comes back, and what cannot be matched.
#include "plugins/erp/batch.hpp"

#include <gtest/gtest.h>

#include "plugins/erp/releases.hpp"
#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::erp {
namespace {

using common::HttpResponse;
using common::Json;
using K = sdk::OutcomeKind;

BatchPart read_of(const std::string& order) {
  return {false, {{"GET", "A_SalesOrder('" + order + "')", {}, nullptr}}};
}

BatchPart change_of(const std::string& order) {
  return {true, {lift_of("A_SalesOrder", order, "W/\"1\"")}};
}

HttpResponse multipart(const std::string& body, const std::string& boundary = "b") {
  return {202, {{"Content-Type", "multipart/mixed; boundary=" + boundary}}, body};
}

std::string http(const std::string& status, const std::string& body = "",
                 const std::string& fields = "") {
  return "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 " +
         status + "\r\n" + fields + "\r\n" + body + "\r\n";
}

std::string set_of(const std::string& parts) {
  return "Content-Type: multipart/mixed; boundary=c\r\n\r\n" + parts + "--c--\r\n\r\n";
}

TEST(ErpBatchTest, AReadAndAChangeSetAreWrittenAsTheVendorReadsThem) {
  const BatchBody body = batch_body({read_of("1"), change_of("2")}, BatchFormat::multipart);
  EXPECT_EQ(body.content_type, "multipart/mixed; boundary=batch_1");
  EXPECT_EQ(body.text,
            "--batch_1\r\n"
            "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
            "GET A_SalesOrder('1') HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n"
            "--batch_1\r\nContent-Type: multipart/mixed; boundary=changeset_1_1\r\n\r\n"
            "--changeset_1_1\r\n"
            "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
            "PATCH A_SalesOrder('2') HTTP/1.1\r\nAccept: application/json\r\nIf-Match: W/\"1\"\r\n"
            "Content-Type: application/json\r\nContent-Length: 31\r\n\r\n"
            "{\"HeaderBillingBlockReason\":\"\"}\r\n"
            "--changeset_1_1--\r\n\r\n--batch_1--\r\n");
}

TEST(ErpBatchTest, ABoundaryIsNoneThatABodyContains) {
  BatchPart part = change_of("2");
  part.requests.front().body = {{"Text", "batch_1 and batch_2"}};
  EXPECT_EQ(batch_body({part}, BatchFormat::multipart).content_type,
            "multipart/mixed; boundary=batch_3");
}

TEST(ErpBatchTest, AnswersAreThoseOfTheirParts) {
  const auto answers = batch_answers(
      multipart("--b\r\n" + http("200 OK", R"({"d":{}})", "etag: W/\"7\"\r\n") + "--b\r\n" +
                set_of("--c\r\n" + http("204 No Content", "", "sap-message: hint\r\n")) +
                "--b\r\n" + http("412 Precondition Failed", "{\"error\":{}}") + "--b--\r\n"),
      {read_of("1"), change_of("2"), change_of("3")}, BatchFormat::multipart);
  ASSERT_TRUE(answers) << answers.error();
  EXPECT_EQ((*answers)[0][0].status, 200);
  EXPECT_EQ((*answers)[0][0].body, R"({"d":{}})");
  EXPECT_EQ((*answers)[0][0].headers.find("ETag"), "W/\"7\"");
  EXPECT_EQ((*answers)[1][0].status, 204);
  EXPECT_EQ((*answers)[1][0].headers.find("sap-message"), "hint");
  EXPECT_EQ((*answers)[2][0].status, 412);
}

TEST(ErpBatchTest, AChangeSetOfSeveralFailsWithOneAnswerAndSucceedsWithAll) {
  BatchPart both = change_of("1");
  both.requests.push_back(lift_of("A_SalesOrder", "2", "W/\"2\""));
  const std::string done = "--c\r\n" + http("204 No Content");
  EXPECT_TRUE(batch_answers(multipart("--b\r\n" + set_of(done + done) + "--b--"), {both},
                            BatchFormat::multipart));
  EXPECT_TRUE(batch_answers(multipart("--b\r\n" + http("400 Bad Request", "{}") + "--b--"), {both},
                            BatchFormat::multipart));
  EXPECT_FALSE(
      batch_answers(multipart("--b\r\n" + set_of(done) + "--b--"), {both}, BatchFormat::multipart));
}

TEST(ErpBatchTest, WhatIsCutShortOrDoesNotFitIsSaid) {
  const std::vector<BatchPart> asked = {read_of("1")};
  const HttpResponse bad[] = {
      multipart("--b\r\n" + http("200 OK", "{}")),
      multipart("--b\r\n" + http("200 OK", "{}") + "--b\r\n" + http("200 OK", "{}") + "--b--"),
      multipart("--b--"),
      multipart("--b\r\nContent-Type: application/http\r\n\r\nnonsense\r\n--b--"),
      multipart("--b\r\n" + set_of("") + "--b--"),
      multipart("--b\r\n" + http("200 OK", "{}") + "--b--", "other"),
      {200, {{"Content-Type", "text/html"}}, "<html>"},
      {202, {{"Content-Type", "multipart/mixed; boundary="}}, "--\r\n--"}};
  for (const HttpResponse& response : bad) {
    EXPECT_FALSE(batch_answers(response, asked, BatchFormat::multipart)) << response.body;
  }
}

TEST(ErpBatchTest, JsonBatchesGroupWhatBelongsTogether) {
  const std::vector<BatchPart> parts = {read_of("1"), change_of("2")};
  const Json body = Json::parse(batch_body(parts, BatchFormat::json).text);
  ASSERT_EQ(body["requests"].size(), 2u);
  EXPECT_FALSE(body["requests"][0].contains("atomicityGroup"));
  EXPECT_EQ(body["requests"][1]["atomicityGroup"], "g1");
  EXPECT_EQ(body["requests"][1]["headers"]["If-Match"], "W/\"1\"");
  EXPECT_EQ(body["requests"][1]["body"], Json({{"HeaderBillingBlockReason", ""}}));

  const auto answers = batch_answers(
      {200, {}, R"({"responses":[{"id":"1.0","status":412,"body":{"error":{"code":"x"}}},
                                 {"id":"0.0","status":200,"headers":{"etag":"W/7"},"body":{}}]})"},
      parts, BatchFormat::json);
  ASSERT_TRUE(answers) << answers.error();
  EXPECT_EQ((*answers)[0][0].headers.find("etag"), "W/7");
  EXPECT_EQ((*answers)[1][0].status, 412);
  for (const char* bad :
       {"{", "{}", R"({"responses":[]})", R"({"responses":[{"id":"0.0","status":200}]})"}) {
    EXPECT_FALSE(batch_answers({200, {}, bad}, parts, BatchFormat::json)) << bad;
  }
}

class ReleasesTest : public ::testing::Test {
 protected:
  ReleasesTest()
      : config_(*read_config(tests::config_value(
            {{"base_url", "https://s4.example"}, {"auth", {{"kind", "basic"}, {"user", "C"}}}}))),
        session_(config_, tests::all_secrets(), transport_),
        releases_(config_, session_) {
    transport_.answer(200, "{}", {{"x-csrf-token", "t"}});
  }
  void TearDown() override { EXPECT_TRUE(transport_.is_used_up()); }

  static std::string order(const std::string& block) {
    return http("200 OK", Json({{"d", {{"HeaderBillingBlockReason", block}}}}).dump(),
                "etag: W/\"7\"\r\n");
  }
  ReleasesTest& batch(const std::vector<std::string>& parts) {
    std::string body;
    for (const std::string& part : parts) body += "--b\r\n" + part;
    transport_.answer(202, body + "--b--\r\n", {{"Content-Type", "multipart/mixed; boundary=b"}});
    return *this;
  }
  std::vector<K> release(const std::vector<std::string>& orders) {
    std::vector<Json> payloads;
    for (const std::string& one : orders) payloads.push_back({{"order", one}, {"block", "01"}});
    std::vector<K> kinds;
    outcomes_ = releases_.release(payloads, common::Deadline(30'000), tests::test_now_ms);
    for (const sdk::Outcome& outcome : outcomes_) kinds.push_back(outcome.kind);
    return kinds;
  }

  tests::ScriptedTransport transport_;
  Config config_;
  Session session_;
  Releases releases_;
  std::vector<sdk::Outcome> outcomes_;
};

TEST_F(ReleasesTest, EachOrderHasItsOwnOutcome) {
  batch({order("01"), order(""), order("08"), http("404 Not Found", "{}"), order("01")});
  batch({set_of("--c\r\n" + http("204 No Content")), http("412 Precondition Failed", "{}")});
  EXPECT_EQ(release({"1", "2", "3", "4", "5"}),
            (std::vector<K>{K::done, K::already_done, K::rejected, K::rejected, K::try_again}));
  EXPECT_EQ(tests::json_of(outcomes_[0].receipt)["order"], "1");
  EXPECT_EQ(outcomes_[2].code, "order_held");
  const auto& changes = transport_.request(2);
  EXPECT_NE(changes.url.find("/API_SALES_ORDER_SRV/$batch?"), std::string::npos);
  EXPECT_EQ(changes.headers.find("x-csrf-token"), "t");
  EXPECT_NE(changes.body.find("If-Match: W/\"7\""), std::string::npos);
  EXPECT_EQ(changes.body.find("A_SalesOrder('2')"), std::string::npos);
}

TEST_F(ReleasesTest, ALostReadIsHarmlessAndALostChangeIsUnknown) {
  transport_.fail(common::Phase::maybe_sent, "timeout");
  EXPECT_EQ(release({"1", "2"}), (std::vector<K>{K::try_again, K::try_again}));
  batch({order("01"), order("")});
  transport_.fail(common::Phase::maybe_sent, "timeout");
  EXPECT_EQ(release({"1", "2"}), (std::vector<K>{K::unknown, K::already_done}));
  batch({order("01"), order("01")});
  transport_.answer(202, "--b\r\n", {{"Content-Type", "multipart/mixed; boundary=b"}});
  EXPECT_EQ(release({"1", "2"}), (std::vector<K>{K::unknown, K::unknown}));
}

TEST_F(ReleasesTest, APayloadWithoutOrderIsRefusedUnsent) {
  batch({order("")});
  EXPECT_EQ(release({"", "2"}), (std::vector<K>{K::rejected, K::already_done}));
}

}  // namespace
}  // namespace perennial::plugins::erp
