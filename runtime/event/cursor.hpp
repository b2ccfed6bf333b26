// Reads msgpack in place: a cursor over borrowed bytes, nothing allocated.
//
// Place:  the only reader of msgpack in the runtime: events, records, frames.
// Errors: every read checks bounds. A failed read makes the cursor sticky-bad: later reads give
// empty values, and ok()
//         is asked once at the end. Nothing here trusts a length that the input states.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"

namespace perennial::event {

enum class Kind : std::uint8_t {
  none,  // end of input or malformed
  nil,
  boolean,
  integer,           // fits std::int64_t
  unsigned_integer,  // above the range of std::int64_t
  real,
  text,
  binary,
  array,
  map,
  extension,
};

class Cursor {
 public:
  explicit Cursor(ByteView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool ok() const { return !bad_; }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] const char* position() const { return at_; }
  [[nodiscard]] ByteView rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  [[nodiscard]] Kind kind() const;

  // Each consumes one value head; wrong kind or short input makes the cursor bad.
  std::uint32_t map();
  std::uint32_t array();
  std::string_view text();
  ByteView binary();
  std::int64_t integer();
  std::uint64_t unsigned_integer();
  bool boolean();
  double real();  // accepts integers too
  Fingerprint fingerprint();
  // One whole value as bytes, whatever it is.
  ByteView raw();
  void skip();
  void fail() { bad_ = true; }

 private:
  std::uint64_t big_endian(std::size_t width);
  bool need(std::size_t count);
  std::uint64_t length(std::uint8_t tag, std::uint8_t fix_mask, std::uint8_t first, int widths);
  ByteView take(std::uint64_t count);
  void skip_one(std::uint64_t& pending);

  const char* at_;
  const char* end_;
  bool bad_ = false;
};

// The value of `key` in the map at the start of `map`, as bytes; empty when there is none or it is
// no map.
[[nodiscard]] ByteView find(ByteView map, std::string_view key);
// Follows several keys.
[[nodiscard]] ByteView find_path(ByteView map, std::initializer_list<std::string_view> path);
// Text of a text value, else empty.
[[nodiscard]] std::string_view as_text(ByteView value);

}  // namespace perennial::event
