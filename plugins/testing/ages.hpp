// How old the deliveries of a load were when they came: a histogram, told by the check of health.
//
// Thread:  any.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace testing_connector {

class Ages {
 public:
  // Births and arrival in CLOCK_MONOTONIC microseconds. What was born before `from_us` is counted
  // but has no age: it met cold caches.
  void add(const std::vector<std::int64_t>& births_us, std::int64_t now_us, std::int64_t from_us) {
    const std::lock_guard lock(mutex_);
    for (const std::int64_t born_us : births_us) {
      first_born_us_ = count_ == 0 ? born_us : std::min(first_born_us_, born_us);
      ++count_;
      if (born_us < from_us) continue;
      ++buckets_[bucket_of(
          static_cast<std::uint64_t>(std::max<std::int64_t>(now_us - born_us, 0)))];
      ++aged_;
    }
  }

  [[nodiscard]] bool is_empty() const {
    const std::lock_guard lock(mutex_);
    return count_ == 0;
  }

  // "count=N p50_us=N p99_us=N first_born_us=N"
  [[nodiscard]] std::string to_text() const {
    const std::lock_guard lock(mutex_);
    return "count=" + std::to_string(count_) + " p50_us=" + std::to_string(quantile(0.50)) +
           " p99_us=" + std::to_string(quantile(0.99)) +
           " first_born_us=" + std::to_string(first_born_us_);
  }

 private:
  // 32 buckets for each power of two: 3 % resolution.
  static constexpr unsigned steps_bits = 5;
  static constexpr std::uint64_t steps = 1U << steps_bits;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < steps) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - steps_bits - 1;
    const std::uint64_t bucket = (shift + 1) * steps + (value >> shift) - steps;
    return std::min<std::uint64_t>(bucket, bucket_count - 1);
  }
  static std::uint64_t value_of(std::size_t bucket) {
    if (bucket < steps) return bucket;
    const auto shift = static_cast<unsigned>(bucket / steps) - 1;
    return (steps + bucket % steps) << shift;
  }
  [[nodiscard]] std::uint64_t quantile(double part) const {
    const auto rank = static_cast<std::uint64_t>(part * static_cast<double>(aged_));
    std::uint64_t before = 0;
    for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
      before += buckets_[bucket];
      if (before > rank) return value_of(bucket);
    }
    return 0;
  }

  static constexpr std::size_t bucket_count = 40 * steps;
  mutable std::mutex mutex_;  // guards all below
  std::array<std::uint64_t, bucket_count> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t aged_ = 0;
  std::int64_t first_born_us_ = 0;
};

}  // namespace testing_connector
