// Deliveries that wait for a worker, in lanes of one operation each.
//
// Place:   filled by the I/O thread from Dispatch frames, emptied by call_worker threads.
// Thread:  any.
// Limits:  an operation runs at most `concurrency` calls at once and a call carries at most `batch`
//          deliveries, both from the manifest. The length is bounded by the partitions' credit.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/host/manifest.hpp"
#include "runtime/wire/frames.hpp"

namespace perennial::host {

struct QueuedCall {
  std::shared_ptr<const Bytes> frame;  // keeps what `entry` borrows
  std::size_t partition = 0;
  wire::DispatchEntry entry;
};

class CallQueue {
 public:
  // One operation; `running` counts its calls under way.
  struct Lane {
    const OperationManifest* operation = nullptr;
    std::deque<QueuedCall> waiting;
    std::uint32_t running = 0;
  };

  explicit CallQueue(const std::vector<OperationManifest>& operations);

  // False when the plugin has no such operation.
  [[nodiscard]] bool knows(std::string_view operation) const;
  // Every operation of `calls` is known.
  void push(std::vector<QueuedCall> calls);
  // Waits for deliveries of one operation and verb; empty when the queue was closed.
  [[nodiscard]] std::vector<QueuedCall> pop(Lane*& lane);
  // A call of the lane ended or was written off.
  void finish(Lane& lane);
  // Forgets what waits: its connection is over, and whoever sent it treats it as doubtful.
  void clear();
  // Nothing more is given out; what waits comes back.
  [[nodiscard]] std::vector<QueuedCall> close();
  [[nodiscard]] bool is_idle() const;
  [[nodiscard]] std::size_t running() const;

 private:
  [[nodiscard]] Lane* next_lane();

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::map<std::string, Lane, std::less<>> lanes_;  // fixed after the constructor
  std::vector<Lane*> order_;
  std::size_t turn_ = 0;  // round robin, so that a busy operation starves no other
  bool is_closed_ = false;
};

}  // namespace perennial::host
