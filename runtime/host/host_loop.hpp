// The I/O thread of a connector host.
//
// Place:   connector_host.cpp makes it; nobody else includes this.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "runtime/host/connector_host.hpp"
#include "runtime/host/control_worker.hpp"
#include "runtime/host/host_links.hpp"
#include "runtime/host/host_shared.hpp"
#include "runtime/host/round_book.hpp"
#include "runtime/host/source_worker.hpp"
#include "runtime/host/worker_pool.hpp"

namespace perennial::host {

class ConnectorHost::Loop {
 public:
  Loop(std::shared_ptr<HostShared> shared, wire::Bus& bus, HostCallbacks callbacks);
  ~Loop();

  void start();
  void request_stop();
  void join();
  [[nodiscard]] HostStatus status() const;

 private:
  void run();
  [[nodiscard]] Status turn();
  [[nodiscard]] std::chrono::milliseconds wait_time() const;
  // Starts over with every partition; waits a little longer each time in a row.
  [[nodiscard]] Status restart(const std::string& reason);

  void on_frame(std::size_t partition, const wire::Frame& frame,
                const std::shared_ptr<const Bytes>& bytes);
  [[nodiscard]] Status on_body(std::size_t partition, const wire::Frame& frame,
                               const std::shared_ptr<const Bytes>& bytes);
  void on_welcome(std::size_t partition, const wire::Welcome& welcome);
  void on_dispatch(std::size_t partition, const wire::Dispatch& dispatch,
                   const std::shared_ptr<const Bytes>& bytes);
  void on_control(std::size_t partition, const wire::Control& control);
  void set_paused(std::size_t partition, bool is_paused);

  [[nodiscard]] Status send_outgoing();
  [[nodiscard]] Status send_one(Outgoing& outgoing);
  [[nodiscard]] Status send_finished(const std::vector<Finished>& finished);
  [[nodiscard]] Status send_outcomes();
  [[nodiscard]] Status send_report(const OwnedReport& report);
  [[nodiscard]] Status send_health(const HealthDone& done);
  void on_round_durable(const Round& round);
  void watch();
  void write_off(const std::string& what);

  void begin_stop();
  [[nodiscard]] bool may_end() const;
  void end(const Status& reason);
  void update_status();

  std::shared_ptr<HostShared> shared_;
  HostCallbacks callbacks_;
  HostLinks links_;
  RoundBook book_;
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<ControlWorker> control_;
  std::vector<std::unique_ptr<SourceWorker>> sources_;

  std::map<std::string, SourceBegin, std::less<>> starts_;  // from the welcomes
  std::set<std::size_t> paused_by_;
  std::uint64_t generation_ = 0;
  std::uint32_t restarts_in_row_ = 0;
  std::uint32_t threads_lost_ = 0;
  std::int64_t stop_due_us_ = 0;                 // 0 = not stopping
  std::vector<std::vector<Finished>> outcomes_;  // by partition, of this turn
  Status failure_;                               // of a frame's handler
  std::string stop_reason_ = "stopped";

  std::atomic<bool> is_stop_asked_{false};
  mutable std::mutex mutex_;  // guards status_
  HostStatus status_;
  std::thread thread_;
};

}  // namespace perennial::host
