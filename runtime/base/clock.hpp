// The only doors to time and chance. Pure code gets their values as arguments.
#pragma once

#include <cstdint>

#include "runtime/base/ids.hpp"

namespace perennial {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimeMs now_ms() = 0;
  // Never goes back; for measuring, not for records.
  [[nodiscard]] virtual std::int64_t monotonic_us() = 0;
};

// Thread: shared by all threads; it has no state.
class SystemClock final : public Clock {
 public:
  TimeMs now_ms() override;
  std::int64_t monotonic_us() override;
};

// SplitMix64: small, seedable, the same numbers on every machine. Not for secrets.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next();
  // Uniform in [0, bound); 0 when bound is 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);

 private:
  std::uint64_t state_;
};

}  // namespace perennial
