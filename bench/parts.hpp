// Benches of single parts: schema validation and the table of seen keys.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/base/status.hpp"

namespace perennial::bench {

struct SchemaFigures {
  double ns_per_event = 0;          // the schema's program over the data of an event
  double visitor_ns_per_event = 0;  // msgpack-c's own visitor over the same bytes
  double gate_ns_per_event = 0;     // form, limits, duplicate keys and UTF-8 of the whole event
};

// Median of several rounds.
[[nodiscard]] Result<SchemaFigures> bench_schema(std::size_t event_bytes);

struct KeysRow {
  std::uint64_t keys = 0;
  double p50_ns = 0;
  double p99_ns = 0;
  double bytes_per_key = 0;
};

// A check for a new key followed by its insertion, at each of the sizes.
[[nodiscard]] std::vector<KeysRow> bench_keys(const std::vector<std::uint64_t>& sizes);

}  // namespace perennial::bench
