#include "runtime/admin/router.hpp"

#include <gtest/gtest.h>

namespace perennial::admin {
namespace {

Route route(const std::string& method, const std::string& pattern, Access access) {
  Route one;
  one.method = method;
  one.pattern = pattern;
  one.access = access;
  one.options = {"limit"};
  return one;
}

std::vector<Route> routes() {
  return {route("GET", "/live", Access::open), route("GET", "/v1/things", Access::viewer),
          route("GET", "/v1/things/{id}", Access::viewer),
          route("POST", "/v1/things/{id}/act", Access::operate),
          route("POST", "/v1/admin", Access::admin)};
}

std::vector<Token> tokens() {
  return {{"v", Access::viewer, "view-secret"},
          {"o", Access::operate, "operate-secret"},
          {"a", Access::admin, "admin-secret"}};
}

Request request(const std::string& method, const std::string& path, const std::string& secret = {},
                const std::string& query = {}) {
  Request one;
  one.method = method;
  one.path = path;
  one.query_text = query;
  if (!secret.empty()) one.headers.emplace_back("authorization", "Bearer " + secret);
  return one;
}

unsigned status_of(const Router& router, Request one) {
  const auto match = router.match(one);
  return match.refusal ? match.refusal->status : 200;
}

TEST(Router, GivesEachRoleItsRoutes) {
  const Router router(routes(), tokens());
  struct Case {
    const char* method;
    const char* path;
    unsigned nobody, viewer, operate, admin;
  };
  for (const Case& one :
       {Case{"GET", "/live", 200, 200, 200, 200}, Case{"GET", "/v1/things", 401, 200, 200, 200},
        Case{"POST", "/v1/things/7/act", 401, 403, 200, 200},
        Case{"POST", "/v1/admin", 401, 403, 403, 200}}) {
    EXPECT_EQ(status_of(router, request(one.method, one.path)), one.nobody) << one.path;
    EXPECT_EQ(status_of(router, request(one.method, one.path, "wrong")), one.nobody) << one.path;
    EXPECT_EQ(status_of(router, request(one.method, one.path, "view-secret")), one.viewer);
    EXPECT_EQ(status_of(router, request(one.method, one.path, "operate-secret")), one.operate);
    EXPECT_EQ(status_of(router, request(one.method, one.path, "admin-secret")), one.admin);
  }
}

TEST(Router, SaysHowToAuthenticate) {
  const Router router(routes(), tokens());
  Request one = request("GET", "/v1/things");
  const auto match = router.match(one);
  ASSERT_TRUE(match.refusal);
  ASSERT_EQ(match.refusal->headers.size(), 1U);
  EXPECT_EQ(match.refusal->headers[0].first, "WWW-Authenticate");
  EXPECT_NE(match.refusal->body.find("Authorization: Bearer"), std::string::npos);
}

TEST(Router, WithoutTokensAnswersOnlyWhatIsOpen) {
  const Router router(routes(), {});
  EXPECT_EQ(status_of(router, request("GET", "/live")), 200U);
  Request one = request("GET", "/v1/things", "anything");
  const auto match = router.match(one);
  ASSERT_TRUE(match.refusal);
  EXPECT_EQ(match.refusal->status, 401U);
  EXPECT_NE(match.refusal->body.find("http: tokens:"), std::string::npos) << match.refusal->body;
}

TEST(Router, TakesTheSchemeInAnyCaseAndNothingElse) {
  const Router router(routes(), tokens());
  Request one = request("GET", "/v1/things");
  one.headers.emplace_back("authorization", "bEARER view-secret");
  EXPECT_EQ(status_of(router, one), 200U);
  one.headers = {{"authorization", "Basic view-secret"}};
  EXPECT_EQ(status_of(router, one), 401U);
  one.headers = {{"authorization", "Bearer "}};
  EXPECT_EQ(status_of(router, one), 401U);
}

TEST(Router, DecodesParametersAndQuery) {
  const Router router(routes(), tokens());
  Request one = request("GET", "/v1/things/a%2Fb%20c", "view-secret", "limit=5%30");
  const auto match = router.match(one);
  ASSERT_FALSE(match.refusal);
  EXPECT_EQ(one.params, std::vector<std::string>{"a/b c"});
  EXPECT_EQ(one.option("limit"), "50");
  EXPECT_EQ(one.caller, "v");
}

TEST(Router, RefusesWhatIsNoRoute) {
  const Router router(routes(), tokens());
  EXPECT_EQ(status_of(router, request("GET", "/", "view-secret")), 404U);
  EXPECT_EQ(status_of(router, request("GET", "*", "view-secret")), 400U);
  EXPECT_EQ(status_of(router, request("GET", "/v1/things/7/8", "view-secret")), 404U);
  EXPECT_EQ(status_of(router, request("GET", "/v1/things/%zz", "view-secret")), 404U);
  EXPECT_EQ(status_of(router, request("GET", "/v1/things", "view-secret", "bogus=1")), 400U);
  EXPECT_EQ(status_of(router, request("GET", "/v1/things", "view-secret", "limit=%4")), 400U);
  Request wrong = request("DELETE", "/v1/things/7", "view-secret");
  const auto match = router.match(wrong);
  ASSERT_TRUE(match.refusal);
  EXPECT_EQ(match.refusal->status, 405U);
  EXPECT_EQ(match.refusal->headers.front().second, "GET");
}

TEST(Router, ComparesSecrets) {
  EXPECT_TRUE(is_same_secret("abc", "abc"));
  EXPECT_FALSE(is_same_secret("abc", "abd"));
  EXPECT_FALSE(is_same_secret("abc", "abcabc"));
  EXPECT_FALSE(is_same_secret("abcabc", "abc"));
  EXPECT_FALSE(is_same_secret("abc", ""));
  EXPECT_FALSE(is_same_secret("", "abc"));
}

}  // namespace
}  // namespace perennial::admin
