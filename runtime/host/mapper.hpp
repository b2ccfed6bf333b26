// The maps of one thread: its compiled program, and earlier ones by revision.
//
// Place:   each source_worker, call_worker and the control_worker has one.
// Thread:  its own; halt_overdue() comes from the watchdog.
// Limits:  a run ends after its time bound; an earlier program is compiled once and kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/base/status.hpp"
#include "runtime/host/jq_engine.hpp"

namespace perennial::host {

class Mapper {
 public:
  Mapper(const JqProgram& program, const MapArchive& archive, Clock& clock)
      : program_(program), archive_(archive), clock_(clock) {}

  // Compiles the program of that revision unless it is there; empty = the current one. A run does
  // so by itself; asked before, its time is that of the map alone.
  [[nodiscard]] Status prepare(std::string_view revision);
  // Runs `map` of the program with that revision.
  [[nodiscard]] Result<std::vector<Bytes>> run(std::string_view map, std::string_view revision,
                                               ByteView input, const RunBounds& bounds);
  // The revision that an empty one stands for.
  [[nodiscard]] const std::string& current_revision() const { return program_.revision(); }

  // Ends a run that began before `monotonic_us`. [any]
  void halt_begun_before(std::int64_t monotonic_us);

 private:
  [[nodiscard]] Result<JqEngine*> engine(std::string_view revision);

  const JqProgram& program_;
  const MapArchive& archive_;
  Clock& clock_;
  std::mutex mutex_;  // guards running_ and begun_us_, never held while a map runs
  JqEngine* running_ = nullptr;
  std::int64_t begun_us_ = 0;
  std::vector<std::unique_ptr<JqEngine>> engines_;  // least recently made first
};

}  // namespace perennial::host
