// What a configuration cannot mean is refused with its place and a cure.
#include "plugins/http/config.hpp"

#include <gtest/gtest.h>

#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::http {
namespace {

using common::Json;

Json sound() {
  return {{"base_url", "https://in-house.example/api"},
          {"auth", {{"kind", "bearer"}}},
          {"calls",
           {{{"name", "list"}, {"path", "/things"}},
            {{"name", "ask"}, {"path", "/things/{id}"}},
            {{"name", "make"},
             {"operation", "create"},
             {"method", "POST"},
             {"path", "/things"},
             {"lookup", "ask"}}}},
          {"source", {{"call", "list"}}},
          {"health", "list"}};
}

std::string error_of(const Json& config) {
  const auto read = read_config(tests::config_value(config));
  return read ? "accepted" : read.error();
}

// The sound configuration with one change.
std::string after(const std::string& place, const Json& value) {
  Json config = sound();
  config[Json::json_pointer(place)] = value;
  return error_of(config);
}

void expect_named(const std::string& error, const std::string& place, const std::string& why) {
  EXPECT_NE(error.find(place), std::string::npos) << error;
  EXPECT_NE(error.find(why), std::string::npos) << error;
}

TEST(HttpConfigTest, TheSoundOneIsAccepted) {
  EXPECT_EQ(error_of(sound()), "accepted");
}

TEST(HttpConfigTest, AuthenticationNeedsItsFields) {
  expect_named(after("/auth/kind", "ntlm"), "`auth.kind`", "it is ntlm");
  expect_named(after("/auth/kind", "basic"), "`auth.user`", "required");
  expect_named(after("/auth/kind", "api_key"), "`auth.name`", "required");
  expect_named(after("/auth/kind", "oauth2"), "`auth.client_id`", "required");
  expect_named(after("/auth", {{"kind", "oauth2"}, {"client_id", "c"}, {"token_url", "ftp://x"}}),
               "`auth.token_url`", "http");
}

TEST(HttpConfigTest, CallsAreReadOneByOne) {
  expect_named(after("/calls", Json::array()), "`calls`", "1 to 64");
  expect_named(after("/calls/1/name", "list"), "`calls[1].name`", "two calls");
  expect_named(after("/calls/1/name", ""), "`calls[1].name`", "required");
  expect_named(after("/calls/1/path", "things"), "`calls[1].path`", "begins with /");
  expect_named(after("/calls/1/path", "/things?id={id}"), "`calls[1].path`", "`query`");
  expect_named(after("/calls/1/path", "/things/{i@d}"), "`calls[1].path`", "{field}");
  expect_named(after("/calls/1/query", {{{"name", ""}, {"value", "x"}}}),
               "`calls[1].query[0].name`", "required");
  expect_named(after("/calls/1/headers", {{{"name", "Host"}, {"value", "x"}}}),
               "`calls[1].headers`", "Host is set by the connection");
  expect_named(after("/calls/1/headers", {{{"name", "a b"}, {"value", "x"}}}), "`calls[1].headers`",
               "name of a header field");
  expect_named(after("/calls/2/key_header", "authorization"), "`calls[2].key_header`", "`auth`");
  expect_named(after("/calls/1/body", ""), "`calls[1].body`", "GET has none");
  expect_named(after("/calls/1/key_field", "/k"), "`calls[1].key_field`", "no body");
  expect_named(after("/calls/1/count", "total"), "`calls[1].count`", "JSON Pointer");
  Json many = Json::array();
  for (int number = 0; number < 33; ++number) many.push_back({{"name", "n"}, {"value", "v"}});
  expect_named(after("/calls/1/query", many), "`calls[1].query`", "at most 32");
}

TEST(HttpConfigTest, RowsOfTheTableAreReadOneByOne) {
  const auto row = [](const Json& rule) { return after("/calls/1/answers", Json::array({rule})); };
  expect_named(row({{"status", "4xx"}, {"outcome", "absent"}}), "`calls[1].answers[0].status`",
               "400-499");
  expect_named(row({{"status", "500-400"}, {"outcome", "absent"}}), "answers[0].status", "400-499");
  expect_named(row({{"at", "/x"}, {"outcome", "absent"}}), "answers[0].is", "go together");
  expect_named(row({{"at", "x"}, {"is", "present"}, {"outcome", "absent"}}), "answers[0].at",
               "JSON Pointer");
  expect_named(row({{"at", "/x"}, {"is", "equal"}, {"outcome", "absent"}}), "answers[0].to",
               "required");
  expect_named(row({{"at", "/x"}, {"is", "absent"}, {"to", "y"}, {"outcome", "absent"}}),
               "answers[0].to", "remove it");
  expect_named(row({{"at", "/x"}, {"is", "like"}, {"to", "y"}, {"outcome", "absent"}}),
               "answers[0].is", "like");
  expect_named(row({{"outcome", "fine"}}), "answers[0].outcome", "fine");
  const auto take = [](const Json& taken) { return after("/calls/1/take", Json::array({taken})); };
  expect_named(take({{"name", "a"}}), "`calls[1].take[0]`", "either `at`");
  expect_named(take({{"name", "a"}, {"at", "/a"}, {"value", "x"}}), "`calls[1].take[0]`", "either");
  expect_named(take({{"at", "/a"}}), "`calls[1].take[0].name`", "required");
}

TEST(HttpConfigTest, AWordHasToMeanSomethingWhereTheCallIsUsed) {
  const Json absent = {{{"status", "404"}, {"outcome", "absent"}}};
  EXPECT_EQ(after("/calls/1/answers", absent), "accepted");
  expect_named(after("/calls/2/answers", absent), "call make", "operation create");
  expect_named(after("/calls/0/answers", absent), "call list", "used as source");
  expect_named(after("/calls/1/answers", {{{"status", "404"}, {"outcome", "rejected"}}}),
               "call ask", "used as lookup");
  for (const Role role :
       {Role::write, Role::read_operation, Role::first, Role::lookup, Role::source, Role::health}) {
    EXPECT_TRUE(may_say(role, Word::done));
  }
  EXPECT_TRUE(may_say(Role::write, Word::unknown));
  EXPECT_FALSE(may_say(Role::first, Word::unknown));
  EXPECT_FALSE(may_say(Role::health, Word::already_done));
}

TEST(HttpConfigTest, PromisesNeedWhatKeepsThem) {
  Json config = sound();
  config["calls"][2].erase("lookup");
  expect_named(error_of(config), "call make: lookup", "operation create promises");
  config["calls"][2]["operation"] = "submit";
  expect_named(error_of(config), "`calls[2].key_header`", "operation submit promises");
  config["calls"][2]["key_field"] = "/request";
  EXPECT_EQ(error_of(config), "accepted");
}

TEST(HttpConfigTest, NamesLeadToCalls) {
  expect_named(after("/health", "ping"), "`health`", "the calls are list, ask, make");
  expect_named(after("/health", "ask"), "`health`", "no delivery");
  expect_named(after("/source/call", "lost"), "`source.call`", "there is no call lost");
  expect_named(after("/source/call", "ask"), "`source.call`", "no delivery");
  expect_named(after("/calls/2/first", "lost"), "call make: first", "there is no call lost");
  expect_named(after("/calls/2/lookup", "lost"), "call make: lookup", "there is no call lost");
  Json config = sound();
  config["calls"][1]["first"] = "list";
  config["calls"][2]["first"] = "ask";
  expect_named(error_of(config), "call make: first", "cannot have one before it");
}

TEST(HttpConfigTest, ASourceNeedsWhatItsPagingGoesBy) {
  const auto paging = [](const Json& value) { return after("/source/paging", value); };
  for (const char* kind : {"page", "offset", "token"}) {
    expect_named(paging({{"kind", kind}}), "`source.paging.parameter`", kind);
  }
  expect_named(paging({{"kind", "token"}, {"parameter", "c"}}), "`source.paging.at`", "token");
  expect_named(paging({{"kind", "link"}, {"page_records", 10}}), "`source.paging.page_records`",
               "`size_parameter`");
  expect_named(paging({{"kind", "keyset"}}), "`source.position`", "keyset");
  expect_named(after("/source/position", {{"at", "/t"}}), "`source.position`", "`parameter`");
  expect_named(after("/source/position", {{"at", "/t"}, {"parameter", "p"}, {"overlap_s", 5}}),
               "`source.position.overlap_s`", "`format`");
  Json config = sound();
  config["source"]["position"] = {
      {"at", "/t"}, {"parameter", "p"}, {"format", "rfc3339"}, {"overlap_s", 5}};
  EXPECT_EQ(error_of(config), "accepted");
  config["source"]["paging"] = {{"kind", "keyset"}};
  expect_named(error_of(config), "`source.position.overlap_s`", "keyset");
}

}  // namespace
}  // namespace perennial::plugins::http
