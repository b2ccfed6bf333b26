#include "runtime/pipeline/schedule.hpp"

namespace perennial::pipeline {

std::optional<Position> Schedule::pop_ready(state::Symbol connector) {
  auto& queue = ready_[connector];
  if (queue.empty()) return std::nullopt;
  const Position delivery = queue.front();
  queue.pop_front();
  return delivery;
}

std::size_t Schedule::ready_count(state::Symbol connector) const {
  const auto found = ready_.find(connector);
  return found == ready_.end() ? 0 : found->second.size();
}

std::optional<Timer> Schedule::pop_due(TimeMs now) {
  if (timers_.empty() || timers_.top().due > now) return std::nullopt;
  Timer timer = timers_.top();
  timers_.pop();
  return timer;
}

}  // namespace perennial::pipeline
