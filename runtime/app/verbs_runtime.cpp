// The verb that runs everything.
#include <csignal>
#include <iostream>
#include <thread>

#include "runtime/app/cli.hpp"
#include "runtime/app/front.hpp"
#include "runtime/app/runtime.hpp"
#include "runtime/base/log.hpp"

namespace perennial::app {
namespace {

// Signals are taken by one thread in peace, instead of a handler that may do next to nothing.
class SignalWatch {
 public:
  // Call before any other thread starts: threads inherit the mask.
  static void block() {
    const sigset_t all = signals();
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
  }

  explicit SignalWatch(Runtime& runtime)
      : thread_([&runtime] {
          const sigset_t all = signals();
          int taken = 0;
          ::sigwait(&all, &taken);
          runtime.request_stop();
        }) {}

  ~SignalWatch() {
    // Ends the wait when the runtime stopped for another reason.
    ::pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  static sigset_t signals() {
    sigset_t all;
    ::sigemptyset(&all);
    ::sigaddset(&all, SIGTERM);
    ::sigaddset(&all, SIGINT);
    return all;
  }
  std::thread thread_;
};

int run(const Invocation& invocation) {
  auto config = load_or_explain(invocation);
  if (!config) return exit_findings;
  log::set_level(config->log_level);
  SignalWatch::block();
  RuntimeOptions options;
  auto runtime = Runtime::start(std::move(*config), std::move(options));
  if (!runtime) return explain(invocation, runtime.error().reason, exit_environment);
  const SignalWatch watch(**runtime);
  // The API answers while the hosts start, and is gone before the partitions are.
  std::unique_ptr<Front> front;
  if ((*runtime)->config().has_http) {
    auto started = Front::start(**runtime);
    if (!started) return explain(invocation, started.error().reason, exit_environment);
    front = std::move(*started);
  }
  if (auto status = (*runtime)->start_hosts(); !status) {
    return explain(invocation, status.error().reason, exit_environment);
  }
  if (front) front->hosts_started();
  log::write(log::Level::info, "runtime", "running", {{"data_dir", (*runtime)->data().path()}});
  (*runtime)->wait();
  if (const auto failure = (*runtime)->failure()) {
    return explain(invocation, failure->reason, exit_environment);
  }
  log::write(log::Level::info, "runtime", "stopping");
  return exit_ok;
}

}  // namespace

std::vector<Verb> runtime_verbs() {
  return {{"run",
           "run [--config FILE]",
           "runs the connectors, pipelines and API of a configuration",
           {},
           {},
           run}};
}

}  // namespace perennial::app
