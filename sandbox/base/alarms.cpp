#include "sandbox/base/alarms.hpp"

namespace perennial::sandbox {

Alarms::Alarms(const Clock& clock, std::mutex& estate_mutex)
    : clock_(clock), estate_mutex_(estate_mutex) {}

Alarms::~Alarms() {
  stop();
}

void Alarms::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
}

void Alarms::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Alarms::at(SteadyTime due, std::function<void()> action) {
  const std::lock_guard lock(mutex_);
  actions_.emplace(due, std::move(action));
  changed_.notify_all();
}

void Alarms::after(std::chrono::milliseconds wait, std::function<void()> action) {
  at(clock_.steady() + wait, std::move(action));
}

std::function<void()> Alarms::take_due() {
  const std::lock_guard lock(mutex_);
  if (actions_.empty() || actions_.begin()->first > clock_.steady()) return {};
  std::function<void()> action = std::move(actions_.begin()->second);
  actions_.erase(actions_.begin());
  return action;
}

void Alarms::run_due() {
  while (auto action = take_due()) action();
}

std::size_t Alarms::pending() const {
  const std::lock_guard lock(mutex_);
  return actions_.size();
}

void Alarms::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (actions_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const SteadyTime now = clock_.steady();
    const SteadyTime due = actions_.begin()->first;
    if (due > now) {
      changed_.wait_for(lock, due - now);
      continue;
    }
    lock.unlock();
    {
      const std::lock_guard estate_lock(estate_mutex_);
      run_due();
    }
    lock.lock();
  }
}

}  // namespace perennial::sandbox
