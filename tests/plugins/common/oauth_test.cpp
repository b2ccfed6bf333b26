// Access tokens: what is asked, when it is asked again, and what a refusal means.
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <atomic>
#include <memory>
#include <thread>

#include "plugins/common/jwt.hpp"
#include "tests/plugins/support/scripted_transport.hpp"

namespace perennial::plugins::common {
namespace {

using tests::form_value;
using tests::ScriptedTransport;
using K = sdk::OutcomeKind;

constexpr std::int64_t now_ms = 1'796'000'000'000;

OauthSettings client_credentials() {
  OauthSettings settings;
  settings.token_url = "https://login.example/token";
  settings.client_id = "client & co";
  settings.secret_field = "auth.client_secret";
  settings.scope = "api";
  return settings;
}

TEST(OauthTest, ClientCredentialsGoIntoTheFormAndTheTokenIsKept) {
  ScriptedTransport transport;
  transport.answer(200, R"({"access_token":"t1","instance_url":"https://na1.example"})",
                   {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}});
  TokenSource tokens(client_credentials(), tests::all_secrets(), transport);
  const Deadline deadline(1000);
  const auto token = tokens.token(deadline, now_ms);
  ASSERT_TRUE(token) << token.error().text;
  EXPECT_EQ(token->value, "t1");
  EXPECT_EQ(token->instance_url, "https://na1.example");
  EXPECT_EQ(token->server_ms, 784'111'777'000);
  EXPECT_EQ(tokens.token(deadline, now_ms)->value, "t1");
  ASSERT_EQ(transport.requests().size(), 1u);
  const HttpRequest& request = transport.request(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://login.example/token");
  EXPECT_EQ(form_value(request.body, "grant_type"), "client_credentials");
  EXPECT_EQ(form_value(request.body, "client_id"), "client & co");
  EXPECT_EQ(form_value(request.body, "client_secret"), "secret-of-auth.client_secret");
  EXPECT_EQ(form_value(request.body, "scope"), "api");
}

TEST(OauthTest, CredentialsCanGoIntoTheHeader) {
  ScriptedTransport transport;
  transport.answer(200, R"({"access_token":"t1","expires_in":3600})");
  OauthSettings settings = client_credentials();
  settings.client_id = "Aladdin";
  settings.is_secret_in_header = true;
  TokenSource tokens(
      settings, [](std::string_view) { return "open sesame"; }, transport);
  ASSERT_TRUE(tokens.token(Deadline(1000), now_ms));
  // RFC 6749, 2.3.1: both are form-encoded before they are joined.
  EXPECT_EQ(transport.request(0).headers.find("authorization"),
            "Basic QWxhZGRpbjpvcGVuJTIwc2VzYW1l");
  EXPECT_EQ(form_value(transport.request(0).body, "client_secret"), "");
}

TEST(OauthTest, AnExpiredTokenIsFetchedAgain) {
  ScriptedTransport transport;
  // Lifetimes at or below the margin last for one second.
  transport.answer(200, R"({"access_token":"t1","expires_in":"3600"})")
      .answer(200, R"({"access_token":"t2"})");
  TokenSource tokens(client_credentials(), tests::all_secrets(), transport);
  EXPECT_EQ(tokens.token(Deadline(1000), now_ms)->value, "t1");
  EXPECT_EQ(tokens.replacement("t1", Deadline(1000), now_ms)->value, "t2");
  // Another caller that was refused with the old token gets the new one without a request.
  EXPECT_EQ(tokens.replacement("t1", Deadline(1000), now_ms)->value, "t2");
  EXPECT_EQ(transport.requests().size(), 2u);
}

TEST(OauthTest, ManyThreadsFetchOnce) {
  ScriptedTransport transport;
  transport.answer(200, R"({"access_token":"t1"})");
  TokenSource tokens(client_credentials(), tests::all_secrets(), transport);
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int index = 0; index < 8; ++index) {
    threads.emplace_back([&] {
      const auto token = tokens.token(Deadline(5000), now_ms);
      if (token && token->value == "t1") ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8);
  EXPECT_EQ(transport.requests().size(), 1u);
}

struct Rsa {
  Rsa() {
    EVP_PKEY* key = EVP_RSA_gen(2048);
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    pem.assign(text, static_cast<std::size_t>(size));
    BIO_free(bio);
    held.reset(key, EVP_PKEY_free);
  }
  bool verifies(const std::string& text, const std::string& signature) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, held.get());
    const int result = EVP_DigestVerify(
        context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
        reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    return result == 1;
  }
  std::string pem;
  std::shared_ptr<EVP_PKEY> held;
};

std::string base64url_decoded(std::string text) {
  for (char& letter : text) letter = letter == '-' ? '+' : letter == '_' ? '/' : letter;
  while (text.size() % 4 != 0) text += '=';
  std::string out(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  while (!out.empty() && text.back() == '=') {
    out.pop_back();
    text.pop_back();
  }
  return out;
}

TEST(OauthTest, TheAssertionIsSignedAndDated) {
  const Rsa rsa;
  ScriptedTransport transport;
  transport.answer(200, R"({"access_token":"t1"})");
  OauthSettings settings = client_credentials();
  settings.grant = Grant::jwt_bearer;
  settings.key_field = "auth.private_key";
  settings.subject = "integration@example.com";
  settings.audience = "https://login.salesforce.com";
  TokenSource tokens(
      settings, [&](std::string_view) { return rsa.pem; }, transport);
  ASSERT_TRUE(tokens.token(Deadline(1000), now_ms));
  const std::string& body = transport.request(0).body;
  EXPECT_EQ(form_value(body, "grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const std::string assertion = form_value(body, "assertion");
  const std::size_t first = assertion.find('.');
  const std::size_t second = assertion.rfind('.');
  const Json header = Json::parse(base64url_decoded(assertion.substr(0, first)));
  const Json claims =
      Json::parse(base64url_decoded(assertion.substr(first + 1, second - first - 1)));
  EXPECT_EQ(header["alg"], "RS256");
  EXPECT_EQ(claims["iss"], "client & co");
  EXPECT_EQ(claims["sub"], "integration@example.com");
  EXPECT_EQ(claims["aud"], "https://login.salesforce.com");
  EXPECT_EQ(claims["exp"], now_ms / 1000 + 180);
  EXPECT_TRUE(
      rsa.verifies(assertion.substr(0, second), base64url_decoded(assertion.substr(second + 1))));
}

TEST(OauthTest, AKeyThatCannotSignIsUnauthorizedAndNeverShown) {
  for (const std::string& key : {std::string("no pem"), std::string()}) {
    const auto signed_text = signed_jwt({{"iss", "x"}}, key);
    ASSERT_FALSE(signed_text);
    EXPECT_EQ(signed_text.error().find("no pem"), std::string::npos);
  }
  ScriptedTransport transport;
  OauthSettings settings = client_credentials();
  settings.grant = Grant::jwt_bearer;
  settings.key_field = "auth.private_key";
  TokenSource tokens(settings, tests::all_secrets(), transport);
  EXPECT_EQ(tokens.token(Deadline(1000), now_ms).error().kind, K::unauthorized);
  EXPECT_TRUE(transport.requests().empty());
}

TEST(OauthTest, AMissingSecretIsNamed) {
  ScriptedTransport transport;
  TokenSource tokens(client_credentials(), tests::no_secrets(), transport);
  const auto token = tokens.token(Deadline(1000), now_ms);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().kind, K::unauthorized);
  EXPECT_NE(token.error().text.find("`auth.client_secret`"), std::string::npos);
}

TEST(OauthTest, EveryRefusalSaysThatNothingWasDone) {
  struct Case {
    int status;
    const char* body;
    K kind;
    const char* code;
  };
  const Case cases[] = {
      {400, R"({"error":"invalid_client","error_description":"invalid client credentials"})",
       K::unauthorized, "invalid_client"},
      {400, R"({"error":"invalid_grant","error_description":"user hasn't approved"})",
       K::unauthorized, "invalid_grant"},
      {400, R"({"error":"invalid_grant","error_description":"login rate exceeded"})", K::throttled,
       "invalid_grant"},
      {401, "", K::unauthorized, "http_401"},
      {400, "<html>", K::unauthorized, "http_400"},
      {429, "", K::throttled, "http_429"},
      {500, "", K::try_again, "http_500"},
      {503, R"({"error":"temporarily_unavailable"})", K::try_again, "temporarily_unavailable"},
      {200, "{}", K::try_again, "token_unreadable"},
      {200, "garbage", K::try_again, "token_unreadable"}};
  for (const Case& given : cases) {
    ScriptedTransport transport;
    transport.answer(given.status, given.body);
    TokenSource tokens(client_credentials(), tests::all_secrets(), transport);
    const auto token = tokens.token(Deadline(1000), now_ms);
    ASSERT_FALSE(token) << given.body;
    EXPECT_EQ(token.error().kind, given.kind) << given.status << given.body;
    EXPECT_EQ(token.error().code, given.code);
  }
}

TEST(OauthTest, ALostTokenAnswerIsNeverUnknown) {
  ScriptedTransport transport;
  transport.fail(Phase::maybe_sent).fail(Phase::surely_not_sent);
  TokenSource tokens(client_credentials(), tests::all_secrets(), transport);
  EXPECT_EQ(tokens.token(Deadline(1000), now_ms).error().kind, K::try_again);
  EXPECT_EQ(tokens.token(Deadline(1000), now_ms).error().kind, K::not_connected);
  EXPECT_EQ(tokens.token(Deadline(0), now_ms).error().code, "deadline_passed");
}

}  // namespace
}  // namespace perennial::plugins::common
