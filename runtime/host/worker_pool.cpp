#include "runtime/host/worker_pool.hpp"

#include <algorithm>
#include <mutex>

namespace perennial::host {

struct WorkerPool::Worker {
  Worker(std::shared_ptr<HostShared> shared_state, std::shared_ptr<CallQueue> calls)
      : shared(std::move(shared_state)),
        queue(std::move(calls)),
        mapper(shared->program, shared->archive, shared->clock) {}

  const std::shared_ptr<HostShared> shared;
  const std::shared_ptr<CallQueue> queue;
  Mapper mapper;
  std::thread thread;
  std::mutex mutex;  // guards run
  std::shared_ptr<CallRun> run;

  std::shared_ptr<CallRun> current() {
    const std::lock_guard lock(mutex);
    return run;
  }
  void set_current(std::shared_ptr<CallRun> next) {
    const std::lock_guard lock(mutex);
    run = std::move(next);
  }
};

WorkerPool::WorkerPool(std::shared_ptr<HostShared> shared)
    : shared_(std::move(shared)),
      queue_(std::make_shared<CallQueue>(shared_->manifest.operations)) {}

WorkerPool::~WorkerPool() {
  static_cast<void>(close());
  static_cast<void>(abandon_all());
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void WorkerPool::start() {
  std::uint32_t count = 0;
  for (const OperationManifest& operation : shared_->manifest.operations) {
    count = std::max(count, operation.concurrency);
  }
  count = std::min(count, shared_->spec.tuning.workers_max);
  for (std::uint32_t index = 0; index < count; ++index) add();
}

void WorkerPool::add() {
  auto worker = std::make_shared<Worker>(shared_, queue_);
  worker->thread = std::thread([worker] { work(worker); });
  workers_.push_back(std::move(worker));
}

void WorkerPool::work(const std::shared_ptr<Worker>& worker) {
  while (true) {
    CallQueue::Lane* lane = nullptr;
    auto calls = worker->queue->pop(lane);
    if (calls.empty()) return;
    const auto run = std::make_shared<CallRun>(*worker->shared, *lane, std::move(calls));
    worker->set_current(run);
    auto finished = run->run(worker->mapper);
    const bool is_in_time = run->finish();
    // A late outcome is told too: it may turn a doubt into knowledge.
    if (!finished.empty()) worker->shared->outbox.post(std::move(finished));
    if (!is_in_time) return;
    worker->set_current(nullptr);
    worker->queue->finish(*lane);
  }
}

void WorkerPool::watch(
    const std::function<void(std::vector<Finished>, const std::string& what)>& on_stuck) {
  const std::int64_t now_us = shared_->clock.monotonic_us();
  const std::int64_t map_us = shared_->spec.tuning.map_ms * 1000;
  std::size_t lost = 0;
  for (auto at = workers_.begin(); at != workers_.end();) {
    Worker& worker = **at;
    worker.mapper.halt_begun_before(now_us - map_us);
    const auto run = worker.current();
    auto unanswered = run && run->is_overdue(now_us) ? run->abandon() : std::vector<Finished>();
    if (unanswered.empty()) {
      ++at;
      continue;
    }
    queue_->finish(run->lane());
    worker.thread.detach();
    at = workers_.erase(at);
    ++lost;
    on_stuck(std::move(unanswered), "a call of operation " + run->lane().operation->name);
  }
  while (lost-- > 0) add();
}

std::vector<QueuedCall> WorkerPool::close() {
  return queue_->close();
}

std::vector<Finished> WorkerPool::abandon_all() {
  std::vector<Finished> all;
  for (auto at = workers_.begin(); at != workers_.end();) {
    const auto run = (*at)->current();
    auto unanswered = run ? run->abandon() : std::vector<Finished>();
    if (unanswered.empty()) {
      ++at;
      continue;
    }
    queue_->finish(run->lane());
    (*at)->thread.detach();
    at = workers_.erase(at);
    std::move(unanswered.begin(), unanswered.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace perennial::host
