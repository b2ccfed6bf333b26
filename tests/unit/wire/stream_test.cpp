#include "runtime/wire/stream.hpp"

#include <gtest/gtest.h>

namespace perennial::wire {
namespace {

Status pass(Stream& from, Stream& to) {
  const Bytes bytes = from.next(Heartbeat{});
  return to.accept(decode(bytes)->header);
}

TEST(Stream, AcceptsFramesInTheirOrder) {
  Stream host;
  Stream partition;
  EXPECT_TRUE(pass(host, partition));
  partition.set_epoch(9);
  host.set_epoch(9);
  EXPECT_TRUE(pass(partition, host));
  EXPECT_TRUE(pass(host, partition));
  EXPECT_TRUE(pass(host, partition));
}

TEST(Stream, RefusesAGap) {
  Stream host;
  Stream partition;
  EXPECT_TRUE(pass(host, partition));
  const Bytes lost = host.next(Heartbeat{});
  const auto status = pass(host, partition);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().reason.find("expected frame 2 of epoch 0, but frame 3 came"),
            std::string::npos);
}

TEST(Stream, RefusesARepetition) {
  Stream partition;
  EXPECT_TRUE(partition.accept({0, 1}));
  EXPECT_FALSE(partition.accept({0, 1}));
}

TEST(Stream, RefusesAForeignEpoch) {
  Stream host;
  host.set_epoch(4);
  const auto status = host.accept({3, 1});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::refused);
  EXPECT_TRUE(host.accept({4, 1}));
}

}  // namespace
}  // namespace perennial::wire
