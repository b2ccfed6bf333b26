// JSON, forms, URLs, dates and hints: what connectors read and write.
#include <gtest/gtest.h>

#include "plugins/common/call.hpp"
#include "plugins/common/json.hpp"
#include "plugins/common/jwt.hpp"
#include "plugins/common/rate_hint.hpp"
#include "plugins/common/settings.hpp"
#include "plugins/common/url.hpp"

namespace perennial::plugins::common {
namespace {

TEST(JsonTest, NumbersWithAFractionKeepTheirText) {
  const auto parsed =
      parse_json(R"({"price": 1.15, "big": 12500000.10, "whole": 7, "neg": -0.50})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ((*parsed)["price"], "1.15");
  EXPECT_EQ((*parsed)["big"], "12500000.10");
  EXPECT_EQ((*parsed)["whole"], 7);
  EXPECT_EQ((*parsed)["neg"], "-0.50");
}

TEST(JsonTest, ExponentsBecomePlainDecimals) {
  const std::pair<const char*, const char*> cases[] = {
      {"1.25E7", "12500000"}, {"1e3", "1000"},     {"12.5e-1", "1.25"},     {"-1.5E+2", "-150"},
      {"5e-3", "0.005"},      {"1.230e1", "12.3"}, {"0.05e2", "5"},         {"10e-1", "1"},
      {"0e5", "0"},           {"1.5", "1.5"},      {"1e999999", "1e999999"}};
  for (const auto& [given, wanted] : cases) EXPECT_EQ(plain_decimal(given), wanted) << given;
}

TEST(JsonTest, IntegersBeyondTheExactRangeBecomeText) {
  const auto parsed = parse_json(
      "[9007199254740991, 9007199254740992, -9007199254740992,"
      " 18446744073709551615]");
  ASSERT_TRUE(parsed);
  EXPECT_EQ((*parsed)[0], 9007199254740991);
  EXPECT_EQ((*parsed)[1], "9007199254740992");
  EXPECT_EQ((*parsed)[2], "-9007199254740992");
  EXPECT_EQ((*parsed)[3], "18446744073709551615");
}

TEST(JsonTest, TextThatIsNoJsonIsRefusedWithItsPlace) {
  for (const char* text : {"", "{", "{\"a\":", "<html>", "{} {}", "\"\xff\"", "[1,]", "nul"}) {
    const auto parsed = parse_json(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().find("at byte"), std::string::npos) << parsed.error();
  }
}

TEST(JsonTest, NestingIsBounded) {
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
  const auto deep = parse_json(std::string(65, '[') + std::string(65, ']'));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error(), "JSON nested deeper than 64");
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST(JsonTest, SiblingsAfterDeepChildrenStayInPlace) {
  const std::string text = R"({"a":[[1,{"b":[2,3]}],{"c":{}},4],"d":{"e":[{"f":5},{"f":6}]}})";
  const auto parsed = parse_json(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, Json::parse(text));
}

TEST(JsonTest, MsgpackRoundTripAndPaths) {
  const Json value = {{"a", {{"b", "text"}, {"n", 5}}}, {"list", {1, nullptr, true}}};
  EXPECT_EQ(json_of_msgpack(msgpack_of(value)), value);
  EXPECT_EQ(text_at(value, {"a", "b"}), "text");
  EXPECT_EQ(text_at(value, {"a", "n"}), "5");
  EXPECT_EQ(text_at(value, {"a", "missing", "x"}), "");
  EXPECT_EQ(find_at(value, {"list", "x"}), nullptr);
  EXPECT_FALSE(json_of_msgpack("\xc1"));
  EXPECT_EQ(text_of("bad \xff byte"), "\"bad \xef\xbf\xbd byte\"");
}

TEST(UrlTest, OnlyUnreservedCharactersStay) {
  EXPECT_EQ(percent_encoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encoded("a b&c='ä'/"), "a%20b%26c%3D%27%C3%A4%27%2F");
  EXPECT_EQ(query_of({{"$filter", "a eq 'b'"}, {"x", ""}}), "$filter=a%20eq%20%27b%27&x=");
  EXPECT_EQ(joined_url("https://host/", "/path"), "https://host/path");
  EXPECT_EQ(joined_url("https://host", "path"), "https://host/path");
}

TEST(UrlTest, FormsNestWithBrackets) {
  const Json parameters = {{"amount", 100},
                           {"auto_advance", false},
                           {"metadata", {{"renewal number", "R-1"}}},
                           {"lines", {{{"amount", 5}}, {{"amount", 6}}}},
                           {"nothing", nullptr}};
  EXPECT_EQ(form_of(parameters),
            "amount=100&auto_advance=false&lines%5B0%5D%5Bamount%5D=5&lines%5B1%5D%5Bamount%5D=6&"
            "metadata%5Brenewal%20number%5D=R-1");
  EXPECT_EQ(form_of(Json::object()), "");
}

TEST(UrlTest, Base64WithAndWithoutPadding) {
  EXPECT_EQ(base64_of(""), "");
  EXPECT_EQ(base64_of("f"), "Zg==");
  EXPECT_EQ(base64_of("fo"), "Zm8=");
  EXPECT_EQ(base64_of("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url_of("\xfb\xff\xfe?"), "-__-Pw");
}

TEST(TimeTest, HttpDates) {
  EXPECT_EQ(ms_of_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784'111'777'000);
  for (const char* bad :
       {"", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 2026 00:00:00 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT"}) {
    EXPECT_FALSE(ms_of_http_date(bad)) << bad;
  }
}

TEST(TimeTest, IsoTimesInEveryFormThatVendorsUse) {
  const std::int64_t moment = 1'767'261'296'123;  // 2026-01-01T09:54:56.123Z
  EXPECT_EQ(ms_of_iso("2026-01-01T09:54:56.123Z"), moment);
  EXPECT_EQ(ms_of_iso("2026-01-01T09:54:56.123+0000"), moment);
  EXPECT_EQ(ms_of_iso("2026-01-01T10:54:56.123+01:00"), moment);
  EXPECT_EQ(ms_of_iso("2026-01-01T09:54:56.1234567Z"), moment);
  EXPECT_EQ(ms_of_iso("2026-01-01T09:54:56Z"), moment - 123);
  EXPECT_EQ(ms_of_iso("2024-02-29"), 1'709'164'800'000);
  for (const char* bad : {"", "2026", "2025-02-29", "2026-01-01T9:54:56Z", "2026-01-01 09:54:56",
                          "2026-01-01T09:54:56.123X", "2026-13-01"}) {
    EXPECT_FALSE(ms_of_iso(bad)) << bad;
  }
  EXPECT_EQ(iso_of_ms(moment), "2026-01-01T09:54:56.123Z");
  EXPECT_EQ(iso_of_ms(-1), "1969-12-31T23:59:59.999Z");
}

TEST(RateHintTest, SecondsDatesAndNothing) {
  EXPECT_EQ(retry_after_ms({{"Retry-After", "3"}}), 3000);
  EXPECT_EQ(retry_after_ms({{"retry-after", "0"}}), 0);
  EXPECT_EQ(retry_after_ms({{"Retry-After", "999999999"}}), 86'400'000);
  EXPECT_EQ(retry_after_ms({{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                            {"Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT"}}),
            10'000);
  EXPECT_EQ(retry_after_ms({{"Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT"}}), -1);
  EXPECT_EQ(retry_after_ms({{"Retry-After", "soon"}}), -1);
  EXPECT_EQ(retry_after_ms({{"Retry-After", "-5"}}), -1);
  EXPECT_EQ(retry_after_ms({}), -1);
}

TEST(CallTest, AStatusAloneDecidesWithoutAVendorsCode) {
  using K = sdk::OutcomeKind;
  const std::pair<int, K> cases[] = {
      {301, K::unknown},   {400, K::rejected},  {401, K::unauthorized}, {408, K::try_again},
      {423, K::try_again}, {425, K::try_again}, {429, K::throttled},    {500, K::unknown},
      {501, K::rejected},  {502, K::unknown},   {503, K::try_again},    {504, K::unknown}};
  for (const auto& [status, kind] : cases) {
    EXPECT_EQ(fault_of_status({status, {}, ""}, false).kind, kind) << status;
  }
  EXPECT_EQ(fault_of_status({500, {}, ""}, true).kind, K::try_again);
  const Fault fault = fault_of_status({503, {{"Retry-After", "2"}}, "down\nfor now"}, false);
  EXPECT_EQ(fault.code, "http_503");
  EXPECT_EQ(fault.text, "HTTP 503: down for now");
  EXPECT_EQ(fault.after_ms, 2000);
  EXPECT_EQ(fault.status, 503);
}

TEST(SettingsTest, WhatIsWrongIsNamed) {
  using sdk::Value;
  const auto error = [](Value::Map config) {
    const auto settings = connection_settings(Value(std::move(config)));
    return settings ? std::string("accepted") : settings.error();
  };
  EXPECT_EQ(error({{"base_url", "https://host.example"}}), "accepted");
  for (const char* url :
       {"", "host.example", "ftp://host", "https://", "https://host?x=1", "https://ho st"}) {
    EXPECT_NE(error({{"base_url", url}}).find("`base_url`"), std::string::npos) << url;
  }
  EXPECT_NE(error({{"base_url", "https://h"}, {"timeout_ms", 0}}).find("`timeout_ms`"),
            std::string::npos);
  EXPECT_NE(
      error({{"base_url", "https://h"}, {"client_key", "k.pem"}}).find("`client_certificate`"),
      std::string::npos);
}

TEST(HmacTest, AKnownVectorAndComparison) {
  // RFC 4231, test case 2.
  EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_TRUE(equals_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equals_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equals_in_constant_time("abc", "abcd"));
}

}  // namespace
}  // namespace perennial::plugins::common
