#include "runtime/policy/retry.hpp"

#include <algorithm>

namespace perennial::policy {

TimeMs backoff(const RetryPolicy& policy, std::uint32_t tries, Random& random) {
  TimeMs ceiling = std::max<TimeMs>(policy.wait_ms_min, 1);
  for (std::uint32_t doubling = 0; doubling < tries && ceiling < policy.wait_ms_max; ++doubling) {
    ceiling *= 2;
  }
  ceiling = std::min(ceiling, policy.wait_ms_max);
  return static_cast<TimeMs>(random.below(static_cast<std::uint64_t>(ceiling) + 1));
}

bool is_exhausted(const RetryPolicy& policy, std::uint32_t tries) {
  return tries >= policy.tries_max;
}

}  // namespace perennial::policy
