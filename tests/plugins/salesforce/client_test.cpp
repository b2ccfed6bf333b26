// Writing back over sObject Collections: positions, partial success, lookups, session renewal.
#include "plugins/salesforce/client.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::salesforce {
namespace {

using common::Json;
using common::Phase;
using tests::Deliveries;
using tests::LookupRecorder;
using tests::OperationRecorder;
using tests::ScriptedTransport;
using K = sdk::OutcomeKind;
using L = sdk::LookupKind;

Json config_json() {
  return {{"base_url", "https://acme.my.example"},
          {"auth", {{"kind", "client_credentials"}, {"client_id", "app"}}}};
}

Json payload(const std::string& renewal, const std::string& order = "4711") {
  return {{"record",
           {{"Renewal_Number__c", renewal},
            {"Renewal_Status__c", "Renewed"},
            {"Sales_Order__c", order}}}};
}

const char* token_answer = R"({"access_token":"t1","instance_url":"https://na1.example"})";

class SalesforceClientTest : public ::testing::Test {
 protected:
  SalesforceClientTest()
      : config_(*read_config(tests::config_value(config_json()))),
        org_(config_, tests::all_secrets(), transport_),
        client_(org_) {
    transport_.answer(200, token_answer);
  }

  void TearDown() override { EXPECT_TRUE(transport_.is_used_up()); }

  void update(Deliveries& deliveries, OperationRecorder& recorder) {
    const perennial_operation_call call = deliveries.call("update_opportunity");
    sdk::OperationReply reply(recorder.reply());
    client_.update_opportunities(sdk::OperationCall(call), reply);
  }
  void find(Deliveries& deliveries, LookupRecorder& recorder) {
    const perennial_operation_call call = deliveries.call("update_opportunity");
    sdk::LookupReply reply(recorder.reply());
    client_.find_updates(sdk::OperationCall(call), reply);
  }

  ScriptedTransport transport_;
  Config config_;
  Org org_;
  Client client_;
};

TEST_F(SalesforceClientTest, RecordsGoTogetherAndResultsComeByPosition) {
  transport_.answer(200, R"([
    {"id":"006A","success":true,"created":false,"errors":[]},
    {"success":false,"errors":[{"statusCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION",
       "message":"Status is locked","fields":["Renewal_Status__c"]}]},
    {"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"busy","fields":[]}]}])");
  Deliveries deliveries;
  deliveries.add("k1", payload("R-1")).add("k2", payload("R-2")).add("k3", payload("R-3"));
  OperationRecorder recorder;
  update(deliveries, recorder);
  EXPECT_EQ(recorder.count(), 3u);
  EXPECT_EQ(recorder.at(0).kind, K::done);
  EXPECT_EQ(recorder.at(0).receipt, Json({{"opportunity", "006A"}, {"renewal", "R-1"}}));
  EXPECT_EQ(recorder.at(1).kind, K::rejected);
  EXPECT_EQ(recorder.at(1).code, "FIELD_CUSTOM_VALIDATION_EXCEPTION");
  EXPECT_EQ(recorder.at(1).text, "Status is locked (fields [\"Renewal_Status__c\"])");
  EXPECT_EQ(recorder.at(2).kind, K::try_again);

  const auto& patch = transport_.request(1);
  EXPECT_EQ(patch.method, "PATCH");
  EXPECT_EQ(patch.url,
            "https://na1.example/services/data/v61.0/composite/sobjects/Opportunity/"
            "Renewal_Number__c");
  EXPECT_EQ(patch.headers.find("authorization"), "Bearer t1");
  const Json body = Json::parse(patch.body);
  EXPECT_EQ(body["allOrNone"], false);
  ASSERT_EQ(body["records"].size(), 3u);
  EXPECT_EQ(body["records"][0]["attributes"], Json({{"type", "Opportunity"}}));
  EXPECT_EQ(body["records"][2]["Renewal_Number__c"], "R-3");
}

TEST_F(SalesforceClientTest, TheSameRecordTwiceInOneCallWaitsItsTurn) {
  transport_.answer(200, R"([{"id":"006A","success":true}])");
  Deliveries deliveries;
  deliveries.add("k1", payload("R-1", "1")).add("k2", payload("R-1", "2"));
  OperationRecorder recorder;
  update(deliveries, recorder);
  EXPECT_EQ(recorder.at(0).kind, K::done);
  EXPECT_EQ(recorder.at(1).kind, K::try_again);
  EXPECT_EQ(recorder.at(1).code, "same_record_in_call");
  EXPECT_EQ(Json::parse(transport_.request(1).body)["records"].size(), 1u);
}

TEST_F(SalesforceClientTest, AnExpiredSessionIsRenewedOnceInsideTheCall) {
  const char* expired = R"([{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}])";
  transport_.answer(401, expired);
  transport_.answer(200, R"({"access_token":"t2","instance_url":"https://na2.example"})");
  transport_.answer(200, R"([{"id":"006A","success":true}])");
  Deliveries deliveries;
  deliveries.add("k1", payload("R-1"));
  OperationRecorder good;
  update(deliveries, good);
  EXPECT_EQ(good.at(0).kind, K::done);
  EXPECT_EQ(transport_.request(3).url.substr(0, 19), "https://na2.example");

  transport_.answer(401, expired).answer(200, token_answer).answer(401, expired);
  OperationRecorder refused;
  update(deliveries, refused);
  EXPECT_EQ(refused.at(0).kind, K::unauthorized);
  EXPECT_EQ(refused.at(0).code, "INVALID_SESSION_ID");
}

TEST_F(SalesforceClientTest, AWholeCallFailsForEveryRecordOfIt) {
  Deliveries deliveries;
  deliveries.add("k1", payload("R-1")).add("k2", payload("R-2"));
  struct Given {
    int status;
    const char* body;
    K kind;
  };
  const Given cases[] = {
      {403, R"([{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests"}])", K::throttled},
      {503, R"([{"errorCode":"SERVER_UNAVAILABLE","message":"x"}])", K::try_again},
      {500, R"([{"errorCode":"UNKNOWN_EXCEPTION","message":"x"}])", K::unknown},
      {400, R"([{"errorCode":"INVALID_FIELD","message":"No such column"}])", K::rejected},
      {200, "[]", K::unknown},
      {200, R"([{"success":true}])", K::unknown},
      {200, R"([{"success":true},{}])", K::done},
      {200, "{\"succ", K::unknown}};
  for (const Given& given : cases) {
    transport_.answer(given.status, given.body);
    OperationRecorder recorder;
    update(deliveries, recorder);
    EXPECT_EQ(recorder.count(), 2u);
    EXPECT_EQ(recorder.at(0).kind, given.kind) << given.body;
  }
  for (const tests::Loss& loss : tests::losses) {
    transport_.fail(loss.phase, loss.code);
    OperationRecorder recorder;
    update(deliveries, recorder);
    EXPECT_EQ(recorder.at(1).kind, loss.kind) << loss.code;
  }
}

TEST_F(SalesforceClientTest, ALookupComparesEveryValueOfThePayload) {
  transport_.answer(200, R"({"totalSize":3,"done":true,"records":[
    {"Id":"006A","Renewal_Number__c":"R-1","Renewal_Status__c":"Renewed","Sales_Order__c":"4711"},
    {"Id":"006B","Renewal_Number__c":"R-2","Renewal_Status__c":null,"Sales_Order__c":"4711"},
    {"Id":"006C","Renewal_Number__c":"R-3","Renewal_Status__c":"Renewed","Sales_Order__c":"4711"},
    {"Id":"006D","Renewal_Number__c":"R-3","Renewal_Status__c":"Renewed","Sales_Order__c":"4711"}]})");
  Deliveries deliveries;
  deliveries.add("k1", payload("R-1")).add("k2", payload("R-2")).add("k3", payload("R-3"));
  deliveries.add("k4", payload("R-4'"));
  LookupRecorder recorder;
  find(deliveries, recorder);
  EXPECT_EQ(recorder.at(0).kind, L::done);
  EXPECT_EQ(recorder.at(0).receipt["opportunity"], "006A");
  EXPECT_EQ(recorder.at(1).kind, L::absent);
  EXPECT_EQ(recorder.at(2).kind, L::several);
  EXPECT_EQ(recorder.at(2).matches, 2u);
  EXPECT_EQ(recorder.at(3).kind, L::absent);
  EXPECT_EQ(
      tests::query_value(transport_.request(1).url, "q"),
      "SELECT Id, Renewal_Number__c, Renewal_Status__c, Sales_Order__c FROM Opportunity WHERE "
      "Renewal_Number__c IN ('R-1','R-2','R-3','R-4\\'')");
}

TEST_F(SalesforceClientTest, ALookupReadsEveryPageOrCannotTell) {
  transport_.answer(200, R"({"records":[],"nextRecordsUrl":"/services/data/v61.0/query/01g-200"})");
  transport_.answer(200, R"({"records":[{"Id":"006A","Renewal_Number__c":"R-1",
                             "Renewal_Status__c":"Renewed","Sales_Order__c":"4711"}]})");
  Deliveries deliveries;
  deliveries.add("k1", payload("R-1"));
  LookupRecorder paged;
  find(deliveries, paged);
  EXPECT_EQ(paged.at(0).kind, L::done);
  EXPECT_EQ(transport_.request(2).url, "https://na1.example/services/data/v61.0/query/01g-200");
  transport_.answer(500).answer(200, "{}").fail(Phase::maybe_sent);
  for (int round = 0; round < 3; ++round) {
    LookupRecorder recorder;
    find(deliveries, recorder);
    EXPECT_EQ(recorder.at(0).kind, L::cannot_tell);
  }
}

class SalesforceUnsentTest : public SalesforceClientTest {
 protected:
  void TearDown() override { EXPECT_TRUE(transport_.requests().empty()); }
};

TEST_F(SalesforceUnsentTest, APayloadThatNoMappingShouldGiveIsRejectedUnsent) {
  Deliveries deliveries;
  deliveries.add("k1", Json::object()).add("k2", {{"record", {{"Renewal_Number__c", ""}}}});
  OperationRecorder recorder;
  update(deliveries, recorder);
  EXPECT_EQ(recorder.at(0).code, "payload_invalid");
  EXPECT_EQ(recorder.at(1).code, "payload_invalid");
  LookupRecorder lookups;
  find(deliveries, lookups);
  EXPECT_EQ(lookups.at(0).kind, L::cannot_tell);
}

TEST(SalesforceConfigTest, DefaultsAndWhatIsWrong) {
  const auto error = [](const Json& config) {
    const auto read = read_config(tests::config_value(config));
    return read ? std::string("accepted") : read.error();
  };
  const auto read = read_config(tests::config_value(config_json()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->oauth.token_url, "https://acme.my.example/services/oauth2/token");
  EXPECT_EQ(read->lag_ms, 2000);
  Json config = config_json();
  config["opportunity_fields"] = {"Owner.Email", "x FROM y"};
  EXPECT_NE(error(config).find("`opportunity_fields`"), std::string::npos);
  config = config_json();
  config["auth"]["kind"] = "jwt_bearer";
  EXPECT_NE(error(config).find("`auth.username`"), std::string::npos);
  config["auth"]["username"] = "i@example.com";
  EXPECT_EQ(error(config), "accepted");
  config["auth"]["kind"] = "password";
  EXPECT_NE(error(config).find("`auth.kind`"), std::string::npos);
  config = config_json();
  config["lag_ms"] = -1;
  EXPECT_NE(error(config).find("`lag_ms`"), std::string::npos);
}

}  // namespace
}  // namespace perennial::plugins::salesforce
