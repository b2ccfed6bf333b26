// Starts connector hosts as child processes, watches them, starts them again, stops them.
//
// Place:   host_set owns one.
// Thread:  a thread of its own forks and watches, and lives as long as the children: the kernel
// ties
//          "dies with its parent" to the thread that forked. Public functions may be called from
//          any thread; callbacks come on the supervisor's thread.
// Owns:    only its own children, held by pidfd, so that no signal ever reaches a reused pid.
// Errors:  start() tells what the child said when the connector can't work; a crash is started anew
//          with backoff and shown in status().
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/status.hpp"
#include "runtime/host/connector_host.hpp"
#include "runtime/host/connector_spec.hpp"

namespace perennial::host {

struct SupervisorOptions {
  std::string host_binary;  // path of perennial-host
  std::int64_t backoff_ms_min = 200;
  std::int64_t backoff_ms_max = 30'000;
  std::int64_t healthy_ms = 60'000;   // up for this long: the backoff begins anew
  std::int64_t starting_ms = 30'000;  // a child that is not started by then is killed
  std::function<void(const std::string& connector, std::uint32_t level, std::string_view text)> log;
  // A child ended, whatever the reason; before it is started again.
  std::function<void(const std::string& connector, std::uint64_t pid, const std::string& how)>
      on_exit;
};

struct ChildStatus {
  std::string connector;
  pid_t pid = 0;  // 0 = not running
  bool is_started = false;
  std::uint32_t restarts = 0;
  std::string last_exit;  // "killed by signal 6 (Aborted)"; empty = never ended
  HostStatus host;        // as the child told last
};

class Supervisor {
 public:
  explicit Supervisor(SupervisorOptions options);
  // Stops what runs.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Returns when the child has started its plugin, said why it can't, or ended.
  [[nodiscard]] Status start(const ConnectorSpec& spec);
  // Asks all children to stop, waits, kills the rest. Nothing is started again.
  void stop_all(std::int64_t deadline_ms);
  [[nodiscard]] std::vector<ChildStatus> status() const;

 private:
  class Watch;
  std::unique_ptr<Watch> watch_;
};

}  // namespace perennial::host
