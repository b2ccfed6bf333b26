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
#include "runtime/event/tags.hpp"

namespace perennial::event {

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
