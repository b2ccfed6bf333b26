// What the bare parts of a durable runtime reach together on this machine: the bar for the
// pipeline.
//
// Rule:    each event is packed, walked and checked for five attributes, its id is inserted into a
//          hash set, it is written with all others that queued up during the last sync into a
//          preallocated file, synced, only then handed over one by one over inproc PUSH/PULL, and
//          walked again. No full schema, no durable outcome, no plugin boundary, no retry.
// Errors:  Status when the file can't be made or written.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/status.hpp"
#include "runtime/store/journal.hpp"

namespace perennial::bench {

struct CeilingPlan {
  std::string directory;
  double seconds = 1.5;
  std::uint64_t in_flight_max = 16'384;
  double rate = 0;  // events a second; 0 = as fast as it goes
  std::size_t event_bytes = 500;
  store::Durability durability = store::Durability::fsync;
};

struct CeilingFigures {
  double events_per_s = 0;
  double p50_us = 0;
  double p99_us = 0;
  double cpu_s_per_million = 0;
};

[[nodiscard]] Result<CeilingFigures> run_ceiling(const CeilingPlan& plan);
// p50 of overwriting 4 KiB of a preallocated file and fdatasync, in microseconds.
[[nodiscard]] Result<double> fdatasync_p50_us(const std::string& directory);

}  // namespace perennial::bench
