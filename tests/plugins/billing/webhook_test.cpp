// Signed webhooks: rotation, age, tampering, versions, and the same records as the source.
#include "plugins/billing/webhook.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "plugins/billing/signature.hpp"
#include "plugins/common/jwt.hpp"
#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::billing {
namespace {

using common::Json;
using sdk::view;
using R = sdk::WebhookResult;

constexpr std::int64_t now_s = tests::test_now_ms / 1000;

std::string signed_header(const std::string& secret, const std::string& body, std::int64_t time_s) {
  return "t=" + std::to_string(time_s) +
         ",v1=" + common::hmac_sha256_hex(secret, std::to_string(time_s) + "." + body);
}

std::string event_body(const std::string& version = "2024-06-20",
                       const std::string& type = "invoice.paid") {
  return Json({{"id", "evt_1"}, {"object", "event"}, {"type", type}, {"api_version", version}})
      .dump();
}

class WebhookTest : public ::testing::Test {
 protected:
  R receive(const std::string& body, const std::string& signature,
            const common::SecretReader& secrets = tests::all_secrets(), std::size_t room = 10) {
    recorder_ = std::make_unique<tests::SourceRecorder>(room);
    const std::string name = "stripe-signature";
    const perennial_header header = {view(std::string_view(name)),
                                     view(std::string_view(signature))};
    perennial_webhook_call call{};
    call.webhook = view(std::string_view("events"));
    call.body = view(std::string_view(body));
    call.headers = &header;
    call.header_count = signature.empty() ? 0 : 1;
    call.now_ms = tests::test_now_ms;
    call.deadline_ms = 10'000;
    const Config config =
        *read_config(tests::config_value(Json{{"base_url", "https://a.example"}}));
    Caller caller(config, secrets, transport_);
    Events events(config, caller);
    Webhook webhook(config, secrets, events);
    sdk::WebhookReply reply(recorder_->webhook_reply());
    return webhook.receive(sdk::WebhookCall(call), reply);
  }
  std::string code() const { return recorder_->explained().code; }

  const std::string secret_ = "secret-of-webhook_secret";
  tests::ScriptedTransport transport_;
  std::unique_ptr<tests::SourceRecorder> recorder_;
};

TEST_F(WebhookTest, AnAuthenticEventIsTheRecordThatTheSourceGives) {
  const std::string body = event_body();
  EXPECT_EQ(receive(body, signed_header(secret_, body, now_s - 5)), R::accepted);
  ASSERT_EQ(recorder_->records().size(), 1u);
  EXPECT_EQ(recorder_->records()[0].id, "evt_1");
  EXPECT_EQ(recorder_->records()[0].form, PERENNIAL_FORM_VENDOR);
}

TEST_F(WebhookTest, DuringARotationOneOfSeveralSignaturesIsEnough) {
  const std::string body = event_body();
  const std::string good = signed_header(secret_, body, now_s);
  EXPECT_EQ(receive(body, good + ",v1=" + std::string(64, 'a') + ",v0=" + std::string(64, 'b')),
            R::accepted);
  EXPECT_EQ(receive(body, signed_header("secret-of-webhook_secret_previous", body, now_s)),
            R::accepted);
}

TEST_F(WebhookTest, AnythingElseIsRefusedBeforeTheBodyIsRead) {
  const std::string body = event_body();
  const std::string good = signed_header(secret_, body, now_s);
  EXPECT_EQ(receive(body + " ", good), R::refused_signature);
  EXPECT_EQ(code(), "signature_wrong");
  EXPECT_EQ(receive(body, signed_header("another", body, now_s)), R::refused_signature);
  EXPECT_EQ(receive(body, signed_header(secret_, body, now_s - 301)), R::refused_signature);
  EXPECT_EQ(code(), "signature_too_old");
  EXPECT_EQ(receive(body, ""), R::refused_signature);
  EXPECT_EQ(code(), "signature_missing");
  for (const char* header : {"nonsense", "t=1", "v1=abc", "t=x,v1=abc", "t=,v1=abc", "t=1v1=2"}) {
    EXPECT_EQ(receive(body, header), R::refused_signature) << header;
    EXPECT_EQ(code(), "signature_unreadable") << header;
  }
  EXPECT_TRUE(recorder_->records().empty());
}

TEST_F(WebhookTest, AV0SignatureProvesNothing) {
  const std::string body = event_body();
  std::string header = signed_header(secret_, body, now_s);
  header.replace(header.find("v1="), 2, "v0");
  EXPECT_EQ(receive(body, header), R::refused_signature);
}

TEST_F(WebhookTest, AuthenticButUnreadable) {
  for (const char* given : {"{\"id\":", "[]", "{}", "{\"id\":\"x\",\"object\":\"invoice\"}"}) {
    const std::string body = given;
    EXPECT_EQ(receive(body, signed_header(secret_, body, now_s)), R::refused_malformed) << body;
  }
}

TEST_F(WebhookTest, AnUnknownVersionIsRefusedAndAnUnwantedTypeIsNoRecord) {
  const std::string newer = event_body("2031-01-01");
  EXPECT_EQ(receive(newer, signed_header(secret_, newer, now_s)), R::refused_version);
  const std::string other = event_body("2031-01-01", "customer.created");
  EXPECT_EQ(receive(other, signed_header(secret_, other, now_s)), R::accepted);
  EXPECT_TRUE(recorder_->records().empty());
}

TEST_F(WebhookTest, WithoutASecretOrWithoutRoomTheSenderRepeats) {
  const std::string body = event_body();
  const std::string good = signed_header(secret_, body, now_s);
  EXPECT_EQ(receive(body, good, tests::no_secrets()), R::try_again);
  EXPECT_EQ(code(), "secret_missing");
  EXPECT_EQ(receive(body, good, tests::all_secrets(), 0), R::try_again);
}

TEST_F(WebhookTest, TheObjectIsReadAgainAndTheSenderRepeatsWhenItCannotBe) {
  Json event = Json::parse(event_body());
  event["data"]["object"] = {{"object", "invoice"}, {"id", "in_1"}};
  const std::string body = event.dump();
  transport_.answer(503);
  EXPECT_EQ(receive(body, signed_header(secret_, body, now_s)), R::try_again);
  EXPECT_TRUE(recorder_->records().empty());
  transport_.answer(200, R"({"object":"invoice","id":"in_1","status":"paid"})");
  EXPECT_EQ(receive(body, signed_header(secret_, body, now_s)), R::accepted);
  ASSERT_EQ(recorder_->records().size(), 1u);
  EXPECT_EQ(recorder_->records()[0].body["current"]["status"], "paid");
}

}  // namespace
}  // namespace perennial::plugins::billing
