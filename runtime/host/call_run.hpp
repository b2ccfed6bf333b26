// One call to a plugin from dispatch to outcome: render the payloads, call, map the results.
//
// Place:   run by call_worker; watched by worker_pool.
// Thread:  run() on a worker; is_overdue() and abandon() on the I/O thread.
// Errors:  a map that fails before the call means surely not sent (rejected, "mapping_failed"); one
//          that fails after it leaves the outcome as it is and adds a refusal.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "runtime/host/call_queue.hpp"
#include "runtime/host/host_shared.hpp"
#include "runtime/host/mapper.hpp"

namespace perennial::host {

class CallRun {
 public:
  CallRun(HostShared& shared, CallQueue::Lane& lane, std::vector<QueuedCall> calls)
      : shared_(shared), lane_(lane), calls_(std::move(calls)) {}

  // The outcomes of all deliveries. Empty when the run was abandoned before the plugin was called.
  [[nodiscard]] std::vector<Finished> run(Mapper& mapper);
  // Claims the end of the run: false when it was abandoned before, so that its outcomes are late.
  [[nodiscard]] bool finish();

  // True when the present phase lasts longer than it may.
  [[nodiscard]] bool is_overdue(std::int64_t now_us) const;
  // Gives up on the run. The outcomes say surely-not-sent or unknown; empty when it just ended.
  [[nodiscard]] std::vector<Finished> abandon();

  [[nodiscard]] CallQueue::Lane& lane() const { return lane_; }

 private:
  enum class Phase : std::uint8_t { mapping, calling, finished, abandoned };

  void begin_step(std::int64_t budget_ms);
  [[nodiscard]] bool move(Phase from, Phase to) { return phase_.compare_exchange_strong(from, to); }
  [[nodiscard]] Finished begun(const QueuedCall& call) const;
  void render(Mapper& mapper);
  [[nodiscard]] Result<Bytes> rendered_by_map(Mapper& mapper, const wire::DispatchEntry& entry);
  void call_plugin();
  void map_results(Mapper& mapper);
  void map_result(Mapper& mapper, std::size_t index);

  HostShared& shared_;
  CallQueue::Lane& lane_;
  const std::vector<QueuedCall> calls_;
  std::atomic<Phase> phase_{Phase::mapping};
  std::atomic<std::int64_t> due_us_{INT64_MAX};
  // The worker's own.
  std::vector<Finished> finished_;  // one for each call; kind 0 = not answered yet
  std::vector<Bytes> rendered_;     // by a map
  std::vector<ByteView> payloads_;  // of `rendered_`, or the data of the event itself
};

}  // namespace perennial::host
