#include "runtime/host/source_worker.hpp"

#include <perennial/plugin.h>

#include <algorithm>
#include <chrono>

#include "runtime/base/limits.hpp"
#include "runtime/host/record_mapper.hpp"

namespace perennial::host {
namespace {

// Enough to keep the disk busy while the next poll runs; more only adds to what is read again
// after a crash.
constexpr std::size_t rounds_max = 4;
constexpr std::uint32_t poll_bytes_max = 1024 * 1024;

bool is_well(std::uint32_t result) {
  return result == PERENNIAL_SOURCE_RECORDS || result == PERENNIAL_SOURCE_MORE ||
         result == PERENNIAL_SOURCE_NOTHING;
}

}  // namespace

struct SourceWorker::Gate {
  Gate(std::shared_ptr<HostShared> shared_state, const SourceManifest& source, SourceSpec given)
      : shared(std::move(shared_state)),
        manifest(source),
        spec(std::move(given)),
        mapper(shared->program, shared->archive, shared->clock) {
    every_ms = spec.every_ms > 0 ? spec.every_ms : manifest.every_ms;
    deadline_ms = spec.deadline_ms > 0 ? spec.deadline_ms : manifest.deadline_ms;
    records_limit = spec.records_max > 0 ? spec.records_max : manifest.records_max;
  }

  const std::shared_ptr<HostShared> shared;
  const SourceManifest& manifest;
  const SourceSpec spec;
  std::int64_t every_ms = 0;
  std::int64_t deadline_ms = 0;
  std::uint32_t records_limit = 0;
  Mapper mapper;

  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  bool is_open = false;
  bool is_paused = false;
  bool is_stopping = false;
  bool has_ended = false;
  std::uint64_t generation = 0;
  SourceBegin journaled;
  std::size_t rounds = 0;
  std::size_t bytes = 0;
  std::deque<Bytes> acknowledgements;
  std::int64_t overdue_us = INT64_MAX;  // when the present poll has to be over

  // The thread's own.
  std::uint64_t seen_generation = 0;
  Bytes cursor;
  std::string start;
  std::int64_t next_poll_us = 0;
  std::int64_t backoff_ms = 0;
  std::uint32_t reported = 0;  // state that the partition knows; 0 = none yet

  enum class Step { poll, acknowledge, end };
  Step wait(std::unique_lock<std::mutex>& lock);
  void poll(std::unique_lock<std::mutex>& lock);
  void acknowledge(std::unique_lock<std::mutex>& lock);
  void judge(PollResult& result, std::int64_t begun_us);
  void hand_over(PollResult result);
  void report(const PollResult& result);
  [[nodiscard]] std::int64_t next_backoff(std::int64_t after_ms);
  [[nodiscard]] bool may_poll() const {
    return is_open && !is_paused && rounds < rounds_max && bytes < limits::credit_bytes;
  }
};

// Returns with the lock held.
SourceWorker::Gate::Step SourceWorker::Gate::wait(std::unique_lock<std::mutex>& lock) {
  while (true) {
    if (is_stopping) return Step::end;
    if (!acknowledgements.empty()) return Step::acknowledge;
    if (!may_poll()) {
      changed.wait(lock);
      continue;
    }
    if (generation != seen_generation) {
      seen_generation = generation;
      cursor = journaled.cursor;
      start = journaled.start.empty() ? spec.start : journaled.start;
      next_poll_us = 0;
      backoff_ms = 0;
      reported = 0;
    }
    const std::int64_t left_us = next_poll_us - shared->clock.monotonic_us();
    if (left_us <= 0) return Step::poll;
    changed.wait_for(lock, std::chrono::microseconds(left_us));
  }
}

void SourceWorker::Gate::acknowledge(std::unique_lock<std::mutex>& lock) {
  // Only the newest matters: a cursor stands for all before it.
  const Bytes newest = std::move(acknowledgements.back());
  acknowledgements.clear();
  lock.unlock();
  shared->connector->acknowledge(spec.name, newest);
  lock.lock();
}

void SourceWorker::Gate::poll(std::unique_lock<std::mutex>& lock) {
  const std::int64_t begun_us = shared->clock.monotonic_us();
  overdue_us = begun_us + (deadline_ms + shared->spec.tuning.grace_ms) * 1000;
  lock.unlock();
  SourceCall call;
  call.source = spec.name;
  call.cursor = cursor;
  call.start = start;
  call.now_ms = shared->clock.now_ms();
  call.deadline_ms = deadline_ms;
  call.records_max = records_limit;
  call.bytes_max = poll_bytes_max;
  PollResult result = shared->connector->poll_source(call);
  lock.lock();
  overdue_us = INT64_MAX;
  lock.unlock();
  judge(result, begun_us);
  hand_over(std::move(result));
  lock.lock();
}

std::int64_t SourceWorker::Gate::next_backoff(std::int64_t after_ms) {
  const HostTuning& tuning = shared->spec.tuning;
  backoff_ms = std::clamp(2 * backoff_ms, tuning.backoff_ms_min, tuning.backoff_ms_max);
  // A remote that asks for no wait at all still gets a breath.
  const std::int64_t wait_ms_min = std::min<std::int64_t>(tuning.backoff_ms_min, 100);
  return after_ms >= 0 ? std::max(after_ms, wait_ms_min) : backoff_ms;
}

// When to poll next, and whether somebody has to know.
void SourceWorker::Gate::judge(PollResult& result, std::int64_t begun_us) {
  const std::int64_t now_us = shared->clock.monotonic_us();
  const bool is_gap = result.result == PERENNIAL_SOURCE_GAP;
  if (is_well(result.result) || is_gap) {
    backoff_ms = 0;
    // "More" that brings nothing would be a loop without end.
    const bool has_brought = result.records.size() > 0 || !result.oversize.empty() ||
                             (result.has_cursor && result.cursor != cursor);
    const bool is_more = result.result == PERENNIAL_SOURCE_MORE && has_brought;
    next_poll_us = is_more ? now_us : begun_us + every_ms * 1000;
  } else {
    next_poll_us = now_us + next_backoff(result.explanation.after_ms) * 1000;
  }
  const std::uint32_t state =
      is_well(result.result) ? static_cast<std::uint32_t>(PERENNIAL_SOURCE_NOTHING) : result.result;
  // A gap that gives no cursor behind it would be told at every poll.
  const bool is_new_gap = is_gap && (result.has_cursor || reported != state);
  if (state != reported || is_new_gap) report(result);
  reported = state;
}

void SourceWorker::Gate::report(const PollResult& result) {
  OwnedReport report;
  report.source = spec.name;
  report.result = result.result;
  report.explanation = result.explanation;
  shared->outbox.post(std::move(report));
}

void SourceWorker::Gate::hand_over(PollResult result) {
  const bool has_moved = result.has_cursor && result.cursor != cursor;
  if (result.records.size() == 0 && result.oversize.empty() && !has_moved) return;
  auto round = make_round(*shared, mapper, manifest, std::move(result.records), result.oversize);
  round->generation = seen_generation;
  round->has_cursor = has_moved;
  round->cursor = has_moved ? result.cursor : Bytes();
  if (has_moved) cursor = std::move(result.cursor);
  {
    const std::lock_guard lock(mutex);
    if (generation != seen_generation) return;
    ++rounds;
    bytes += round->bytes;
  }
  shared->outbox.post(std::move(round));
}

void SourceWorker::run(const std::shared_ptr<Gate>& gate) {
  std::unique_lock lock(gate->mutex);
  while (true) {
    const Gate::Step step = gate->wait(lock);
    if (step == Gate::Step::end) break;
    if (step == Gate::Step::acknowledge) {
      gate->acknowledge(lock);
    } else {
      gate->poll(lock);
    }
  }
  gate->has_ended = true;
  gate->changed.notify_all();
}

SourceWorker::SourceWorker(std::shared_ptr<HostShared> shared, const SourceManifest& manifest,
                           SourceSpec spec)
    : spec_(spec), gate_(std::make_shared<Gate>(std::move(shared), manifest, std::move(spec))) {
  thread_ = std::thread([gate = gate_] { run(gate); });
}

SourceWorker::~SourceWorker() {
  request_stop();
  static_cast<void>(join_until(0));
}

void SourceWorker::open(std::uint64_t generation, SourceBegin begin) {
  {
    const std::lock_guard lock(gate_->mutex);
    gate_->is_open = true;
    gate_->generation = generation;
    gate_->journaled = std::move(begin);
    gate_->rounds = 0;
    gate_->bytes = 0;
  }
  gate_->changed.notify_all();
}

void SourceWorker::close() {
  const std::lock_guard lock(gate_->mutex);
  gate_->is_open = false;
  gate_->generation = 0;
  gate_->acknowledgements.clear();
}

void SourceWorker::set_paused(bool is_paused) {
  {
    const std::lock_guard lock(gate_->mutex);
    gate_->is_paused = is_paused;
  }
  gate_->changed.notify_all();
}

void SourceWorker::round_durable(const Round& round) {
  {
    const std::lock_guard lock(gate_->mutex);
    if (round.generation != gate_->generation) return;
    --gate_->rounds;
    gate_->bytes -= round.bytes;
    if (round.has_cursor) gate_->acknowledgements.push_back(round.cursor);
  }
  gate_->changed.notify_all();
}

bool SourceWorker::watch() {
  const std::int64_t now_us = gate_->shared->clock.monotonic_us();
  gate_->mapper.halt_begun_before(now_us - gate_->shared->spec.tuning.map_ms * 1000);
  const std::lock_guard lock(gate_->mutex);
  if (now_us <= gate_->overdue_us) return false;
  gate_->overdue_us = INT64_MAX;
  return true;
}

void SourceWorker::request_stop() {
  {
    const std::lock_guard lock(gate_->mutex);
    gate_->is_stopping = true;
  }
  gate_->changed.notify_all();
}

bool SourceWorker::join_until(std::int64_t monotonic_us) {
  if (!thread_.joinable()) return true;
  {
    std::unique_lock lock(gate_->mutex);
    const std::int64_t left_us = monotonic_us - gate_->shared->clock.monotonic_us();
    gate_->changed.wait_for(lock, std::chrono::microseconds(std::max<std::int64_t>(left_us, 0)),
                            [&] { return gate_->has_ended; });
    if (!gate_->has_ended) {
      thread_.detach();
      return false;
    }
  }
  thread_.join();
  return true;
}

}  // namespace perennial::host
