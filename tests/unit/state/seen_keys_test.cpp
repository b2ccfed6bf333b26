#include "runtime/state/seen_keys.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "runtime/base/clock.hpp"

namespace perennial::state {
namespace {

std::vector<Fingerprint> keys_of(std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::vector<Fingerprint> keys;
  for (std::size_t index = 0; index < count; ++index) {
    keys.push_back({random.next(), random.next()});
  }
  return keys;
}

TEST(SeenKeys, KnowsEveryInsertedKeyAndNoOtherThroughItsGrowth) {
  SeenKeys seen;
  const auto keys = keys_of(1, 100'000);
  const auto others = keys_of(2, 100'000);

  for (const Fingerprint& key : keys) ASSERT_TRUE(seen.insert(key));

  EXPECT_EQ(seen.size(), keys.size());
  for (const Fingerprint& key : keys) ASSERT_TRUE(seen.contains(key));
  for (const Fingerprint& key : others) ASSERT_FALSE(seen.contains(key));
  for (const Fingerprint& key : keys) ASSERT_FALSE(seen.insert(key));
  EXPECT_EQ(seen.size(), keys.size());
}

TEST(SeenKeys, TakesAtMostTwentyBytesAKeyAtAnySize) {
  SeenKeys seen;
  for (const Fingerprint& key : keys_of(3, 300'000)) {
    seen.insert(key);
    if (seen.size() >= 50'000 && seen.size() % 997 == 0) {
      ASSERT_LE(seen.bytes(), 20 * seen.size()) << "at " << seen.size();
    }
  }
}

TEST(SeenKeys, WrapsAroundTheEndOfATable) {
  SeenKeys seen;
  std::vector<Fingerprint> last;
  for (std::uint64_t index = 0; index < 200; ++index) last.push_back({index + 1, ~index});

  for (const Fingerprint& key : last) ASSERT_TRUE(seen.insert(key));

  for (const Fingerprint& key : last) ASSERT_TRUE(seen.contains(key));
}

}  // namespace
}  // namespace perennial::state
