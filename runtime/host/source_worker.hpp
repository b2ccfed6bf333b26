// One thread that polls one source: paces, backs off, maps, hands rounds over, acknowledges.
//
// Place:   connector_host's I/O thread owns it and tells it what became of its rounds.
// Thread:  run() is its own; the rest is the I/O thread's.
// Errors:  the plugin answers, this waits: backoff by result, interruptible, reported when the
// state
//          changes.
// Limits:  rounds_max rounds and limits::credit_bytes bytes on their way to disk; then it waits.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "runtime/host/host_shared.hpp"
#include "runtime/host/mapper.hpp"

namespace perennial::host {

struct SourceBegin {
  Bytes cursor;       // the last journaled one
  std::string start;  // without a cursor, and unless empty: instead of the configured start
};

class SourceWorker {
 public:
  SourceWorker(std::shared_ptr<HostShared> shared, const SourceManifest& manifest, SourceSpec spec);
  ~SourceWorker();
  SourceWorker(const SourceWorker&) = delete;
  SourceWorker& operator=(const SourceWorker&) = delete;

  [[nodiscard]] const std::string& name() const { return spec_.name; }

  // Every partition is connected; polls begin at the journaled cursor. Rounds carry `generation`.
  void open(std::uint64_t generation, SourceBegin begin);
  // The connection is over: no more polls, earlier rounds are forgotten.
  void close();
  void set_paused(bool is_paused);
  // A round reached the disk with its cursor.
  void round_durable(const Round& round);

  // Halts an overdue map; true once for each poll that is past its deadline.
  [[nodiscard]] bool watch();
  void request_stop();
  // Waits for the thread; false when it is still inside the plugin, and then lets it go.
  [[nodiscard]] bool join_until(std::int64_t monotonic_us);

 private:
  // Shared with the thread, which may outlive the worker.
  struct Gate;
  static void run(const std::shared_ptr<Gate>& gate);

  const SourceSpec spec_;
  std::shared_ptr<Gate> gate_;
  std::thread thread_;
};

}  // namespace perennial::host
