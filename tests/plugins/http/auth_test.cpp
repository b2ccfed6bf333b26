// Each kind of authentication against a server, renewal of credentials, and that no secret comes
// back.
#include <atomic>
#include <future>

#include "plugins/common/url.hpp"
#include "tests/plugins/http/remote.hpp"

namespace perennial::tests {
namespace {

using K = sdk::OutcomeKind;

Json config_with(const Json& auth) {
  return {{"auth", auth},
          {"calls", Json::array({{{"name", "put"},
                                  {"operation", "state"},
                                  {"method", "PUT"},
                                  {"path", "/things/{id}"}}})}};
}

const Json payload = {{"id", "7"}};

Answers always(int status, const Json& body = Json::object()) {
  return [=](const LoopbackServer::Request&) { return json_answer(status, body); };
}

TEST(HttpAuthTest, NoneSendsNothing) {
  Remote remote(always(200), config_with({{"kind", "none"}}));
  EXPECT_EQ(remote.execute("state", payload).kind, K::done);
  EXPECT_EQ(field_of(remote.requests()[0], "Authorization"), "");
  EXPECT_EQ(remote.lines()[0], "PUT /api/things/7");
}

TEST(HttpAuthTest, BasicBearerAndKeyInAHeader) {
  Remote basic(always(200), config_with({{"kind", "basic"}, {"user", "Aladdin"}}),
               [](std::string_view) { return "open sesame"; });
  basic.execute("state", payload);
  // The example of RFC 7617, section 2.
  EXPECT_EQ(field_of(basic.requests()[0], "Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  Remote bearer(always(200), config_with({{"kind", "bearer"}}));
  bearer.execute("state", payload);
  EXPECT_EQ(field_of(bearer.requests()[0], "Authorization"), "Bearer secret-of-auth.token");
  Remote key(always(200), config_with({{"kind", "api_key"}, {"name", "X-Api-Key"}}));
  key.execute("state", payload);
  EXPECT_EQ(field_of(key.requests()[0], "X-Api-Key"), "secret-of-auth.key");
  EXPECT_EQ(field_of(key.requests()[0], "Authorization"), "");
}

TEST(HttpAuthTest, AKeyInTheQueryIsEncoded) {
  Remote remote(always(200), config_with({{"kind", "api_key"}, {"name", "key"}, {"in", "query"}}),
                [](std::string_view) { return "a&b=c"; });
  remote.execute("state", payload);
  EXPECT_EQ(remote.lines()[0], "PUT /api/things/7?key=a%26b%3Dc");
}

TEST(HttpAuthTest, ASecretThatIsNotSetSendsNothing) {
  for (const Json& auth :
       {Json{{"kind", "basic"}, {"user", "u"}}, Json{{"kind", "bearer"}},
        Json{{"kind", "api_key"}, {"name", "k"}}, Json{{"kind", "oauth2"}, {"client_id", "c"}}}) {
    Remote remote(always(200), config_with(auth), no_secrets());
    const sdk::Outcome outcome = remote.execute("state", payload);
    EXPECT_EQ(outcome.kind, K::unauthorized);
    EXPECT_EQ(outcome.code, "secret_missing");
    EXPECT_TRUE(remote.requests().empty());
  }
}

TEST(HttpAuthTest, AStaticSecretIsReadAgainOnceAfter401) {
  std::atomic<int> reads = 0;
  const auto rotating = [&](std::string_view) { return "token-" + std::to_string(++reads); };
  Remote rotated(
      [](const LoopbackServer::Request& request) {
        return json_answer(field_of(request, "Authorization") == "Bearer token-2" ? 200 : 401, {});
      },
      config_with({{"kind", "bearer"}}), rotating);
  EXPECT_EQ(rotated.execute("state", payload).kind, K::done);
  EXPECT_EQ(rotated.requests().size(), 2u);
  Remote refused(always(401), config_with({{"kind", "bearer"}}));
  EXPECT_EQ(refused.execute("state", payload).kind, K::unauthorized);
  EXPECT_EQ(refused.requests().size(), 1u);
  Remote open(always(401), config_with({{"kind", "none"}}));
  EXPECT_EQ(open.execute("state", payload).kind, K::unauthorized);
  EXPECT_EQ(open.requests().size(), 1u);
}

// A token endpoint that numbers its tokens, and an API that knows only the newest.
class TokenRemote {
 public:
  Answers answers() {
    return [this](const LoopbackServer::Request& request) {
      if (line_of(request) == "POST /token") {
        return json_answer(200, {{"access_token", "access-token-" + std::to_string(++issued_)},
                                 {"expires_in", 3600}});
      }
      const std::string good = "Bearer access-token-" + std::to_string(good_.load());
      return json_answer(field_of(request, "Authorization") == good ? 200 : 401, {});
    };
  }
  void revoke_below(int number) { good_ = number; }
  int issued() const { return issued_; }

 private:
  std::atomic<int> issued_ = 0;
  std::atomic<int> good_ = 1;
};

TEST(HttpAuthTest, OneTokenServesAllAndIsRenewedOnceAfter401) {
  TokenRemote tokens;
  Remote remote(
      tokens.answers(),
      config_with({{"kind", "oauth2"}, {"client_id", "client"}, {"scope", "things.write"}}));
  std::vector<std::future<sdk::Outcome>> calls;
  for (int number = 0; number < 6; ++number) {
    calls.push_back(
        std::async(std::launch::async, [&] { return remote.execute("state", payload); }));
  }
  for (auto& call : calls) EXPECT_EQ(call.get().kind, K::done);
  EXPECT_EQ(tokens.issued(), 1);
  tokens.revoke_below(2);
  EXPECT_EQ(remote.execute("state", payload).kind, K::done);
  EXPECT_EQ(remote.execute("state", payload).kind, K::done);
  EXPECT_EQ(tokens.issued(), 2);
  const auto first = remote.requests()[0];
  EXPECT_EQ(form_value(first.body, "grant_type"), "client_credentials");
  EXPECT_EQ(form_value(first.body, "scope"), "things.write");
  EXPECT_EQ(field_of(first, "Authorization").rfind("Basic ", 0), 0u);
  EXPECT_EQ(first.body.find("client_secret"), std::string::npos);
}

TEST(HttpAuthTest, TheClientSecretGoesIntoTheFormWhenAsked) {
  TokenRemote tokens;
  Remote remote(
      tokens.answers(),
      config_with({{"kind", "oauth2"}, {"client_id", "client"}, {"client_secret_in", "form"}}));
  EXPECT_EQ(remote.execute("state", payload).kind, K::done);
  EXPECT_EQ(form_value(remote.requests()[0].body, "client_secret"), "secret-of-auth.client_secret");
}

TEST(HttpAuthTest, ATokenThatIsRefusedTwiceIsUnauthorizedAndNothingLoops) {
  TokenRemote tokens;
  tokens.revoke_below(99);
  Remote remote(tokens.answers(), config_with({{"kind", "oauth2"}, {"client_id", "client"}}));
  EXPECT_EQ(remote.execute("state", payload).kind, K::unauthorized);
  EXPECT_EQ(remote.requests().size(), 4u);
}

TEST(HttpAuthTest, ATokenEndpointThatShowsTheRequestDoesNotTellTheSecret) {
  Remote remote(
      [](const LoopbackServer::Request& request) {
        return json_answer(400, {{"error", "invalid_client"}, {"error_description", request.body}});
      },
      config_with({{"kind", "oauth2"}, {"client_id", "client"}, {"client_secret_in", "form"}}));
  const sdk::Outcome outcome = remote.execute("state", payload);
  EXPECT_EQ(outcome.kind, K::unauthorized);
  EXPECT_NE(outcome.text.find("client_secret=***"), std::string::npos) << outcome.text;
  EXPECT_EQ(outcome.text.find("secret-of-auth"), std::string::npos) << outcome.text;
}

TEST(HttpAuthTest, ARemoteThatShowsTheRequestDoesNotTellTheSecret) {
  const auto show = [](const LoopbackServer::Request& request) {
    return json_answer(422, {{"error", {{"text", request.head}, {"code", request.head}}}});
  };
  const std::string secret = "sesame&open";
  for (const Json& auth : {Json{{"kind", "basic"}, {"user", "u"}}, Json{{"kind", "bearer"}},
                           Json{{"kind", "api_key"}, {"name", "k"}, {"in", "query"}}}) {
    for (const bool has_places : {false, true}) {
      Json config = config_with(auth);
      if (has_places) config["calls"][0]["error_text_at"] = "/error/text";
      if (has_places) config["calls"][0]["error_code_at"] = "/error/code";
      Remote remote(show, config, [&](std::string_view) { return secret; });
      const sdk::Outcome outcome = remote.execute("state", payload);
      EXPECT_EQ(outcome.kind, K::rejected);
      EXPECT_NE((outcome.text + outcome.code).find("***"), std::string::npos) << outcome.text;
      for (const std::string& form :
           {secret, std::string("sesame%26open"), plugins::common::base64_of("u:" + secret)}) {
        EXPECT_EQ((outcome.text + outcome.code).find(form), std::string::npos) << outcome.text;
      }
    }
  }
}

}  // namespace
}  // namespace perennial::tests
