// The threads that call operations, and the watch over them.
//
// Place:   connector_host's I/O thread owns it and asks watch() often enough.
// Thread:  everything but the workers themselves belongs to the I/O thread.
// Errors:  a call past its deadline and grace can't be stopped in a process: its deliveries are
//          answered, its thread is written off and counted, and another takes its place.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "runtime/host/call_queue.hpp"
#include "runtime/host/call_run.hpp"
#include "runtime/host/host_shared.hpp"
#include "runtime/host/mapper.hpp"

namespace perennial::host {

class WorkerPool {
 public:
  explicit WorkerPool(std::shared_ptr<HostShared> shared);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void start();
  [[nodiscard]] CallQueue& queue() { return *queue_; }

  // Halts maps that run too long and gives up on calls that are overdue; tells each of the latter.
  void watch(const std::function<void(std::vector<Finished>, const std::string& what)>& on_stuck);
  // Lets the workers end; after this the queue gives nothing out. What waited comes back.
  [[nodiscard]] std::vector<QueuedCall> close();
  // Gives up on everything that still runs; the outcomes of what ran.
  [[nodiscard]] std::vector<Finished> abandon_all();

 private:
  struct Worker;
  void add();
  static void work(const std::shared_ptr<Worker>& worker);

  std::shared_ptr<HostShared> shared_;
  std::shared_ptr<CallQueue> queue_;
  std::list<std::shared_ptr<Worker>> workers_;
};

}  // namespace perennial::host
