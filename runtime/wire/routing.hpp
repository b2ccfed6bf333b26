// Which partition an event or a source belongs to.
//
// Place:   one rule for everybody who hands events to partitions: connector hosts, HTTP ingest.
// Format:  the rule is part of the data on disk: a journal was split by it, so it never changes for
//          a given number of partitions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/base/hash.hpp"
#include "runtime/event/event.hpp"

namespace perennial::wire {

// By correlation id, so that all events of one renewal meet; without one by the subject, so that
// events of one thing keep their order.
[[nodiscard]] inline std::size_t partition_of(const event::EventView& view,
                                              std::size_t partitions) {
  if (partitions <= 1) return 0;
  if (!view.correlation.empty()) return hash64(view.correlation) % partitions;
  std::string key(view.source);
  key += '\n';
  key += view.subject.empty() ? view.id : view.subject;
  return hash64(key) % partitions;
}

// Where the cursor of a source is journaled.
[[nodiscard]] inline std::size_t home_partition(std::string_view connector, std::string_view source,
                                                std::size_t partitions) {
  if (partitions <= 1) return 0;
  std::string key(connector);
  key += '/';
  key += source;
  return hash64(key) % partitions;
}

}  // namespace perennial::wire
