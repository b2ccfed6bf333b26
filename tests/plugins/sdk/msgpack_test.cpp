// The C++ layer's msgpack: what it writes, what it reads, and what it refuses.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "perennial/builder.hpp"
#include "perennial/reader.hpp"

namespace perennial::sdk {
namespace {

Value sample() {
  return Value(Value::Map{{"text", "R-000123"},
                          {"number", 12},
                          {"negative", std::int64_t{-70'000}},
                          {"truth", true},
                          {"nothing", nullptr},
                          {"list", Value::Array{1, "two", Value::Array{}}},
                          {"nested", Value::Map{{"deep", Value::Map{{"deeper", "yes"}}}}}});
}

TEST(MsgpackTest, ATreeComesBackAsItWas) {
  const Decoded decoded = decode(encode(sample()));
  ASSERT_TRUE(decoded) << decoded.error;
  EXPECT_TRUE(decoded.value == sample());
}

TEST(MsgpackTest, IntegersKeepTheirValueAtEveryWidth) {
  const std::int64_t edges[] = {0,          1,          127,       128,
                                255,        256,        65'535,    65'536,
                                4294967295, 4294967296, INT64_MAX, -1,
                                -32,        -33,        -128,      -129,
                                -32'768,    -32'769,    INT32_MIN, std::int64_t{INT32_MIN} - 1,
                                INT64_MIN};
  for (const std::int64_t edge : edges) {
    const Decoded decoded = decode(Builder().integer(edge).take());
    ASSERT_TRUE(decoded) << edge << ": " << decoded.error;
    ASSERT_NE(decoded.value.integer(), nullptr) << edge;
    EXPECT_EQ(*decoded.value.integer(), edge);
  }
}

TEST(MsgpackTest, TextsAndContainersKeepTheirSizeAtEveryWidth) {
  for (const std::size_t size : {0u, 15u, 16u, 31u, 32u, 255u, 256u, 65'535u, 65'536u}) {
    const std::string text(size, 'x');
    const Decoded decoded = decode(Builder().text(text).take());
    ASSERT_TRUE(decoded) << size;
    EXPECT_EQ(*decoded.value.text(), text);
    const Decoded list = decode(encode(Value(Value::Array(size, Value(true)))));
    ASSERT_TRUE(list) << size;
    EXPECT_EQ(list.value.array()->size(), size);
  }
}

TEST(MsgpackTest, AnotherImplementationReadsWhatIsWritten) {
  const std::string bytes = encode(sample());
  const auto read = nlohmann::json::from_msgpack(bytes);
  EXPECT_EQ(read["negative"], -70'000);
  EXPECT_EQ(read["nested"]["deep"]["deeper"], "yes");
  EXPECT_EQ(read["list"][1], "two");
  EXPECT_TRUE(read["nothing"].is_null());
}

TEST(MsgpackTest, WhatAnotherImplementationWritesIsRead) {
  const nlohmann::json given = {
      {"half", 0.5}, {"list", {1, 2, 3}}, {"text", std::string(300, 'y')}};
  std::string bytes;
  nlohmann::json::to_msgpack(given, bytes);
  const Decoded decoded = decode(bytes);
  ASSERT_TRUE(decoded) << decoded.error;
  EXPECT_DOUBLE_EQ(*decoded.value.find("half")->number(), 0.5);
  EXPECT_EQ(decoded.value.find("text")->text()->size(), 300u);
}

TEST(MsgpackTest, BytesCutAnywhereAreRefusedWithThePlace) {
  const std::string bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Decoded decoded = decode(std::string_view(bytes).substr(0, size));
    EXPECT_FALSE(decoded) << size;
    EXPECT_NE(decoded.error.find("at byte"), std::string::npos) << decoded.error;
    EXPECT_TRUE(decoded.value.is_null());
  }
}

TEST(MsgpackTest, BytesAfterTheValueAreRefused) {
  const Decoded decoded = decode(encode(Value(1)) + "x");
  EXPECT_EQ(decoded.error, "msgpack: bytes after the value at byte 1");
}

TEST(MsgpackTest, NestingBeyondTheLimitIsRefused) {
  const std::string deep = std::string(65, '\x91') + '\x01';
  EXPECT_FALSE(decode(deep));
  EXPECT_TRUE(decode(std::string(64, '\x91') + '\x01'));
  EXPECT_FALSE(decode(std::string(100'000, '\x91')));
}

TEST(MsgpackTest, AnAnnouncedSizeWithoutBytesCostsNothing) {
  // array32 and map32 of 2^32-1, text of 4 GiB, in five bytes each.
  for (const char tag : {'\xdd', '\xdf', '\xdb'}) {
    EXPECT_FALSE(decode(std::string(1, tag) + "\xff\xff\xff\xff"));
  }
}

TEST(MsgpackTest, MoreValuesThanAllowedAreRefused) {
  const std::string bytes = encode(Value(Value::Array(50, Value(1))));
  EXPECT_TRUE(decode(bytes, {.depth_max = 4, .values_max = 51}));
  EXPECT_FALSE(decode(bytes, {.depth_max = 4, .values_max = 50}));
}

TEST(MsgpackTest, WhatTheBoundaryDoesNotAllowIsRefused) {
  EXPECT_FALSE(decode("\xd4\x01x"));                             // extension type
  EXPECT_FALSE(decode("\xc1"));                                  // never used
  EXPECT_FALSE(decode("\x81\x01\x02"));                          // a key that is no text
  EXPECT_FALSE(decode("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"));  // beyond 2^63-1
}

TEST(ValueTest, PathsFindNestedFieldsAndFallBack) {
  const Value value = sample();
  EXPECT_EQ(value.text_or("nested.deep.deeper", "none"), "yes");
  EXPECT_EQ(value.text_or("nested.missing.deeper", "none"), "none");
  EXPECT_EQ(value.text_or("number", "none"), "none");
  EXPECT_EQ(value.integer_or("number", 0), 12);
  EXPECT_TRUE(value.boolean_or("truth", false));
  EXPECT_EQ(value.at("text.more"), nullptr);
}

}  // namespace
}  // namespace perennial::sdk
