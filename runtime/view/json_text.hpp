// msgpack as JSON text, for people: events, receipts and whatever was refused.
//
// Place:   the projector and the live reads of admin.
// Errors:  none: bytes that are no msgpack become an object that says so, because the body of a
//          refused event is shown too. Invalid UTF-8 reads as U+FFFD.
// Limits:  depth json_depth_max; deeper values read as null.
#pragma once

#include <cstddef>
#include <string>

#include "runtime/base/bytes.hpp"

namespace perennial::view {

inline constexpr std::size_t json_depth_max = 64;

// "null" for empty bytes.
[[nodiscard]] std::string to_json_text(ByteView msgpack);
// A quoted JSON string.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace perennial::view
