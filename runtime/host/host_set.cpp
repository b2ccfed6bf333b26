#include "runtime/host/host_set.hpp"

#include <unistd.h>

namespace perennial::host {

HostSet::HostSet(wire::Bus& bus, Clock& clock, HostSetOptions options)
    : bus_(bus), clock_(clock), options_(std::move(options)) {}

HostSet::~HostSet() {
  stop_all(0);
}

Supervisor& HostSet::supervisor() {
  const std::lock_guard lock(mutex_);
  if (!supervisor_) {
    SupervisorOptions options = options_.supervision;
    options.host_binary = options_.host_binary;
    options.log = options_.log;
    options.on_exit = options_.on_exit;
    supervisor_ = std::make_unique<Supervisor>(std::move(options));
  }
  return *supervisor_;
}

Status HostSet::start(ConnectorSpec spec, Hosting hosting) {
  {
    const std::lock_guard lock(mutex_);
    if (hosts_.contains(spec.name)) {
      return fail(Code::conflict, "connector " + spec.name + " runs already");
    }
  }
  if (hosting == Hosting::process) return supervisor().start(spec);
  return start_in_process(std::move(spec));
}

Status HostSet::start_in_process(ConnectorSpec spec) {
  const std::string name = spec.name;
  HostCallbacks callbacks;
  callbacks.log = [log = options_.log, name](std::uint32_t level, std::string_view text) {
    log(name, level, text);
  };
  callbacks.on_exhausted = [this, name](const std::string& what) {
    if (options_.on_exhausted) options_.on_exhausted(name, what);
  };
  callbacks.on_end = [this, name](const Status& reason) {
    options_.on_exit(name, static_cast<std::uint64_t>(::getpid()),
                     reason ? "stopped" : reason.error().reason);
  };
  auto host = ConnectorHost::start(std::move(spec), bus_, clock_, std::move(callbacks));
  if (!host) return tl::unexpected(host.error());
  const std::lock_guard lock(mutex_);
  hosts_[name] = std::move(*host);
  return {};
}

void HostSet::stop_all(std::int64_t deadline_ms) {
  std::map<std::string, std::unique_ptr<ConnectorHost>> hosts;
  std::unique_ptr<Supervisor> supervisor;
  {
    const std::lock_guard lock(mutex_);
    hosts.swap(hosts_);
    supervisor.swap(supervisor_);
  }
  // All are asked before any is waited for.
  for (const auto& [name, host] : hosts) host->request_stop();
  if (supervisor) supervisor->stop_all(deadline_ms);
  for (const auto& [name, host] : hosts) host->join();
}

std::vector<HostState> HostSet::states() const {
  std::vector<HostState> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, host] : hosts_) {
    const HostStatus status = host->status();
    HostState& state = all.emplace_back();
    state.connector = name;
    state.pid = status.has_ended ? 0 : static_cast<std::uint64_t>(::getpid());
    state.is_running = !status.has_ended;
    state.is_connected = status.is_connected;
    state.is_paused = status.is_paused;
    state.misuses = status.misuses;
    state.threads_written_off = status.threads_written_off;
    state.last_exit = status.reason;
  }
  if (!supervisor_) return all;
  for (const ChildStatus& child : supervisor_->status()) {
    HostState& state = all.emplace_back();
    state.connector = child.connector;
    state.hosting = Hosting::process;
    state.pid = static_cast<std::uint64_t>(child.pid);
    state.is_running = child.is_started;
    state.is_connected = child.host.is_connected;
    state.is_paused = child.host.is_paused;
    state.restarts = child.restarts;
    state.misuses = child.host.misuses;
    state.threads_written_off = child.host.threads_written_off;
    state.last_exit = child.last_exit;
  }
  return all;
}

}  // namespace perennial::host
