#include "runtime/view/json_text.hpp"

#include <gtest/gtest.h>

#include "runtime/event/pack.hpp"
#include "runtime/view/time_text.hpp"

namespace perennial::view {
namespace {

TEST(JsonText, PrintsEveryKind) {
  Bytes bytes;
  event::Packer packer(bytes);
  packer.map(7).text("a").integer(-5).text("b").real(0.1).text("c").boolean(true);
  packer.text("d").nil().text("e").array(2).text("x\"\n").unsigned_integer(18446744073709551615ULL);
  packer.text("f").binary(ByteView("\x01\xff", 2)).text("g").map(0);
  EXPECT_EQ(to_json_text(bytes),
            R"({"a":-5,"b":0.1,"c":true,"d":null,"e":["x\"\u000a",18446744073709551615],)"
            R"("f":{"hex":"01ff"},"g":{}})");
}

TEST(JsonText, SaysWhatIsNoMsgpack) {
  EXPECT_EQ(to_json_text(""), "null");
  EXPECT_EQ(to_json_text("\xc1"), R"({"undecodable_bytes":1,"hex":"c1"})");
  // A value with bytes behind it is not the value.
  EXPECT_EQ(to_json_text(ByteView("\x01\x02", 2)), R"({"undecodable_bytes":2,"hex":"0102"})");
  // A map that promises more than there is.
  EXPECT_EQ(to_json_text("\x82\xa1"), R"({"undecodable_bytes":2,"hex":"82a1"})");
}

TEST(JsonText, RepairsInvalidUtf8) {
  EXPECT_EQ(quoted("a\xff\x62"), "\"a\xEF\xBF\xBD\x62\"");
  EXPECT_EQ(quoted("\xE2\x82\xAC"), "\"\xE2\x82\xAC\"");
  EXPECT_EQ(quoted("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonText, CutsHostileNesting) {
  const std::string deep(100'000, '\x91');
  EXPECT_NE(to_json_text(deep).find("undecodable_bytes"), std::string::npos);
  const std::string whole = std::string(200, '\x91') + "\x01";
  EXPECT_NE(to_json_text(whole).find("null"), std::string::npos);
}

TEST(TimeText, WritesInstants) {
  EXPECT_EQ(to_time_text(0), "");
  EXPECT_EQ(to_time_text(1), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(to_time_text(1795514400123), "2026-11-24T10:00:00.123Z");
}

}  // namespace
}  // namespace perennial::view
