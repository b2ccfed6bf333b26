// One run of the whole runtime in this process under the load of the testing connector.
//
// Place:   the phases `pipeline` and `mapped` of the bench; each in a process of its own, so that
//          memory and processor time are those of the runtime alone.
// Errors:  Status when the runtime does not start, stands still, refuses an event or loses one.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/status.hpp"

namespace perennial::bench {

struct RunPlan {
  std::string directory;
  bool is_in_process = true;
  bool is_synced = true;  // durability fsync
  std::uint64_t events = 200'000;
  std::uint64_t rate = 0;  // events a second; 0 = as fast as they are taken
  std::size_t event_bytes = 500;
  bool is_mapped = false;  // vendor records through the source's and the operation's map
};

struct RunFigures {
  double events_per_s = 0;  // first birth to last durable outcome
  double p50_us = 0;        // birth to operation
  double p99_us = 0;
  double cpu_s_per_million = 0;
  double peak_rss_mib = 0;
};

[[nodiscard]] Result<RunFigures> run_pipeline(const RunPlan& plan);

}  // namespace perennial::bench
