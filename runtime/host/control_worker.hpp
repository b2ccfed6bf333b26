// One thread for what a plugin allows one at a time: webhooks and checks of health.
//
// Place:   connector_host's I/O thread owns it.
// Thread:  run() is its own; the rest is the I/O thread's.
// Errors:  a request that is not answered in its time is answered with try_again (HTTP 503), so
// that
//          the sender repeats it; a call that never returns blocks the ones behind it, which are
//          answered the same way.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "runtime/host/host_shared.hpp"

namespace perennial::host {

class ControlWorker {
 public:
  explicit ControlWorker(std::shared_ptr<HostShared> shared);
  ~ControlWorker();
  ControlWorker(const ControlWorker&) = delete;
  ControlWorker& operator=(const ControlWorker&) = delete;

  // Copies what the request borrows.
  void receive(std::size_t partition, const wire::WebhookRequest& request);
  void check(std::size_t partition, std::uint64_t request);

  // Answers what is overdue. True once for a call that does not return.
  [[nodiscard]] bool watch();
  // Forgets what waits: the connection that asked is over.
  void forget();
  [[nodiscard]] bool is_idle() const;
  void request_stop();
  [[nodiscard]] bool join_until(std::int64_t monotonic_us);

 private:
  struct Desk;
  static void run(const std::shared_ptr<Desk>& desk);

  std::shared_ptr<Desk> desk_;
  std::thread thread_;
};

}  // namespace perennial::host
