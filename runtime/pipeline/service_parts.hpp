// Parts of pipeline/partition_service that stand on their own.
#pragma once

#include <deque>
#include <string>
#include <utility>

#include "runtime/base/limits.hpp"
#include "runtime/pipeline/partition.hpp"

namespace perennial::pipeline {

// Collects deliveries for one connector into one dispatch frame. Borrows the state's bytes: send
// what take() gives before the next input.
class DispatchBuilder {
 public:
  explicit DispatchBuilder(const Partition& partition) : partition_(partition) {}

  void add(const DispatchOutput& output) {
    if (keys_.size() == frame_.entries.size()) keys_.emplace_back();
    const wire::DispatchEntry entry =
        partition_.dispatch_entry(output, keys_[frame_.entries.size()]);
    if (entry.delivery == 0) return;
    bytes_ += entry.event.size() + entry_overhead;
    frame_.entries.push_back(entry);
  }
  [[nodiscard]] bool is_full() const {
    return bytes_ >= bytes_max || frame_.entries.size() >= entries_max;
  }
  [[nodiscard]] bool is_empty() const { return frame_.entries.empty(); }
  // What was collected; its keys stand until the next add.
  [[nodiscard]] wire::Dispatch take() {
    bytes_ = 0;
    return std::exchange(frame_, {});
  }

 private:
  static constexpr std::size_t entry_overhead = 128;
  static constexpr std::size_t entries_max = 2048;
  static constexpr std::size_t bytes_max = limits::frame_bytes_max / 4;

  const Partition& partition_;
  wire::Dispatch frame_;
  std::deque<std::string> keys_;  // kept for their memory
  std::size_t bytes_ = 0;
};

}  // namespace perennial::pipeline
