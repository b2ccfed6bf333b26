// Makes complete canonical events of what a map gives, and tells apart whose fault it is when it
// can't.
//
// Place:   source_worker, control_worker and call_worker, after each run of a map.
// Errors:  a partial event that lacks its type, has unknown fields or does not pass the gate of
//          event/event.hpp is an error value that names the field.
#pragma once

#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"

namespace perennial::host {

// What the runtime adds. Empty = not known.
struct EventDefaults {
  std::string_view source;       // always from here
  std::string_view id;           // when the map gives none
  std::string_view correlation;  // when the map gives none, or always
  bool is_correlation_fixed = false;
  std::string_view causation;
  std::string_view traceparent;
};

// `partial` is a msgpack map {type, id?, subject?, time?, correlationid?, data?}.
[[nodiscard]] Result<Bytes> complete_event(ByteView partial, const EventDefaults& defaults);

}  // namespace perennial::host
