// Hosts one connector: the loop between a plugin and the partitions, the same in process and in a
// child.
//
// Place:   started by host_set (in process) and host_main (child).
// Thread:  one I/O thread, one for each source, workers for operations, one for webhooks and
// health.
//          Public functions may be called from any thread; callbacks come on the I/O thread.
// Errors:  start() fails when the plugin, its mappings or its configuration can't work. Later the
//          host ends by itself only when a partition refuses it or too many threads are lost inside
//          the plugin.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/base/clock.hpp"
#include "runtime/base/status.hpp"
#include "runtime/host/connector_spec.hpp"
#include "runtime/host/host_services.hpp"
#include "runtime/wire/hub.hpp"

namespace perennial::host {

struct HostCallbacks {
  // Any thread; one that is written off may log even after the host is gone.
  Log log;
  // A call does not return. Set in a child, which then ends itself; unset, the thread is written
  // off.
  std::function<void(const std::string& what)> on_stuck;
  // As many threads as may be lost are lost: the process has to start anew.
  std::function<void(const std::string& what)> on_exhausted;
  // The I/O thread ends; the reason is an error unless the host was asked to stop.
  std::function<void(const Status&)> on_end;
};

struct HostStatus {
  bool is_connected = false;
  bool is_paused = false;
  bool has_ended = false;
  std::string reason;  // why it ended, or why it last lost its connection
  std::uint64_t misuses = 0;
  std::uint32_t threads_written_off = 0;
  std::uint32_t reconnects = 0;
};

class ConnectorHost {
 public:
  // `bus` and `clock` outlive the host; the clock also outlives every thread that it loses.
  [[nodiscard]] static Result<std::unique_ptr<ConnectorHost>> start(ConnectorSpec spec,
                                                                    wire::Bus& bus, Clock& clock,
                                                                    HostCallbacks callbacks);
  // Stops and waits.
  ~ConnectorHost();
  ConnectorHost(const ConnectorHost&) = delete;
  ConnectorHost& operator=(const ConnectorHost&) = delete;

  // Ends the sources, lets running calls end, says goodbye. Returns at once.
  void request_stop();
  // Waits for the end.
  void join();
  [[nodiscard]] HostStatus status() const;

 private:
  class Loop;
  explicit ConnectorHost(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace perennial::host
