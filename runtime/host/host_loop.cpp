#include "runtime/host/host_loop.hpp"

#include <perennial/plugin.h>

#include <algorithm>

#include "runtime/wire/routing.hpp"

namespace perennial::host {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds wait_when_idle{500};
// While calls run, their deadlines are looked at this often.
constexpr milliseconds wait_when_busy{50};
constexpr std::int64_t greeting_us_max = 10'000'000;
constexpr std::int64_t restart_ms_min = 50;
constexpr std::int64_t restart_ms_max = 5'000;

}  // namespace

ConnectorHost::Loop::Loop(std::shared_ptr<HostShared> shared, wire::Bus& bus,
                          HostCallbacks callbacks)
    : shared_(std::move(shared)),
      callbacks_(std::move(callbacks)),
      links_(*shared_, bus),
      book_(*shared_, links_, [this](const Round& round) { on_round_durable(round); }),
      outcomes_(shared_->partitions()) {}

ConnectorHost::Loop::~Loop() {
  request_stop();
  join();
}

void ConnectorHost::Loop::start() {
  pool_ = std::make_unique<WorkerPool>(shared_);
  pool_->start();
  control_ = std::make_unique<ControlWorker>(shared_);
  for (const SourceSpec& source : shared_->spec.sources) {
    sources_.push_back(std::make_unique<SourceWorker>(
        shared_, *shared_->manifest.find_source(source.name), source));
  }
  thread_ = std::thread([this] { run(); });
}

void ConnectorHost::Loop::request_stop() {
  is_stop_asked_ = true;
  shared_->links.wake();
}

void ConnectorHost::Loop::join() {
  if (thread_.joinable()) thread_.join();
}

HostStatus ConnectorHost::Loop::status() const {
  HostStatus status;
  {
    const std::lock_guard lock(mutex_);
    status = status_;
  }
  return status;
}

void ConnectorHost::Loop::update_status() {
  const std::lock_guard lock(mutex_);
  status_.is_connected = links_.is_open();
  status_.is_paused = !paused_by_.empty();
  status_.threads_written_off = threads_lost_;
  if (shared_->connector) status_.misuses = shared_->connector->misuse_count();
}

void ConnectorHost::Loop::run() {
  Status status = links_.reset();
  while (status) {
    if (is_stop_asked_ && stop_due_us_ == 0) begin_stop();
    if (stop_due_us_ != 0 && may_end()) break;
    if (auto turned = turn(); !turned) status = restart(turned.error().reason);
    update_status();
  }
  end(status);
}

milliseconds ConnectorHost::Loop::wait_time() const {
  const bool is_busy = pool_->queue().running() > 0 || !control_->is_idle() || stop_due_us_ != 0 ||
                       !links_.is_open();
  return is_busy ? wait_when_busy : wait_when_idle;
}

Status ConnectorHost::Loop::turn() {
  if (auto status = shared_->links.wait(wait_time()); !status) return status;
  failure_ = {};
  auto received = links_.receive(
      [this](std::size_t partition, const wire::Frame& frame,
             const std::shared_ptr<const Bytes>& bytes) { on_frame(partition, frame, bytes); });
  if (!received) return received;
  if (!failure_) return failure_;
  if (auto status = send_outgoing(); !status) return status;
  watch();
  if (links_.greeting_us() > greeting_us_max) {
    return fail(Code::unavailable,
                "expected a welcome of every partition within 10 s, but one is "
                "missing");
  }
  return links_.send_heartbeats();
}

Status ConnectorHost::Loop::restart(const std::string& reason) {
  for (const auto& source : sources_) source->close();
  // What was not begun must not begin: the partitions treat it as doubtful from now on.
  pool_->queue().clear();
  control_->forget();
  book_.clear();
  starts_.clear();
  paused_by_.clear();
  if (!links_.refusal().empty()) {
    return fail(Code::refused,
                "a partition refused connector " + shared_->spec.name + ": " + links_.refusal());
  }
  links_.drop();
  shared_->log(PERENNIAL_LEVEL_WARNING, "connection lost, saying hello again: " + reason);
  {
    const std::lock_guard lock(mutex_);
    status_.reason = reason;
    ++status_.reconnects;
  }
  const std::int64_t wait_ms =
      std::min(restart_ms_min << std::min(restarts_in_row_, 7u), restart_ms_max);
  ++restarts_in_row_;
  const std::int64_t until_us = shared_->clock.monotonic_us() + wait_ms * 1000;
  while (!is_stop_asked_ && shared_->clock.monotonic_us() < until_us) {
    if (auto status = shared_->links.wait(milliseconds(10)); !status) return status;
  }
  return links_.reset();
}

void ConnectorHost::Loop::watch() {
  pool_->watch([this](std::vector<Finished> unanswered, const std::string& what) {
    shared_->outbox.post(std::move(unanswered));
    write_off(what);
  });
  if (control_->watch()) write_off("a webhook or a check of health");
  for (const auto& source : sources_) {
    if (!source->watch()) continue;
    OwnedReport report{source->name(), PERENNIAL_SOURCE_FAULT, {}};
    report.explanation.code = "deadline_passed";
    report.explanation.text = "expected the poll to return within its deadline, but it did not";
    shared_->outbox.post(std::move(report));
    write_off("a poll of source " + source->name());
  }
}

void ConnectorHost::Loop::write_off(const std::string& what) {
  ++threads_lost_;
  const std::string text = "plugin " + shared_->manifest.id + " (connector " + shared_->spec.name +
                           ") did not return from " + what + ", must return within its deadline; " +
                           std::to_string(threads_lost_) + " threads are lost in it";
  shared_->log(PERENNIAL_LEVEL_ERROR, text);
  if (callbacks_.on_stuck) callbacks_.on_stuck(text);
  if (threads_lost_ == shared_->spec.tuning.written_off_max && callbacks_.on_exhausted) {
    callbacks_.on_exhausted(text);
  }
}

void ConnectorHost::Loop::begin_stop() {
  stop_due_us_ = shared_->clock.monotonic_us() + shared_->spec.tuning.stop_ms * 1000;
  for (const auto& source : sources_) source->request_stop();
  std::vector<Finished> unsent;
  for (const QueuedCall& call : pool_->close()) {
    Finished& finished = unsent.emplace_back();
    finished.partition = call.partition;
    finished.delivery = call.entry.delivery;
    finished.attempt = call.entry.attempt;
    finished.verb = call.entry.verb;
    finished.answer.kind = call.entry.verb == wire::Verb::lookup
                               ? static_cast<std::uint32_t>(PERENNIAL_LOOKUP_CANNOT_TELL)
                               : static_cast<std::uint32_t>(PERENNIAL_OUTCOME_NOT_CONNECTED);
    finished.answer.code = "host_stopping";
    finished.answer.text = "the host stopped before this was sent";
    finished.map_revision = call.entry.map_revision;
    finished.answer.token = call.entry.token;
  }
  if (!unsent.empty()) shared_->outbox.post(std::move(unsent));
  control_->request_stop();
}

bool ConnectorHost::Loop::may_end() const {
  const bool is_idle = pool_->queue().running() == 0 && control_->is_idle();
  return is_idle || shared_->clock.monotonic_us() > stop_due_us_;
}

void ConnectorHost::Loop::end(const Status& reason) {
  const bool was_asked = stop_due_us_ != 0;
  if (!was_asked) begin_stop();
  auto unanswered = pool_->abandon_all();
  threads_lost_ += static_cast<std::uint32_t>(unanswered.empty() ? 0 : 1);
  if (!unanswered.empty()) shared_->outbox.post(std::move(unanswered));
  // On a broken connection this fails, and the partitions learn it from the end of the epoch.
  if (reason) {
    static_cast<void>(send_outgoing());
    links_.part(stop_reason_);
  }
  pool_.reset();
  bool are_all_back = threads_lost_ == 0;
  for (const auto& source : sources_) are_all_back &= source->join_until(stop_due_us_);
  are_all_back &= control_->join_until(stop_due_us_);
  sources_.clear();
  control_.reset();
  // stop() may only follow when no call runs; a lost thread keeps the connector alive instead.
  if (are_all_back) shared_->connector->stop();
  update_status();
  {
    const std::lock_guard lock(mutex_);
    status_.has_ended = true;
    status_.is_connected = false;
    if (!reason) status_.reason = reason.error().reason;
  }
  if (callbacks_.on_end) callbacks_.on_end(reason);
}

}  // namespace perennial::host
