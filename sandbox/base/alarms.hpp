// Things that happen by themselves after a while: a customer pays, a late effect lands.
//
// Thread:  one thread of its own runs the actions, holding the mutex given at construction.
// Owns:    that thread; borrows the clock and the mutex, which must outlive it.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "sandbox/base/clock.hpp"

namespace perennial::sandbox {

class Alarms {
 public:
  Alarms(const Clock& clock, std::mutex& estate_mutex);
  ~Alarms();
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

  void start();
  void stop();
  // May be called with or without the estate's mutex held.
  void at(SteadyTime due, std::function<void()> action);
  void after(std::chrono::milliseconds wait, std::function<void()> action);
  // Runs what is due on the calling thread, which must hold the estate's mutex.
  void run_due();
  std::size_t pending() const;

 private:
  void loop();
  std::function<void()> take_due();

  const Clock& clock_;
  std::mutex& estate_mutex_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<SteadyTime, std::function<void()>> actions_;  // guarded by mutex_
  bool stopping_ = false;                                     // guarded by mutex_
  std::thread thread_;
};

}  // namespace perennial::sandbox
