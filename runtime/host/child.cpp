#include "runtime/host/child.hpp"

#include <perennial/status.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdlib>

#include "runtime/host/child_channel.hpp"
#include "runtime/host/connector_host.hpp"
#include "runtime/host/connector_spec.hpp"
#include "runtime/host/jq_engine.hpp"

namespace perennial::host {
namespace {

constexpr int status_every_ms = 1000;

// SIGTERM as a readable descriptor; blocked before any thread starts, so that all inherit it.
// An interrupt of the terminal reaches the whole group, and the supervisor decides what it means.
int open_signals() {
  ::signal(SIGINT, SIG_IGN);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return ::signalfd(-1, &signals, SFD_CLOEXEC);
}

Result<ConnectorSpec> read_spec(ChildChannel& channel) {
  std::vector<ChildChannel::Received> received;
  while (received.empty()) {
    auto status = channel.receive(true, received);
    if (!status && received.empty()) return tl::unexpected(status.error());
  }
  if (received.front().note != ChildNote::spec) {
    return fail(Code::corrupted, "expected a specification first, but another note came");
  }
  return decode_spec(received.front().body);
}

class Child {
 public:
  explicit Child(int fd)
      : channel_(fd), signals_(open_signals()), ended_(::eventfd(0, EFD_CLOEXEC)) {}

  int run() {
    auto spec = read_spec(channel_);
    if (!spec) return give_up(spec.error());
    // Ends after the host, and waits until the goodbye is on its way.
    wire::Bus bus;
    auto host = ConnectorHost::start(std::move(*spec), bus, clock_, callbacks());
    if (!host) return give_up(host.error());
    if (!channel_.send(ChildNote::started, {})) return 1;
    watch(**host);
    (*host)->request_stop();
    (*host)->join();
    tell_status((*host)->status());
    const bool has_failed = !reason_.empty();
    if (has_failed) static_cast<void>(channel_.send(ChildNote::failed, reason_));
    return has_failed ? 1 : 0;
  }

 private:
  int give_up(const Error& error) {
    static_cast<void>(channel_.send(ChildNote::failed, error.reason));
    return 1;
  }

  HostCallbacks callbacks() {
    HostCallbacks callbacks;
    callbacks.log = [this](std::uint32_t level, std::string_view text) {
      channel_.send_or_drop(ChildNote::log, std::to_string(level) + std::string(text));
    };
    // Only the end of the process ends the call; the supervisor starts another.
    callbacks.on_stuck = [](const std::string&) { std::abort(); };
    callbacks.on_end = [this](const Status& reason) {
      if (!reason) reason_ = reason.error().reason;
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(ended_, &one, sizeof one);
    };
    return callbacks;
  }

  void tell_status(const HostStatus& status) {
    channel_.send_or_drop(ChildNote::status, encode_status(status));
  }

  // Returns when the host ended, SIGTERM came, or the supervisor is gone.
  void watch(ConnectorHost& host) {
    while (true) {
      pollfd polled[] = {{signals_, POLLIN, 0}, {ended_, POLLIN, 0}, {channel_.fd(), POLLIN, 0}};
      static_cast<void>(::poll(polled, 3, status_every_ms));
      tell_status(host.status());
      if (polled[0].revents != 0 || polled[1].revents != 0) return;
      if (polled[2].revents == 0) continue;
      std::vector<ChildChannel::Received> received;
      if (!channel_.receive(false, received)) return;
    }
  }

  ChildChannel channel_;
  SystemClock clock_;
  int signals_;
  int ended_;
  std::string reason_;
};

}  // namespace

int run_child(int fd) {
  hide_home_from_jq();
  // Never destroyed, so that a thread which is lost in the plugin finds clock and log until the
  // process ends.
  auto* child = new Child(fd);
  return child->run();
}

}  // namespace perennial::host
