// Events of one HTTP request, in any of the three modes of the CloudEvents HTTP binding.
//
// Place:   ingest.
// Errors:  a whole problem response: 400 for what is no event, 415 for a content type that cannot
//          hold one. One malformed event refuses its whole batch before anything is taken in.
// Format:  CloudEvents 1.0.2: HTTP Protocol Binding (binary, structured and batched content mode),
//          JSON Event Format and JSON Batch Format (github.com/cloudevents/spec, v1.0.2).
#pragma once

#include <tl/expected.hpp>
#include <vector>

#include "runtime/admin/exchange.hpp"
#include "runtime/base/bytes.hpp"

namespace perennial::admin {

struct EventsRead {
  std::vector<Bytes> events;  // msgpack, each accepted by event::read_event
  bool is_batch = false;
};

[[nodiscard]] tl::expected<EventsRead, Response> read_cloud_events(const Request& request);

}  // namespace perennial::admin
