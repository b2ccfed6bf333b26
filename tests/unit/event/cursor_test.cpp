#include "runtime/event/cursor.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "runtime/event/pack.hpp"

namespace perennial::event {
namespace {

TEST(Cursor, ReadsEveryKindThatThePackerWrites) {
  Bytes bytes;
  Packer(bytes)
      .array(10)
      .nil()
      .boolean(true)
      .integer(-5)
      .unsigned_integer(300)
      .real(1.5)
      .text("text")
      .binary("bin")
      .map(1)
      .text("k")
      .integer(1)
      .array(0)
      .fingerprint({1, 2});

  Cursor cursor(bytes);

  EXPECT_EQ(cursor.array(), 10U);
  EXPECT_EQ(cursor.kind(), Kind::nil);
  cursor.skip();
  EXPECT_TRUE(cursor.boolean());
  EXPECT_EQ(cursor.integer(), -5);
  EXPECT_EQ(cursor.unsigned_integer(), 300U);
  EXPECT_EQ(cursor.real(), 1.5);
  EXPECT_EQ(cursor.text(), "text");
  EXPECT_EQ(cursor.binary(), "bin");
  EXPECT_EQ(cursor.map(), 1U);
  cursor.skip();
  cursor.skip();
  EXPECT_EQ(cursor.array(), 0U);
  EXPECT_EQ(cursor.fingerprint(), (Fingerprint{1, 2}));
  EXPECT_TRUE(cursor.ok());
  EXPECT_TRUE(cursor.at_end());
}

TEST(Cursor, KeepsIntegersOfEveryWidth) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{127}, std::int64_t{128}, std::int64_t{-32}, std::int64_t{-33},
        std::int64_t{65'536}, std::int64_t{-70'000}, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    Bytes bytes;
    Packer(bytes).integer(value);
    EXPECT_EQ(Cursor(bytes).integer(), value);
  }
}

TEST(Cursor, TurnsBadAtAnyTruncationAndNeverReadsBeyond) {
  Bytes bytes;
  Packer(bytes).map(2).text("a").array(3).integer(1).text("two").real(3.5).text("b").binary(
      Bytes(300, 'x'));

  for (std::size_t length = 0; length < bytes.size(); ++length) {
    Cursor cursor(ByteView(bytes).substr(0, length));
    cursor.skip();
    EXPECT_FALSE(cursor.ok()) << "at " << length;
  }
}

TEST(Cursor, DoesNotBelieveAHostileCount) {
  const Bytes map_of_four_billion = "\xdf\xff\xff\xff\xff";

  Cursor cursor(map_of_four_billion);
  cursor.skip();

  EXPECT_FALSE(cursor.ok());
}

TEST(Find, FollowsAPathAndGivesNothingForAMissingKey) {
  Bytes bytes;
  Packer(bytes).map(1).text("data").map(2).text("region").text("EMEA").text("n").integer(4);

  EXPECT_EQ(as_text(find_path(bytes, {"data", "region"})), "EMEA");
  EXPECT_TRUE(find_path(bytes, {"data", "missing"}).empty());
  EXPECT_TRUE(find_path(bytes, {"data", "region", "deeper"}).empty());
}

}  // namespace
}  // namespace perennial::event
