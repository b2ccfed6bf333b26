// The SCIM client over a scripted transport: state the end, never shorten, look up by reading.
#include "plugins/entitlement/client.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::entitlement {
namespace {

using common::Json;
using common::Phase;
using tests::Case;
using tests::ScriptedTransport;
using K = sdk::OutcomeKind;
using L = sdk::LookupKind;

const std::string urn = "urn:ietf:params:scim:schemas:extension:entitlement:2.0:User";

Json config_json() {
  return {{"base_url", "https://idp.example/scim/v2"}, {"auth", {{"kind", "bearer"}}}};
}

Json payload(const std::string& until = "2027-12-01") {
  return {{"user", "aurora \"x\""}, {"until", until}, {"attributes", {{"contract", "C-9"}}}};
}

Json user(const std::string& until, const std::string& version = "W/\"3\"") {
  Json made = {{"id", "2819c223"}, {urn, {{"validUntil", until}}}};
  if (!version.empty()) made["meta"] = {{"version", version}};
  return made;
}

std::string users(const std::vector<Json>& resources) {
  return Json({{"totalResults", resources.size()}, {"Resources", resources}}).dump();
}

class EntitlementClientTest : public ::testing::Test {
 protected:
  EntitlementClientTest()
      : config_(*read_config(tests::config_value(config_json()))),
        client_(config_, tests::all_secrets(), transport_) {}

  // The client learns once what the service supports; most tests are about what follows.
  void SetUp() override { learn(client_, R"({"patch":{"supported":true}})"); }
  void learn(Client& client, const std::string& service_provider_config, int status = 200) {
    transport_.answer(status, service_provider_config);
    EXPECT_TRUE(client.features(common::Deadline(1000), tests::test_now_ms));
  }

  void TearDown() override { EXPECT_TRUE(transport_.is_used_up()); }

  ScriptedTransport transport_;
  Config config_;
  Client client_;
};

TEST_F(EntitlementClientTest, TheEndIsStatedOverTheVersionThatWasRead) {
  transport_.answer(200, users({user("2026-12-01")}));
  transport_.answer(200, user("2027-12-01").dump());
  Case extension(payload());
  const sdk::Outcome outcome = client_.extend(extension.request());
  ASSERT_EQ(outcome.kind, K::done) << outcome.text;
  EXPECT_EQ(tests::json_of(outcome.receipt),
            Json({{"entitlement", "2819c223"}, {"until", "2027-12-01"}}));
  EXPECT_EQ(tests::query_value(transport_.request(1).url, "filter"),
            R"(externalId eq "aurora \"x\"")");
  EXPECT_EQ(tests::query_value(transport_.request(1).url, "startIndex"), "1");
  const auto& patch = transport_.request(2);
  EXPECT_EQ(patch.method, "PATCH");
  EXPECT_EQ(patch.url, "https://idp.example/scim/v2/Users/2819c223");
  EXPECT_EQ(patch.headers.find("if-match"), "W/\"3\"");
  EXPECT_EQ(patch.headers.find("content-type"), "application/scim+json");
  EXPECT_EQ(patch.headers.find("authorization"), "Bearer secret-of-auth.token");
  const Json body = Json::parse(patch.body);
  EXPECT_EQ(body["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:PatchOp");
  EXPECT_EQ(body["Operations"][0],
            Json({{"op", "replace"}, {"path", urn + ":validUntil"}, {"value", "2027-12-01"}}));
  EXPECT_EQ(body["Operations"][1]["path"], urn + ":contract");
}

TEST_F(EntitlementClientTest, NoContentIsDoneAndNoVersionSendsNoCondition) {
  transport_.answer(200, users({user("", "")})).answer(204);
  Case extension(payload());
  EXPECT_EQ(client_.extend(extension.request()).kind, K::done);
  EXPECT_FALSE(transport_.request(2).headers.find("if-match"));
}

TEST_F(EntitlementClientTest, SayingItTwiceChangesNothing) {
  transport_.answer(200, users({user("2027-12-01T00:00:00Z")}));
  Case extension(payload());
  const sdk::Outcome outcome = client_.extend(extension.request());
  EXPECT_EQ(outcome.kind, K::already_done);
  EXPECT_EQ(tests::json_of(outcome.receipt)["entitlement"], "2819c223");
}

TEST_F(EntitlementClientTest, ALaterEndIsNeverShortened) {
  transport_.answer(200, users({user("2028-06-01")}));
  Case extension(payload());
  const sdk::Outcome outcome = client_.extend(extension.request());
  EXPECT_EQ(outcome.kind, K::rejected);
  EXPECT_EQ(outcome.code, "would_shorten");
  EXPECT_NE(outcome.text.find("2028-06-01, which is later than 2027-12-01"), std::string::npos);
}

TEST_F(EntitlementClientTest, AUserThatIsMissingOrNotTheOnlyOne) {
  Case extension(payload());
  transport_.answer(200, R"({"totalResults":0})");
  EXPECT_EQ(client_.extend(extension.request()).code, "user_missing");
  transport_.answer(200, users({user("2026-12-01"), user("2026-12-01")}));
  EXPECT_EQ(client_.extend(extension.request()).code, "several_users");
}

TEST_F(EntitlementClientTest, EveryLossBeforeThePatchIsHarmless) {
  Case extension(payload());
  transport_.fail(Phase::maybe_sent).fail(Phase::surely_not_sent).answer(500).answer(200, "{\"tot");
  const K kinds[] = {K::try_again, K::not_connected, K::try_again, K::try_again};
  for (const K kind : kinds) EXPECT_EQ(client_.extend(extension.request()).kind, kind);
}

TEST_F(EntitlementClientTest, EveryLossOfThePatchIsJudgedByItsPhase) {
  Case extension(payload());
  for (const tests::Loss& loss : tests::losses) {
    transport_.answer(200, users({user("2026-12-01")})).fail(loss.phase, loss.code);
    EXPECT_EQ(client_.extend(extension.request()).kind, loss.kind) << loss.code;
  }
  transport_.answer(200, users({user("2026-12-01")})).answer(200, "{\"id\":");
  EXPECT_EQ(client_.extend(extension.request()).kind, K::unknown);
  transport_.answer(200, users({user("2026-12-01")})).answer(200, user("2026-12-01").dump());
  EXPECT_EQ(client_.extend(extension.request()).code, "end_differs");
}

TEST_F(EntitlementClientTest, RefusalsOfThePatch) {
  Case extension(payload());
  const std::pair<int, K> cases[] = {{412, K::try_again}, {409, K::try_again},
                                     {429, K::throttled}, {403, K::unauthorized},
                                     {404, K::rejected},  {503, K::try_again}};
  for (const auto& [status, kind] : cases) {
    transport_.answer(200, users({user("2026-12-01")})).answer(status);
    EXPECT_EQ(client_.extend(extension.request()).kind, kind) << status;
  }
}

TEST_F(EntitlementClientTest, ALookupReadsTheUser) {
  Case extension(payload());
  transport_.answer(200, users({user("2027-12-01")})).answer(200, users({user("2026-12-01")}));
  const sdk::LookupAnswer done = client_.find_extension(extension.request());
  EXPECT_EQ(done.kind, L::done);
  EXPECT_EQ(tests::json_of(done.receipt)["until"], "2027-12-01");
  EXPECT_EQ(client_.find_extension(extension.request()).kind, L::absent);
  transport_.answer(500).answer(200, "x").fail(Phase::maybe_sent).answer(200, users({}));
  for (int round = 0; round < 4; ++round) {
    EXPECT_EQ(client_.find_extension(extension.request()).kind, L::cannot_tell);
  }
}

TEST_F(EntitlementClientTest, AStaticTokenThatRotatesIsReadAgainOnce) {
  int reads = 0;
  Client rotating(
      config_, [&](std::string_view) { return "token-" + std::to_string(++reads); }, transport_);
  transport_.answer(401).answer(200, users({user("2027-12-01")}));
  EXPECT_EQ(rotating.find_extension(Case(payload()).request()).kind, L::done);
  EXPECT_EQ(transport_.request(2).headers.find("authorization"), "Bearer token-2");
  transport_.answer(401);
  EXPECT_EQ(client_.extend(Case(payload()).request()).kind, K::unauthorized);
}

TEST_F(EntitlementClientTest, APayloadThatNoMappingShouldGiveIsRejectedUnsent) {
  for (const Json& odd : {Json::object(), payload("soon"), payload("2027-12-01T00:00:00Z"),
                          Json{{"until", "2027-12-01"}}}) {
    EXPECT_EQ(client_.extend(Case(odd).request()).code, "payload_invalid") << odd.dump();
  }
}

TEST_F(EntitlementClientTest, AServiceWithoutPatchGetsTheWholeUserBack) {
  Client client(config_, tests::all_secrets(), transport_);
  learn(client, R"({"patch":{"supported":false},"etag":{"supported":true}})");
  Json before = user("2026-12-01");
  before["displayName"] = "Aurora";
  before["groups"] = Json::array({{{"value", "g1"}}});
  transport_.answer(200, users({before})).answer(200, user("2027-12-01").dump());

  EXPECT_EQ(client.extend(Case(payload()).request()).kind, K::done);

  const auto& put = transport_.requests().back();
  EXPECT_EQ(put.method, "PUT");
  EXPECT_EQ(put.url, "https://idp.example/scim/v2/Users/2819c223");
  EXPECT_EQ(put.headers.find("if-match"), "W/\"3\"");
  const Json body = Json::parse(put.body);
  EXPECT_EQ(body["displayName"], "Aurora");
  EXPECT_EQ(body["id"], "2819c223");
  EXPECT_EQ(body[urn], Json({{"contract", "C-9"}, {"validUntil", "2027-12-01"}}));
  EXPECT_EQ(body["schemas"].back(), urn);
  EXPECT_FALSE(body.contains("meta"));
  EXPECT_FALSE(body.contains("groups"));
}

TEST_F(EntitlementClientTest, APatchThatIsNotImplementedGoesAsPutAtOnceAndFromThenOn) {
  for (const int status : {501, 405}) {
    Client client(config_, tests::all_secrets(), transport_);
    learn(client, R"({"patch":{"supported":true}})");
    Case extension(payload());
    transport_.answer(200, users({user("2026-12-01")})).answer(status).answer(204);
    EXPECT_EQ(client.extend(extension.request()).kind, K::done) << status;
    transport_.answer(200, users({user("2026-12-01")})).answer(204);
    EXPECT_EQ(client.extend(extension.request()).kind, K::done) << status;
    EXPECT_EQ(transport_.requests().back().method, "PUT");
  }
}

TEST_F(EntitlementClientTest, AServiceWithoutVersionsGetsNoCondition) {
  Client client(config_, tests::all_secrets(), transport_);
  learn(client, R"({"etag":{"supported":false}})");
  transport_.answer(200, users({user("2026-12-01")})).answer(204);
  EXPECT_EQ(client.extend(Case(payload()).request()).kind, K::done);
  EXPECT_EQ(transport_.requests().back().method, "PATCH");
  EXPECT_FALSE(transport_.requests().back().headers.find("if-match"));
}

TEST_F(EntitlementClientTest, AServiceThatSaysNothingOfItselfIsTried) {
  Client client(config_, tests::all_secrets(), transport_);
  learn(client, "", 404);
  transport_.answer(200, users({user("2026-12-01")})).answer(204);
  EXPECT_EQ(client.extend(Case(payload()).request()).kind, K::done);
}

TEST_F(EntitlementClientTest, NothingIsChangedBeforeTheServiceIsKnown) {
  Client client(config_, tests::all_secrets(), transport_);
  Case extension(payload());
  transport_.answer(200, users({user("2026-12-01")})).answer(503);
  EXPECT_EQ(client.extend(extension.request()).kind, K::try_again);
  transport_.answer(200, users({user("2026-12-01")})).fail(Phase::maybe_sent);
  EXPECT_EQ(client.extend(extension.request()).kind, K::try_again);
  transport_.answer(200, users({user("2026-12-01")})).answer(200, "{\"pat");
  EXPECT_EQ(client.extend(extension.request()).kind, K::try_again);
}

TEST_F(EntitlementClientTest, ChecksReadTheServiceItsSchemaAndItsUsers) {
  const std::string service = R"({"patch":{"supported":false},"etag":{"supported":false}})";
  const auto schema = [](const std::string& name, const std::string& mutability) {
    return Json{{"attributes", {{{"name", name}, {"mutability", mutability}}}}}.dump();
  };
  const std::string type = Json{{"schemaExtensions", {{{"schema", urn}}}}}.dump();
  const auto errors = [&] {
    tests::HealthRecorder recorder;
    sdk::HealthReply reply(recorder.reply());
    client_.check(common::Deadline(1000), tests::test_now_ms, reply);
    return recorder.errors();
  };
  transport_.answer(200, service).answer(200, schema("VALIDUNTIL", "readWrite")).answer(200, type);
  EXPECT_EQ(errors(), 0U);
  transport_.answer(404).answer(404).answer(404);
  EXPECT_EQ(errors(), 0U);
  transport_.answer(200, service).answer(200, schema("end", "readWrite")).answer(200, type);
  EXPECT_EQ(errors(), 1U);
  transport_.answer(200, service).answer(200, schema("validUntil", "readOnly"));
  transport_.answer(200, R"({"schemaExtensions":[]})");
  EXPECT_EQ(errors(), 2U);
  transport_.answer(401);
  EXPECT_EQ(errors(), 1U);
}

TEST(EntitlementConfigTest, WhatIsWrongIsNamed) {
  const auto error = [](const Json& config) {
    const auto read = read_config(tests::config_value(config));
    return read ? std::string("accepted") : read.error();
  };
  EXPECT_EQ(error(config_json()), "accepted");
  Json config = config_json();
  config["extension_urn"] = "entitlement";
  EXPECT_NE(error(config).find("`extension_urn`"), std::string::npos);
  config = config_json();
  config["auth"] = {{"kind", "oauth2"}, {"token_url", "https://t.example"}};
  EXPECT_NE(error(config).find("`auth.client_id`"), std::string::npos);
  config["auth"]["client_id"] = "c";
  EXPECT_EQ(error(config), "accepted");
  config["auth"]["kind"] = "basic";
  EXPECT_NE(error(config).find("`auth.kind`"), std::string::npos);
}

}  // namespace
}  // namespace perennial::plugins::entitlement
