// All connector hosts of one runtime, wherever each runs.
//
// Place:   app/runtime starts one; admin reads states().
// Thread:  any; callbacks come from threads of the hosts.
// Errors:  start() says why a connector can't work. What happens later is in states() and the log.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/base/status.hpp"
#include "runtime/host/connector_host.hpp"
#include "runtime/host/connector_spec.hpp"
#include "runtime/host/supervisor.hpp"
#include "runtime/wire/hub.hpp"

namespace perennial::host {

enum class Hosting : std::uint8_t { in_process = 1, process };

struct HostSetOptions {
  std::string host_binary;  // perennial-host; needed for Hosting::process only
  std::function<void(const std::string& connector, std::uint32_t level, std::string_view text)> log;
  // A host is over: its epoch ended. `pid` is this process's own for one in process.
  std::function<void(const std::string& connector, std::uint64_t pid, const std::string& how)>
      on_exit;
  // Too many threads are lost in a plugin in process: this process has to start anew.
  std::function<void(const std::string& connector, const std::string& what)> on_exhausted;
  SupervisorOptions supervision;  // times only; the rest is filled from above
};

struct HostState {
  std::string connector;
  Hosting hosting = Hosting::in_process;
  std::uint64_t pid = 0;  // 0 = not running
  bool is_running = false;
  bool is_connected = false;
  bool is_paused = false;
  std::uint32_t restarts = 0;
  std::uint64_t misuses = 0;
  std::uint32_t threads_written_off = 0;
  std::string last_exit;  // how it ended last, or why it lost its connection
};

class HostSet {
 public:
  // `bus` and `clock` outlive the set.
  HostSet(wire::Bus& bus, Clock& clock, HostSetOptions options);
  ~HostSet();
  HostSet(const HostSet&) = delete;
  HostSet& operator=(const HostSet&) = delete;

  [[nodiscard]] Status start(ConnectorSpec spec, Hosting hosting);
  // Asks all to stop and waits; children that do not end by then are killed.
  void stop_all(std::int64_t deadline_ms);
  [[nodiscard]] std::vector<HostState> states() const;

 private:
  [[nodiscard]] Status start_in_process(ConnectorSpec spec);
  [[nodiscard]] Supervisor& supervisor();

  wire::Bus& bus_;
  Clock& clock_;
  const HostSetOptions options_;
  mutable std::mutex mutex_;  // guards the two below
  std::map<std::string, std::unique_ptr<ConnectorHost>> hosts_;
  std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace perennial::host
