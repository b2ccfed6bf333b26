// Group commit: one thread that writes and syncs batches while the next one collects.
//
// Place:   between pipeline/partition_service, which decides, and store/journal, which it owns the
//          writing of.
// Thread:  submit() and is_idle() belong to the partition's thread; durable() to any. `on_durable`
//          runs on the committer's thread and must only wake somebody up.
// Errors:  after a failed write failure() says why and nothing is accepted any more: recover from
//          disk.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "runtime/store/journal.hpp"

namespace perennial::pipeline {

class Committer {
 public:
  Committer(std::unique_ptr<store::Journal> journal, std::function<void()> on_durable);
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // True when the last batch is durable (or failed): submit() may be called.
  [[nodiscard]] bool is_idle() const;
  // Takes the records; gives back an emptied buffer whose memory is reused. Requires: is_idle().
  void submit(store::RecordBuffer& records);
  [[nodiscard]] Position durable() const { return journal_->durable(); }
  [[nodiscard]] bool has_reserve() const { return journal_->has_reserve(); }
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  void run();

  std::unique_ptr<store::Journal> journal_;
  std::function<void()> on_durable_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  store::RecordBuffer batch_;
  bool has_batch_ = false;
  bool is_stopping_ = false;
  std::optional<Error> failure_;

  std::thread thread_;  // last: it starts when everything above is there
};

}  // namespace perennial::pipeline
