#include "runtime/event/event.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "runtime/base/limits.hpp"
#include "runtime/event/pack.hpp"

namespace perennial::event {
namespace {

// An event whose data is what `write` writes.
Bytes with_data(const std::function<void(Packer&)>& write) {
  Bytes bytes;
  Packer packer(bytes);
  packer.map(5)
      .text("specversion")
      .text("1.0")
      .text("id")
      .text("1")
      .text("source")
      .text("s")
      .text("type")
      .text("t");
  packer.text("data");
  write(packer);
  return bytes;
}

TEST(ReadEvent, GivesAttributesAndDataOfAProperEvent) {
  EventParts parts;
  parts.id = "1";
  parts.source = "perennial://crm/opportunities";
  parts.type = "renewal.accepted.v1";
  parts.correlation = "R-1";
  Bytes data;
  Packer(data).map(1).text("n").integer(1);
  parts.data = data;

  const Bytes bytes = build_event(parts);
  const auto event = read_event(bytes);

  ASSERT_TRUE(event) << event.error().reason;
  EXPECT_EQ(event->id, "1");
  EXPECT_EQ(event->type, "renewal.accepted.v1");
  EXPECT_EQ(event->correlation, "R-1");
  EXPECT_EQ(event->data, data);
  EXPECT_EQ(trusted_event(bytes).source, event->source);
}

struct Refusal {
  const char* what;
  std::function<Bytes()> make;
  const char* reason;
};

TEST(ReadEvent, RefusesWhatIsNoProperEventAndSaysWhy) {
  const std::vector<Refusal> refusals = {
      {"no map", [] { return Bytes("\x01"); }, "one msgpack map"},
      {"nothing", [] { return Bytes(); }, "one msgpack map"},
      {"cut off", [] { return with_data([](Packer& p) { p.text("x"); }).substr(0, 40); },
       "cut off"},
      {"trailing bytes", [] { return with_data([](Packer& p) { p.nil(); }) + "x"; },
       "bytes follow"},
      {"duplicate key",
       [] { return with_data([](Packer& p) { p.map(2).text("a").nil().text("a").nil(); }); },
       "'a' comes twice"},
      {"number as key", [] { return with_data([](Packer& p) { p.map(1).integer(1).nil(); }); },
       "text keys"},
      {"NaN",
       [] {
         return with_data([](Packer& p) { p.real(std::numeric_limits<double>::quiet_NaN()); });
       },
       "finite"},
      {"infinity",
       [] { return with_data([](Packer& p) { p.real(std::numeric_limits<double>::infinity()); }); },
       "finite"},
      {"2^53", [] { return with_data([](Packer& p) { p.integer(std::int64_t{1} << 53); }); },
       "2^53-1"},
      {"2^64-1", [] { return with_data([](Packer& p) { p.unsigned_integer(~std::uint64_t{0}); }); },
       "2^53-1"},
      {"binary", [] { return with_data([](Packer& p) { p.binary("x"); }); }, "binary"},
      {"extension", [] { return with_data([](Packer& p) { p.raw("\xd4\x01\x02"); }); },
       "extension"},
      {"invalid UTF-8", [] { return with_data([](Packer& p) { p.text("\xc3\x28"); }); }, "UTF-8"},
      {"too deep",
       [] {
         return with_data([](Packer& p) {
           for (std::size_t depth = 0; depth < 40; ++depth) p.array(1);
           p.nil();
         });
       },
       "nests deeper"},
      {"too many",
       [] {
         return with_data([](Packer& p) {
           p.array(20'000);
           for (int index = 0; index < 20'000; ++index) p.nil();
         });
       },
       "elements"},
      {"too large",
       [] { return with_data([](Packer& p) { p.text(Bytes(limits::event_bytes_max, 'x')); }); },
       "dataref"},
  };
  for (const Refusal& refusal : refusals) {
    const Bytes bytes = refusal.make();
    const auto event = read_event(bytes);
    ASSERT_FALSE(event) << refusal.what;
    EXPECT_NE(event.error().reason.find(refusal.reason), std::string::npos)
        << refusal.what << ": " << event.error().reason;
  }
}

TEST(ReadEvent, RefusesMissingAndMistypedAttributes) {
  Bytes no_type;
  Packer(no_type)
      .map(3)
      .text("specversion")
      .text("1.0")
      .text("id")
      .text("1")
      .text("source")
      .text("s");
  EXPECT_NE(read_event(no_type).error().reason.find("'type'"), std::string::npos);

  Bytes old_version;
  Packer(old_version).map(1).text("specversion").text("0.3");
  EXPECT_NE(read_event(old_version).error().reason.find("'0.3'"), std::string::npos);

  Bytes map_as_id;
  Packer(map_as_id).map(1).text("id").map(0);
  EXPECT_NE(read_event(map_as_id).error().reason.find("scalar"), std::string::npos);

  Bytes bad_name;
  Packer(bad_name).map(1).text("Bad-Name").text("x");
  EXPECT_NE(read_event(bad_name).error().reason.find("Bad-Name"), std::string::npos);

  Bytes long_id;
  Packer(long_id).map(1).text("id").text(Bytes(600, 'x'));
  EXPECT_NE(read_event(long_id).error().reason.find("at most 512"), std::string::npos);
}

TEST(IsUtf8, AcceptsTheBoundsOfEachLengthAndRefusesWhatLiesBeyond) {
  for (const char* good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "a\xff"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace perennial::event
