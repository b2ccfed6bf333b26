#include "runtime/admin/json_tokens.hpp"

#include <gtest/gtest.h>

#include "runtime/view/json_text.hpp"

namespace perennial::admin {
namespace {

// There and back: JSON, msgpack, JSON.
std::string round_trip(std::string_view json) {
  const auto tokens = JsonTokens::parse(json);
  if (!tokens) return "refused: " + tokens.error().reason;
  Bytes bytes;
  event::Packer packer(bytes);
  tokens->pack(0, packer);
  return view::to_json_text(bytes);
}

TEST(JsonTokens, KeepsEveryKindExactly) {
  for (const char* json :
       {"null", "true", "false", "0", "-1", "9007199254740991", "-9007199254740991",
        "9223372036854775807", "0.1", "1.5", "\"\"", "\"a\xC3\xA9\"", "[]", "{}", "[1,[2,[3]],{}]",
        R"({"a":1,"b":{"c":[true,null]},"d":"x"})"}) {
    EXPECT_EQ(round_trip(json), json);
  }
}

TEST(JsonTokens, TellsIntegersFromFractions) {
  Bytes bytes;
  event::Packer packer(bytes);
  JsonTokens::parse("[1, 1.5]")->pack(0, packer);
  // 0x01 is an integer, 0xcb a double.
  EXPECT_EQ(bytes.substr(0, 3), ByteView("\x92\x01\xcb", 3));
}

TEST(JsonTokens, LeavesDuplicateKeysToTheGate) {
  Bytes bytes;
  event::Packer packer(bytes);
  JsonTokens::parse(R"({"a":1,"a":2})")->pack(0, packer);
  EXPECT_EQ(bytes,
            "\x82\xa1"
            "a\x01\xa1"
            "a\x02");
}

TEST(JsonTokens, RefusesWhatCannotBeHeldExactly) {
  for (const char* json : {"9223372036854775808", "18446744073709551615", "18446744073709551616",
                           "-9223372036854775809", "123456789012345678901234567890"}) {
    EXPECT_NE(round_trip(json).find("expected integers within"), std::string::npos) << json;
  }
}

TEST(JsonTokens, RefusesWhatIsNoJson) {
  for (const char* json :
       {"", "NaN", "Infinity", "-Infinity", "{", "[1,]", "{\"a\":}", "{a:1}", "'a'", "1 2", "01",
        "\"\x01\"", "\"\xff\"", "\"\\ud800\"", "1e999", "/* */ 1", "[1] x"}) {
    EXPECT_NE(round_trip(json).find("refused: expected JSON"), std::string::npos) << json;
  }
}

TEST(JsonTokens, SaysWhere) {
  EXPECT_NE(round_trip("{\n  \"a\": ]").find("line 2, column 8"), std::string::npos)
      << round_trip("{\n  \"a\": ]");
}

TEST(JsonTokens, SurvivesHostileNesting) {
  const auto tokens = JsonTokens::parse(std::string(1'000'000, '['));
  EXPECT_FALSE(tokens);
  const std::string whole = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_TRUE(JsonTokens::parse(whole));
}

TEST(JsonTokens, WalksElements) {
  const auto tokens = JsonTokens::parse(R"([[1,2],{"a":[3]},4])");
  ASSERT_TRUE(tokens);
  const auto elements = tokens->elements(0);
  ASSERT_EQ(elements.size(), 3U);
  EXPECT_EQ(tokens->at(elements[1]).kind, JsonTokens::Kind::map);
  EXPECT_EQ(tokens->at(elements[2]).integer, 4);
}

}  // namespace
}  // namespace perennial::admin
