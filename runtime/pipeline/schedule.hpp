// What is due when: a view over the state that is rebuilt after a restart, never written down.
//
// Thread:  the partition's thread only.
// Owns:    nothing of the state; holds ids and times. A stale entry is harmless: whoever takes one
// looks at the state.
#pragma once

#include <deque>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/base/ids.hpp"
#include "runtime/state/tables.hpp"

namespace perennial::pipeline {

struct Timer {
  TimeMs due = 0;
  Position delivery = 0;  // or
  std::string join;       // id of State::joins(), or
  std::string connector;  // whose hold ends
};

class Schedule {
 public:
  // Deliveries that may go to the connector's host now, in the order in which they became ready.
  void make_ready(state::Symbol connector, Position delivery) {
    ready_[connector].push_back(delivery);
  }
  [[nodiscard]] std::optional<Position> pop_ready(state::Symbol connector);
  void put_back(state::Symbol connector, Position delivery) {
    ready_[connector].push_front(delivery);
  }
  [[nodiscard]] std::size_t ready_count(state::Symbol connector) const;

  void at(Timer timer) { timers_.push(std::move(timer)); }
  // Removes and gives one timer that is due; call until there is none.
  [[nodiscard]] std::optional<Timer> pop_due(TimeMs now);
  // 0 = nothing waits.
  [[nodiscard]] TimeMs next_due() const { return timers_.empty() ? 0 : timers_.top().due; }

 private:
  struct Later {
    bool operator()(const Timer& left, const Timer& right) const { return left.due > right.due; }
  };
  std::unordered_map<state::Symbol, std::deque<Position>> ready_;
  std::priority_queue<Timer, std::vector<Timer>, Later> timers_;
};

}  // namespace perennial::pipeline
