// Two clocks: the business clock, which can be told the time, and the steady clock of the machine.
//
// Thread:  safe from any thread.
// Limits:  token lifetimes and signature ages use `wall`, which no one can set, because both ends
// of a
//          connection must agree on them.
#pragma once

#include <atomic>
#include <chrono>

#include "sandbox/base/calendar.hpp"

namespace perennial::sandbox {

using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  Instant now() const;   // business time: what records, events and dates are stamped with
  Instant wall() const;  // the machine's time of day
  SteadyTime steady() const;

  void set(Instant now);
  void advance(std::chrono::milliseconds by);
  // Moves the steady clock ahead, so that a test can outlive a waiting time without waiting.
  void skip(std::chrono::milliseconds by);

 private:
  std::atomic<std::int64_t> offset_ms_{0};
  std::atomic<std::int64_t> skipped_ms_{0};
};

}  // namespace perennial::sandbox
