#include "runtime/host/call_queue.hpp"

#include <algorithm>

namespace perennial::host {

CallQueue::CallQueue(const std::vector<OperationManifest>& operations) {
  for (const OperationManifest& operation : operations) {
    Lane& lane = lanes_[operation.name];
    lane.operation = &operation;
    order_.push_back(&lane);
  }
}

bool CallQueue::knows(std::string_view operation) const {
  return lanes_.find(operation) != lanes_.end();
}

void CallQueue::push(std::vector<QueuedCall> calls) {
  const std::size_t count = calls.size();
  {
    const std::lock_guard lock(mutex_);
    for (QueuedCall& call : calls) {
      lanes_.find(call.entry.operation)->second.waiting.push_back(std::move(call));
    }
  }
  if (count == 1) {
    ready_.notify_one();
  } else {
    ready_.notify_all();
  }
}

CallQueue::Lane* CallQueue::next_lane() {
  for (std::size_t step = 0; step < order_.size(); ++step) {
    Lane* lane = order_[(turn_ + step) % order_.size()];
    if (lane->waiting.empty() || lane->running >= lane->operation->concurrency) continue;
    turn_ = (turn_ + step + 1) % order_.size();
    return lane;
  }
  return nullptr;
}

std::vector<QueuedCall> CallQueue::pop(Lane*& lane) {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&] {
    lane = is_closed_ ? nullptr : next_lane();
    return is_closed_ || lane != nullptr;
  });
  std::vector<QueuedCall> batch;
  if (lane == nullptr) return batch;
  const wire::Verb verb = lane->waiting.front().entry.verb;
  while (!lane->waiting.empty() && batch.size() < lane->operation->batch &&
         lane->waiting.front().entry.verb == verb) {
    batch.push_back(std::move(lane->waiting.front()));
    lane->waiting.pop_front();
  }
  ++lane->running;
  return batch;
}

void CallQueue::finish(Lane& lane) {
  {
    const std::lock_guard lock(mutex_);
    --lane.running;
  }
  ready_.notify_one();
}

void CallQueue::clear() {
  const std::lock_guard lock(mutex_);
  for (Lane* lane : order_) lane->waiting.clear();
}

std::vector<QueuedCall> CallQueue::close() {
  std::vector<QueuedCall> left;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    for (Lane* lane : order_) {
      std::move(lane->waiting.begin(), lane->waiting.end(), std::back_inserter(left));
      lane->waiting.clear();
    }
  }
  ready_.notify_all();
  return left;
}

bool CallQueue::is_idle() const {
  const std::lock_guard lock(mutex_);
  return std::all_of(order_.begin(), order_.end(),
                     [](const Lane* lane) { return lane->waiting.empty() && lane->running == 0; });
}

std::size_t CallQueue::running() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const Lane* lane : order_) count += lane->running;
  return count;
}

}  // namespace perennial::host
