// Time, chance and order of a simulated world: everything that happens is an action in one queue.
//
// Thread:  one; a world shares nothing with another.
// Rule:    actions of the same time run in the order in which they were put in, so a seed is a run.
#pragma once

#include <functional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/hash.hpp"
#include "tests/simulation/faults.hpp"

namespace perennial::simulation {

class Clockwork final : public Clock {
 public:
  explicit Clockwork(std::uint64_t seed) : chance_(seed * 0x9E3779B97F4A7C15ULL + 1) {}

  // What the runtime sees; jumps as the operating system's clock does.
  TimeMs now_ms() override { return now_ + offset_; }
  std::int64_t monotonic_us() override { return now_ * 1000; }
  // What really passed.
  [[nodiscard]] TimeMs now() const { return now_; }
  void jump(TimeMs by) {
    offset_ += by;
    (by > 0 ? last_forward_ : last_back_) = now_;
  }
  // When the clock last jumped forward, in real time; -1 = never.
  [[nodiscard]] TimeMs last_forward() const { return last_forward_; }
  [[nodiscard]] TimeMs last_back() const { return last_back_; }

  void after(TimeMs wait, std::function<void()> action) {
    actions_.push({now_ + wait, next_++, std::move(action)});
  }
  // Runs the next action; false when there is none.
  bool step() {
    if (actions_.empty()) return false;
    Action action = std::move(const_cast<Action&>(actions_.top()));
    actions_.pop();
    now_ = action.time;
    action.run();
    return true;
  }

  [[nodiscard]] std::uint64_t draw(std::uint64_t bound) { return chance_.below(bound); }
  [[nodiscard]] std::uint64_t draw() { return chance_.next(); }
  [[nodiscard]] TimeMs between(TimeMs low, TimeMs high) {
    return low + static_cast<TimeMs>(draw(static_cast<std::uint64_t>(high - low + 1)));
  }
  // True once in `times`; never when it is 0. Faults ask through here and stop when they are over.
  [[nodiscard]] bool one_in(std::uint64_t times) { return times != 0 && draw(times) == 0; }

  void count(Fault fault) { counts_.add(fault); }
  [[nodiscard]] const FaultCounts& counts() const { return counts_; }

  // The first violation stands; the run ends with it.
  void violate(std::string what) {
    if (violation_.empty()) violation_ = std::move(what);
  }
  [[nodiscard]] const std::string& violation() const { return violation_; }

  // Folds what was written and sent into one number, to compare two runs of a seed.
  void note(ByteView bytes) { digest_ = (digest_ * 0x100000001B3ULL) ^ hash64(bytes); }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

  bool is_calm = false;  // faults are over: whatever is open must settle now

 private:
  struct Action {
    TimeMs time = 0;
    std::uint64_t order = 0;
    std::function<void()> run;
  };
  struct Later {
    bool operator()(const Action& left, const Action& right) const {
      return std::pair(left.time, left.order) > std::pair(right.time, right.order);
    }
  };

  Random chance_;
  TimeMs now_ = 0;
  TimeMs offset_ = 1'700'000'000'000;
  TimeMs last_forward_ = -1;
  TimeMs last_back_ = -1;
  std::uint64_t next_ = 0;
  std::priority_queue<Action, std::vector<Action>, Later> actions_;
  FaultCounts counts_;
  std::string violation_;
  std::uint64_t digest_ = 0;
};

}  // namespace perennial::simulation
