#include "runtime/policy/predicate.hpp"

#include <gtest/gtest.h>

#include "runtime/event/pack.hpp"

namespace perennial::policy {
namespace {

Bytes sample() {
  Bytes bytes;
  event::Packer(bytes)
      .map(2)
      .text("type")
      .text("renewal.accepted.v1")
      .text("data")
      .map(4)
      .text("region")
      .text("EMEA")
      .text("total_minor")
      .integer(1000)
      .text("is_new")
      .boolean(false)
      .text("nothing")
      .nil();
  return bytes;
}

TEST(Predicate, DecidesComparisonsAsJqDoes) {
  const std::pair<const char*, bool> cases[] = {
      {".data.region == \"EMEA\"", true},
      {".data.region != \"EMEA\"", false},
      {".data.total_minor >= 1000", true},
      {".data.total_minor > 1000", false},
      {".data.total_minor < 1001 and .data.region == \"EMEA\"", true},
      {".data.region == \"NA\" or .type == \"renewal.accepted.v1\"", true},
      {"(.data.region == \"NA\" or .data.region == \"EMEA\") and .data.total_minor == 1000", true},
      {".data.missing == null", true},
      {".data.nothing == null", true},
      {".data.missing", false},
      {".data.is_new", false},
      {".data.is_new == false", true},
      {"(.data.is_new | not)", true},
      {".data.region | not", false},
      {".data.region == 5", false},
      {".data.region != 5", true},
      {".\"data\".region == \"EMEA\"", true},
  };
  for (const auto& [text, wanted] : cases) {
    const auto predicate = Predicate::compile(text);
    ASSERT_TRUE(predicate) << text << ": " << predicate.error().reason;
    EXPECT_EQ(predicate->matches(sample()), wanted) << text;
  }
}

TEST(Predicate, RefusesOtherTextAndNamesTheColumn) {
  const std::pair<const char*, std::size_t> cases[] = {
      {".data.region = \"EMEA\"", 14},
      {"now > 5", 1},
      {".a == 1.5", 7},
      {".a == \"open", 12},
      {"(.a == 1", 9},
      {".a == 1 and", 12},
      {"", 1},
      {".a | length == 1", 6},
  };
  for (const auto& [text, column] : cases) {
    const auto predicate = Predicate::compile(text);
    ASSERT_FALSE(predicate) << text;
    EXPECT_EQ(predicate.error().column, column) << text << ": " << predicate.error().reason;
  }
}

TEST(Predicate, BoundsItsNesting) {
  const std::string deep = std::string(1000, '(') + ".a" + std::string(1000, ')');

  EXPECT_FALSE(Predicate::compile(deep));
}

}  // namespace
}  // namespace perennial::policy
