// When a delivery that was surely not applied is tried again, and when to give up.
//
// Place:   pure; decided by pipeline/partition with time and chance passed in.
// Format:  exponential backoff with full jitter: uniform in [0, min(wait_max, wait_min * 2^tries)]
// (Brooker, "Exponential
//          Backoff And Jitter", AWS Architecture Blog, 2015).
#pragma once

#include <cstdint>

#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"

namespace perennial::policy {

struct RetryPolicy {
  TimeMs wait_ms_min = 500;
  TimeMs wait_ms_max = 60'000;
  std::uint32_t tries_max = 12;  // attempts that count; 12 reach over half an hour at the defaults
};

// Wait before the next attempt, after `tries` counted ones.
[[nodiscard]] TimeMs backoff(const RetryPolicy& policy, std::uint32_t tries, Random& random);
[[nodiscard]] bool is_exhausted(const RetryPolicy& policy, std::uint32_t tries);

}  // namespace perennial::policy
