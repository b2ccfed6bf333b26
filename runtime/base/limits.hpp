// Every hard limit of the runtime in one place, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace perennial::limits {

// One event as msgpack. Larger bodies belong behind `dataref`; 256 KiB keeps a batch of a few
// events within one write.
inline constexpr std::size_t event_bytes_max = 256 * 1024;
// Nesting of maps and arrays in an event: far above real business documents, far below any stack.
inline constexpr std::size_t event_depth_max = 32;
// Elements of one event, keys included: bounds the walk of a hostile body.
inline constexpr std::size_t event_elements_max = 16 * 1024;
// A CloudEvents attribute (id, source, subject, ...).
inline constexpr std::size_t attribute_bytes_max = 512;
// Largest integer that JSON readers keep exactly: 2^53 - 1.
inline constexpr std::int64_t integer_max = (std::int64_t{1} << 53) - 1;

// One record of the journal: an event plus its routing decision.
inline constexpr std::size_t record_bytes_max = 1024 * 1024;
// One batch of the journal: what a single sync carries.
inline constexpr std::size_t batch_bytes_max = 8 * 1024 * 1024;
// A journal segment is preallocated in full; small enough to delete often, large enough to sync
// rarely for growth.
inline constexpr std::size_t segment_bytes = 64 * 1024 * 1024;

// One frame of the wire, header and all entries.
inline constexpr std::size_t frame_bytes_max = 8 * 1024 * 1024;
// Bytes that may wait unacknowledged in each direction of one connection.
inline constexpr std::size_t credit_bytes = 4 * 1024 * 1024;
// Deliveries in flight to one connector, over all of its operations.
inline constexpr std::uint32_t credit_deliveries = 16 * 1024;

// Text of an error that is kept in a record.
inline constexpr std::size_t reason_bytes_max = 2048;
// Follow-up events of one outcome.
inline constexpr std::size_t follow_ups_max = 64;

}  // namespace perennial::limits
