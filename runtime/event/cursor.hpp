// Reads msgpack in place: a cursor over borrowed bytes, nothing allocated.
//
// Place:  the only reader of msgpack in the runtime: events, records, frames.
// Errors: every read checks bounds. A failed read makes the cursor sticky-bad: later reads give
// empty values, and ok()
//         is asked once at the end. Nothing here trusts a length that the input states.
#pragma once

#include <array>
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

namespace tags {

// Tags of the msgpack specification (github.com/msgpack/msgpack/blob/master/spec.md, "Formats").
enum Tag : std::uint8_t {
  nil = 0xc0,
  never_used = 0xc1,
  no = 0xc2,
  yes = 0xc3,
  bin8 = 0xc4,
  bin32 = 0xc6,
  ext8 = 0xc7,
  ext32 = 0xc9,
  float32 = 0xca,
  float64 = 0xcb,
  uint8 = 0xcc,
  uint64 = 0xcf,
  int8 = 0xd0,
  int64 = 0xd3,
  fixext1 = 0xd4,
  fixext16 = 0xd8,
  str8 = 0xd9,
  str32 = 0xdb,
  array16 = 0xdc,
  array32 = 0xdd,
  map16 = 0xde,
  map32 = 0xdf,
};

[[nodiscard]] constexpr bool is_fix_text(std::uint8_t tag) {
  return (tag & 0xe0) == 0xa0;
}
[[nodiscard]] constexpr bool is_fix_array(std::uint8_t tag) {
  return (tag & 0xf0) == 0x90;
}
[[nodiscard]] constexpr bool is_fix_map(std::uint8_t tag) {
  return (tag & 0xf0) == 0x80;
}
[[nodiscard]] constexpr bool is_fix_integer(std::uint8_t tag) {
  return tag < 0x80 || tag >= 0xe0;
}

[[nodiscard]] constexpr Kind kind_of(std::uint8_t tag) {
  if (is_fix_integer(tag) || (tag >= uint8 && tag <= int64)) return Kind::integer;
  if (is_fix_text(tag) || (tag >= str8 && tag <= str32)) return Kind::text;
  if (is_fix_map(tag) || tag == map16 || tag == map32) return Kind::map;
  if (is_fix_array(tag) || tag == array16 || tag == array32) return Kind::array;
  if (tag == nil) return Kind::nil;
  if (tag == no || tag == yes) return Kind::boolean;
  if (tag == float32 || tag == float64) return Kind::real;
  if (tag >= bin8 && tag <= bin32) return Kind::binary;
  return tag == never_used ? Kind::none : Kind::extension;
}

// One look instead of a row of comparisons: this is asked for every value of every event.
inline constexpr auto kinds = [] {
  std::array<Kind, 256> table{};
  for (unsigned tag = 0; tag < table.size(); ++tag) {
    table[tag] = kind_of(static_cast<std::uint8_t>(tag));
  }
  return table;
}();

}  // namespace tags

class Cursor {
 public:
  explicit Cursor(ByteView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool ok() const { return !bad_; }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] const char* position() const { return at_; }
  [[nodiscard]] ByteView rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  [[nodiscard]] Kind kind() const {
    if (at_ == end_) return Kind::none;
    if (tag() == tags::uint64) return wide_kind();
    return tags::kinds[tag()];
  }

  // Each consumes one value head; wrong kind or short input makes the cursor bad.
  std::uint32_t map() {
    if (at_ == end_ || !tags::is_fix_map(tag())) return long_count(tags::map16);
    return static_cast<std::uint8_t>(*at_++) & 0x0f;
  }
  std::uint32_t array() {
    if (at_ == end_ || !tags::is_fix_array(tag())) return long_count(tags::array16);
    return static_cast<std::uint8_t>(*at_++) & 0x0f;
  }
  std::string_view text() {
    if (at_ == end_ || !tags::is_fix_text(tag())) return long_bytes(tags::str8);
    const std::size_t size = static_cast<std::uint8_t>(*at_++) & 0x1f;
    return take(size);
  }
  ByteView binary() { return long_bytes(tags::bin8); }
  std::int64_t integer() {
    if (at_ == end_ || !tags::is_fix_integer(tag())) return long_integer();
    return static_cast<std::int8_t>(*at_++);
  }
  std::uint64_t unsigned_integer();
  bool boolean();
  double real();  // accepts integers too
  Fingerprint fingerprint();
  // One whole value as bytes, whatever it is.
  ByteView raw() {
    const char* begin = at_;
    skip();
    return bad_ ? ByteView{} : ByteView(begin, static_cast<std::size_t>(at_ - begin));
  }
  void skip();
  // Later reads find the end.
  void fail() {
    bad_ = true;
    at_ = end_;
  }

 private:
  [[nodiscard]] std::uint8_t tag() const { return static_cast<std::uint8_t>(*at_); }
  [[nodiscard]] Kind wide_kind() const;
  std::uint64_t big_endian(std::size_t width);
  std::uint32_t long_count(std::uint8_t first);
  ByteView long_bytes(std::uint8_t first);
  std::int64_t long_integer();
  ByteView take(std::uint64_t count) {
    if (count > static_cast<std::uint64_t>(end_ - at_)) {
      fail();
      return {};
    }
    const ByteView view(at_, static_cast<std::size_t>(count));
    at_ += count;
    return view;
  }
  std::uint64_t skip_long(std::uint8_t tag);

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
