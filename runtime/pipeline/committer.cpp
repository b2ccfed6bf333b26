#include "runtime/pipeline/committer.hpp"

#include <chrono>

namespace perennial::pipeline {
namespace {

// How often a journal without a spare segment looks whether there is room again.
constexpr auto reserve_retry = std::chrono::seconds(1);

}  // namespace

Committer::Committer(std::unique_ptr<store::Journal> journal, std::function<void()> on_durable)
    : journal_(std::move(journal)),
      on_durable_(std::move(on_durable)),
      thread_([this] { run(); }) {}

Committer::~Committer() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool Committer::is_idle() const {
  const std::lock_guard lock(mutex_);
  return !has_batch_;
}

void Committer::submit(store::RecordBuffer& records) {
  {
    const std::lock_guard lock(mutex_);
    std::swap(batch_, records);
    has_batch_ = true;
  }
  wake_.notify_one();
  records.count = 0;
  records.body.clear();
}

std::optional<Error> Committer::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool is_woken =
        wake_.wait_for(lock, reserve_retry, [this] { return has_batch_ || is_stopping_; });
    if (!is_woken) {
      lock.unlock();
      journal_->retry_reserve();
      lock.lock();
      continue;
    }
    if (!has_batch_) return;
    lock.unlock();
    auto status = journal_->append(batch_);
    lock.lock();
    if (!status) failure_ = status.error();
    has_batch_ = false;
    on_durable_();
  }
}

}  // namespace perennial::pipeline
