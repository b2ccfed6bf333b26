#include "runtime/wire/frames.hpp"

#include <gtest/gtest.h>

#include <random>

#include "runtime/base/limits.hpp"
#include "runtime/event/pack.hpp"

namespace perennial::wire {
namespace {

using event::Packer;

OutcomeEntry full_outcome() {
  OutcomeEntry outcome;
  outcome.delivery = 77;
  outcome.attempt = 3;
  outcome.verb = Verb::poll;
  outcome.kind = 8;
  outcome.after_ms = 1500;
  outcome.code = "http_503";
  outcome.text = "later";
  outcome.receipt =
      "\x81\xa5order\xa4"
      "4711";
  outcome.token = "t-1";
  outcome.map_revision = "abc";
  outcome.follow_ups = {"one", "two"};
  return outcome;
}

DispatchEntry full_dispatch() {
  return {9,      2,     Verb::lookup, 15000, "create_order", "KEY", "R-000001",
          "00-1", "map", "revision",   "t",   "event bytes"};
}

// One frame of each kind, every field set.
std::vector<Body> one_of_each() {
  return {Hello{"erp", "erp", "0.1.0", "secret", 4242},
          Welcome{17, true, 64, {{"postings", "cursor"}, {"other", ""}}},
          Refuse{"no such connector"},
          Events{"postings", 5, {"event one", "event two"}, {{"mapping_failed", "t", "s", "b"}}},
          EventsDurable{"postings", 5},
          CursorMove{"postings", 5, "cursor"},
          CursorDurable{"postings", 5},
          SourceReport{"postings", 4, "E1", "gap", "from", "to"},
          Dispatch{{full_dispatch(), DispatchEntry{}}},
          Outcomes{{full_outcome(), OutcomeEntry{}}},
          WebhookRequest{1, "events", "POST", "a=b", "body", {{"content-type", "text/plain"}}},
          WebhookAnswer{1, 1, 200, "text/plain", "ok", "why"},
          Control{ControlVerb::check, 3},
          Health{3, {{2, "login", "fine"}}},
          Heartbeat{},
          Goodbye{"stopped"}};
}

Bytes encoded(const Body& body) {
  Bytes out;
  encode(Header{6, 7}, body, out);
  return out;
}

class EveryFrame : public ::testing::TestWithParam<std::size_t> {
 protected:
  const std::vector<Body> all_ = one_of_each();
  const Body& body() const { return all_[GetParam()]; }
};

TEST_P(EveryFrame, ComesBackAsItWas) {
  const Bytes bytes = encoded(body());
  const auto frame = decode(bytes);
  ASSERT_TRUE(frame) << frame.error().reason;
  EXPECT_EQ(frame->header.epoch, 6u);
  EXPECT_EQ(frame->header.sequence, 7u);
  EXPECT_EQ(frame->body.index(), GetParam());
  EXPECT_EQ(encoded(frame->body), bytes);
}

TEST_P(EveryFrame, IsRefusedWhenCutAnywhere) {
  const Bytes bytes = encoded(body());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(ByteView(bytes).substr(0, size))) << size << " of " << bytes.size();
  }
}

TEST_P(EveryFrame, IsRefusedWithBytesBehind) {
  const auto frame = decode(encoded(body()) + '\xc0');
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, Code::corrupted);
  EXPECT_NE(frame.error().reason.find("1 bytes follow"), std::string::npos);
}

TEST_P(EveryFrame, NeverBreaksTheReaderWhenBytesChange) {
  std::minstd_rand random(static_cast<unsigned>(GetParam() + 1));
  for (int round = 0; round < 2000; ++round) {
    Bytes bytes = encoded(body());
    for (int change = 0; change < 3; ++change) {
      bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    }
    const auto frame = decode(bytes);
    if (frame) {
      // What was accepted is whole: it can be written again.
      EXPECT_TRUE(decode(encoded(frame->body)));
    } else {
      EXPECT_FALSE(frame.error().reason.empty());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Frames, EveryFrame, ::testing::Range(std::size_t{0}, std::size_t{16}));

TEST(Frames, KeepEveryFieldOfAnOutcome) {
  const Bytes bytes = encoded(Outcomes{{full_outcome()}});
  const auto frame = decode(bytes);
  ASSERT_TRUE(frame);
  const OutcomeEntry& outcome = std::get<Outcomes>(frame->body).entries.at(0);
  EXPECT_EQ(outcome.delivery, 77u);
  EXPECT_EQ(outcome.attempt, 3u);
  EXPECT_EQ(outcome.verb, Verb::poll);
  EXPECT_EQ(outcome.kind, 8u);
  EXPECT_EQ(outcome.after_ms, 1500);
  EXPECT_EQ(outcome.code, "http_503");
  EXPECT_EQ(outcome.token, "t-1");
  EXPECT_EQ(outcome.map_revision, "abc");
  EXPECT_EQ(outcome.follow_ups, (std::vector<ByteView>{"one", "two"}));
}

// The worked example of docs/wire-protocol.md.
TEST(Frames, HaveTheBytesThatTheDocumentShows) {
  EXPECT_EQ(encoded(Heartbeat{}), "\x94\x01\x0f\x06\x07");
}

TEST(Frames, KeepANegativeWait) {
  const Bytes bytes = encoded(Outcomes{{OutcomeEntry{}}});
  EXPECT_EQ(std::get<Outcomes>(decode(bytes)->body).entries.at(0).after_ms, -1);
}

TEST(Frames, NameTheirKinds) {
  EXPECT_EQ(kind_of(Hello{}), FrameKind::hello);
  EXPECT_EQ(kind_of(Goodbye{}), FrameKind::goodbye);
  EXPECT_EQ(name_of(FrameKind::cursor_move), "cursor_move");
  EXPECT_EQ(name_of(FrameKind::goodbye), "goodbye");
}

Bytes raw_frame(std::uint64_t version, std::uint64_t kind, std::uint32_t fields = 5) {
  Bytes bytes;
  Packer(bytes).array(fields).unsigned_integer(version).unsigned_integer(kind);
  Packer(bytes).unsigned_integer(1).unsigned_integer(1);
  return bytes;
}

TEST(Frames, RefuseAnotherVersionByName) {
  const auto frame = decode(raw_frame(2, 3));
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, Code::unsupported);
  EXPECT_NE(frame.error().reason.find("version 2"), std::string::npos);
}

TEST(Frames, RefuseUnknownKinds) {
  EXPECT_EQ(decode(raw_frame(1, 0)).error().code, Code::unsupported);
  EXPECT_EQ(decode(raw_frame(1, 17)).error().code, Code::unsupported);
  EXPECT_EQ(decode(raw_frame(1, UINT64_MAX)).error().code, Code::unsupported);
}

TEST(Frames, RefuseAWrongNumberOfFields) {
  const auto frame = decode(raw_frame(1, 3, 6) + "\xa0\xa0");
  ASSERT_FALSE(frame);
  EXPECT_NE(frame.error().reason.find("refuse frame of 5 fields, but one of 6"), std::string::npos);
}

TEST(Frames, RefuseWhatIsNoArray) {
  for (const char* bytes : {"", "\xc0", "\x81\xa1k\x01", "text"}) {
    EXPECT_EQ(decode(bytes).error().code, Code::corrupted);
  }
}

// A list that states four billion entries must not cost memory.
TEST(Frames, RefuseHostileCounts) {
  const Bytes many("\xdd\xff\xff\xff\xff", 5);
  EXPECT_FALSE(decode(raw_frame(1, 9) + many));
  EXPECT_FALSE(decode(raw_frame(1, 10) + many));
  EXPECT_FALSE(decode(raw_frame(1, 4, 8) + "\xa1s\x01" + many));
  EXPECT_FALSE(decode(many));
}

TEST(Frames, RefuseMoreEntriesThanTheLimit) {
  const std::vector<ByteView> most(frame_entries_max, "e");
  EXPECT_TRUE(decode(encoded(Events{"s", 1, most, {}})));
  const std::vector<ByteView> more(frame_entries_max + 1, "e");
  EXPECT_FALSE(decode(encoded(Events{"s", 1, more, {}})));
}

TEST(Frames, RefuseWhatIsLargerThanAFrame) {
  const Bytes body(limits::frame_bytes_max, 'x');
  const auto frame = decode(encoded(Refuse{body}));
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, Code::exhausted);
}

TEST(Frames, RefuseVerbsOutsideTheirList) {
  DispatchEntry entry;
  entry.verb = static_cast<Verb>(5);
  EXPECT_FALSE(decode(encoded(Dispatch{{entry}})));
  entry.verb = static_cast<Verb>(0);
  EXPECT_FALSE(decode(encoded(Dispatch{{entry}})));
  EXPECT_FALSE(decode(encoded(Control{static_cast<ControlVerb>(6), 0})));
}

}  // namespace
}  // namespace perennial::wire
