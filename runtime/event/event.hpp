// The canonical event: CloudEvents 1.0 attributes and data in one msgpack map.
//
// Place:   read at intake, by the router and by hosts; built by hosts (from mappings) and by admin
// (from HTTP). Owns:    EventView borrows the bytes it was read from. Errors:  read_event is the
// strict gate: what it accepts needs no further check of form. Reasons name the rule, the
//          attribute or JSON pointer, and what came instead.
// Limits:  limits::event_bytes_max, event_depth_max, event_elements_max, attribute_bytes_max.
// Format:  CloudEvents 1.0.2, "Context Attributes" and the extensions partitioning, sequence,
// distributed tracing.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"

namespace perennial::event {

struct EventView {
  std::string_view id;
  std::string_view source;
  std::string_view type;
  std::string_view subject;      // optional
  std::string_view time;         // RFC 3339, optional
  std::string_view correlation;  // "correlationid", optional
  std::string_view causation;    // "causationid", optional
  std::string_view partition_key;
  std::string_view traceparent;
  ByteView data;   // one msgpack value; empty when there is no data
  ByteView bytes;  // the whole event
};

// Refuses: anything but one map with text keys, duplicate keys at any level, extension types, NaN
// and infinities, integers beyond +-(2^53-1), invalid UTF-8, trailing bytes, missing or mistyped
// attributes, and what exceeds a limit.
[[nodiscard]] Result<EventView> read_event(ByteView bytes);

// Reads an event that read_event accepted before (from the journal or the wire): finds the
// attributes, checks nothing twice. Safe with any other bytes too, but then it may find anything.
[[nodiscard]] EventView trusted_event(ByteView bytes);

struct EventParts {
  std::string_view id;
  std::string_view source;
  std::string_view type;
  std::string_view subject;
  std::string_view time;
  std::string_view correlation;
  std::string_view causation;
  std::string_view traceparent;
  ByteView data;  // msgpack; empty = none
};

// Empty parts are left out. The result still has to pass read_event where it enters.
[[nodiscard]] Bytes build_event(const EventParts& parts);

// Valid UTF-8 as of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace perennial::event
