#include "runtime/host/supervisor.hpp"

#include <perennial/status.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "runtime/host/child_process.hpp"

namespace perennial::host {
namespace {

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// One connector and the child that hosts it now, if any.
struct Ward {
  Bytes spec;
  ChildStatus status;
  std::unique_ptr<ChildProcess> process;
  std::int64_t begun_ms = 0;
  std::int64_t restart_at_ms = 0;  // 0 = not waiting
  std::int64_t backoff_ms = 0;
  std::string refusal;  // what the child said before it ended
  std::optional<Status> first_start;
};

}  // namespace

class Supervisor::Watch {
 public:
  explicit Watch(SupervisorOptions options)
      : options_(std::move(options)), bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    thread_ = std::thread([this] { run(); });
  }
  ~Watch() {
    stop(0);
    ::close(bell_);
  }

  Status start(const ConnectorSpec& spec);
  void stop(std::int64_t deadline_ms);
  [[nodiscard]] std::vector<ChildStatus> status() const;

 private:
  void run();
  void wait();
  [[nodiscard]] std::int64_t next_due() const;
  void launch(Ward& ward);
  void read_notes(Ward& ward);
  void take(Ward& ward, const ChildChannel::Received& note);
  void ended(Ward& ward);
  void plan_restart(Ward& ward);
  void ring() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(bell_, &one, sizeof one);
  }

  const SupervisorOptions options_;
  const int bell_;
  mutable std::mutex mutex_;  // guards wards_ and the stop; callbacks come without it
  std::condition_variable changed_;
  std::map<std::string, Ward> wards_;
  std::int64_t kill_at_ms_ = 0;  // 0 = not stopping
  bool has_ended_ = false;
  std::vector<std::function<void()>> calls_;  // callbacks due after the lock
  std::thread thread_;
};

Status Supervisor::Watch::start(const ConnectorSpec& spec) {
  const std::string name = spec.name;
  std::unique_lock lock(mutex_);
  if (kill_at_ms_ != 0) return fail(Code::refused, "expected a running supervisor, but it stops");
  if (wards_.contains(name)) {
    return fail(Code::conflict, "connector " + name + " runs already");
  }
  Ward& ward = wards_[name];
  ward.spec = encode_spec(spec);
  ward.status.connector = name;
  ward.restart_at_ms = steady_ms();
  ring();
  changed_.wait(lock, [&] { return ward.first_start.has_value() || has_ended_; });
  if (!ward.first_start) return fail(Code::refused, "the supervisor stopped");
  Status first = *ward.first_start;
  if (!first) wards_.erase(name);
  return first;
}

void Supervisor::Watch::stop(std::int64_t deadline_ms) {
  {
    const std::lock_guard lock(mutex_);
    if (kill_at_ms_ == 0) kill_at_ms_ = steady_ms() + std::max<std::int64_t>(deadline_ms, 1);
    for (auto& [name, ward] : wards_) {
      ward.restart_at_ms = 0;
      if (ward.process) ward.process->send_signal(SIGTERM);
    }
  }
  ring();
  if (thread_.joinable()) thread_.join();
}

std::vector<ChildStatus> Supervisor::Watch::status() const {
  const std::lock_guard lock(mutex_);
  std::vector<ChildStatus> all;
  for (const auto& [name, ward] : wards_) all.push_back(ward.status);
  return all;
}

void Supervisor::Watch::run() {
  while (true) {
    wait();
    std::vector<std::function<void()>> calls;
    bool is_over = false;
    {
      const std::lock_guard lock(mutex_);
      const std::int64_t now = steady_ms();
      bool is_any_left = false;
      for (auto& [name, ward] : wards_) {
        if (ward.process) read_notes(ward);
        const bool is_late_start =
            ward.process && !ward.status.is_started && now > ward.begun_ms + options_.starting_ms;
        const bool must_end = kill_at_ms_ != 0 && now >= kill_at_ms_;
        if (ward.process && (is_late_start || must_end)) ward.process->send_signal(SIGKILL);
        if (ward.restart_at_ms != 0 && now >= ward.restart_at_ms) launch(ward);
        is_any_left |= ward.process != nullptr;
      }
      is_over = kill_at_ms_ != 0 && !is_any_left;
      has_ended_ = is_over;
      calls.swap(calls_);
    }
    changed_.notify_all();
    for (const auto& call : calls) call();
    if (is_over) return;
  }
}

std::int64_t Supervisor::Watch::next_due() const {
  std::int64_t due = kill_at_ms_ == 0 ? INT64_MAX : kill_at_ms_;
  for (const auto& [name, ward] : wards_) {
    if (ward.restart_at_ms != 0) due = std::min(due, ward.restart_at_ms);
    if (ward.process && !ward.status.is_started) {
      due = std::min(due, ward.begun_ms + options_.starting_ms);
    }
  }
  return due;
}

// Until a child speaks or ends, somebody rings, or something is due.
void Supervisor::Watch::wait() {
  std::vector<pollfd> polled = {{bell_, POLLIN, 0}};
  int timeout_ms = -1;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, ward] : wards_) {
      if (!ward.process) continue;
      polled.push_back({ward.process->pid_fd(), POLLIN, 0});
      polled.push_back({ward.process->channel().fd(), POLLIN, 0});
    }
    const std::int64_t due = next_due();
    constexpr std::int64_t hour_ms = 3'600'000;
    if (due != INT64_MAX) {
      timeout_ms = static_cast<int>(std::clamp<std::int64_t>(due - steady_ms() + 1, 0, hour_ms));
    }
  }
  static_cast<void>(::poll(polled.data(), polled.size(), timeout_ms));
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(bell_, &count, sizeof count);
}

void Supervisor::Watch::launch(Ward& ward) {
  ward.restart_at_ms = 0;
  ward.refusal.clear();
  ward.status.is_started = false;
  ward.begun_ms = steady_ms();
  auto process = ChildProcess::start(options_.host_binary, ward.status.connector);
  if (process) {
    // Small against the socket's buffer unless the configuration is huge; the child reads at once.
    if (auto sent = (*process)->channel().send(ChildNote::spec, ward.spec); !sent) {
      process = tl::unexpected(sent.error());
    }
  }
  if (!process) {
    ward.status.last_exit = process.error().reason;
    if (!ward.first_start) {
      ward.first_start = Status(tl::unexpected(process.error()));
      return;
    }
    return plan_restart(ward);
  }
  ward.process = std::move(*process);
  ward.status.pid = ward.process->pid();
}

void Supervisor::Watch::read_notes(Ward& ward) {
  pollfd end{ward.process->pid_fd(), POLLIN, 0};
  // Asked first, so that nothing it said before its end is missed.
  const bool has_ended = ::poll(&end, 1, 0) == 1;
  std::vector<ChildChannel::Received> notes;
  const auto status = ward.process->channel().receive(false, notes);
  for (const auto& note : notes) take(ward, note);
  if (has_ended) return ended(ward);
  // A child that closed its socket but lives on can't be led any more.
  if (!status) ward.process->send_signal(SIGKILL);
}

void Supervisor::Watch::take(Ward& ward, const ChildChannel::Received& note) {
  if (note.note == ChildNote::started) {
    ward.status.is_started = true;
    if (!ward.first_start) ward.first_start = Status();
  } else if (note.note == ChildNote::failed) {
    ward.refusal = note.body;
  } else if (note.note == ChildNote::status) {
    if (auto status = decode_status(note.body)) ward.status.host = std::move(*status);
  } else if (note.note == ChildNote::log && !note.body.empty()) {
    const auto level = static_cast<std::uint32_t>(note.body[0] - '0');
    calls_.push_back([this, name = ward.status.connector, level, text = note.body.substr(1)] {
      options_.log(name, level, text);
    });
  }
}

void Supervisor::Watch::ended(Ward& ward) {
  const pid_t pid = ward.process->pid();
  std::string how = ward.process->wait();
  if (!ward.refusal.empty()) how += ": " + ward.refusal;
  ward.process.reset();
  const bool was_started = ward.status.is_started;
  ward.status.pid = 0;
  ward.status.is_started = false;
  ward.status.host.is_connected = false;
  ward.status.last_exit = how;
  calls_.push_back([this, name = ward.status.connector, pid, how] {
    options_.log(name, PERENNIAL_LEVEL_WARNING, "host process " + std::to_string(pid) + " " + how);
    options_.on_exit(name, static_cast<std::uint64_t>(pid), how);
  });
  if (!ward.first_start && !ward.refusal.empty()) {
    ward.first_start = Status(fail(Code::refused, ward.refusal));
    return;
  }
  // A crash may pass; whoever waits for the start goes on, and the status shows it.
  if (!ward.first_start) ward.first_start = Status();
  const bool was_healthy = was_started && steady_ms() - ward.begun_ms > options_.healthy_ms;
  if (was_healthy) ward.backoff_ms = 0;
  plan_restart(ward);
}

void Supervisor::Watch::plan_restart(Ward& ward) {
  if (kill_at_ms_ != 0) return;
  ward.backoff_ms =
      std::clamp(2 * ward.backoff_ms, options_.backoff_ms_min, options_.backoff_ms_max);
  ward.restart_at_ms = steady_ms() + ward.backoff_ms;
  ++ward.status.restarts;
}

Supervisor::Supervisor(SupervisorOptions options)
    : watch_(std::make_unique<Watch>(std::move(options))) {}
Supervisor::~Supervisor() = default;

Status Supervisor::start(const ConnectorSpec& spec) {
  return watch_->start(spec);
}

void Supervisor::stop_all(std::int64_t deadline_ms) {
  watch_->stop(deadline_ms);
}

std::vector<ChildStatus> Supervisor::status() const {
  return watch_->status();
}

}  // namespace perennial::host
