#include "runtime/policy/retry.hpp"

#include <gtest/gtest.h>

namespace perennial::policy {
namespace {

TEST(Retry, JittersOverTheWholeDoublingWaitUpToItsMaximum) {
  const RetryPolicy policy{100, 1'000, 5};
  Random random(1);
  TimeMs longest_first = 0;
  TimeMs longest_late = 0;
  for (int round = 0; round < 2'000; ++round) {
    longest_first = std::max(longest_first, backoff(policy, 0, random));
    longest_late = std::max(longest_late, backoff(policy, 30, random));
  }

  EXPECT_LE(longest_first, 100);
  EXPECT_GT(longest_first, 90);
  EXPECT_LE(longest_late, 1'000);
  EXPECT_GT(longest_late, 950);
}

TEST(Retry, IsExhaustedAtTheMaximum) {
  const RetryPolicy policy{100, 1'000, 5};

  EXPECT_FALSE(is_exhausted(policy, 4));
  EXPECT_TRUE(is_exhausted(policy, 5));
}

TEST(Random, GivesTheSameNumbersFromTheSameSeed) {
  Random one(42);
  Random other(42);
  for (int round = 0; round < 100; ++round) EXPECT_EQ(one.below(1'000), other.below(1'000));
  EXPECT_EQ(one.below(0), 0U);
}

}  // namespace
}  // namespace perennial::policy
