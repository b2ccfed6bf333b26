#include "runtime/event/cursor.hpp"

#include <bit>

namespace perennial::event {

Kind Cursor::wide_kind() const {
  const bool is_above = end_ - at_ > 1 && (static_cast<std::uint8_t>(at_[1]) & 0x80) != 0;
  return is_above ? Kind::unsigned_integer : Kind::integer;
}

std::uint64_t Cursor::big_endian(std::size_t width) {
  if (static_cast<std::size_t>(end_ - at_) < width) {
    fail();
    return 0;
  }
  std::uint64_t value = 0;
  for (std::size_t index = 0; index < width; ++index) {
    value = (value << 8) | static_cast<std::uint8_t>(at_[index]);
  }
  at_ += width;
  return value;
}

// A count in 2 or 4 bytes; `first` is the tag of the shorter form.
std::uint32_t Cursor::long_count(std::uint8_t first) {
  if (at_ == end_ || (tag() != first && tag() != first + 1)) {
    fail();
    return 0;
  }
  const std::size_t width = tag() == first ? 2 : 4;
  ++at_;
  return static_cast<std::uint32_t>(big_endian(width));
}

// Bytes behind a length of 1, 2 or 4 bytes; `first` is the tag of the shortest form.
ByteView Cursor::long_bytes(std::uint8_t first) {
  if (at_ == end_ || tag() < first || tag() > first + 2) {
    fail();
    return {};
  }
  const std::size_t width = std::size_t{1} << (tag() - first);
  ++at_;
  return take(big_endian(width));
}

std::int64_t Cursor::long_integer() {
  if (kind() != Kind::integer) {
    fail();
    return 0;
  }
  const std::uint8_t form = static_cast<std::uint8_t>(*at_++);
  if (form < tags::int8) {
    return static_cast<std::int64_t>(big_endian(std::size_t{1} << (form - tags::uint8)));
  }
  const std::size_t width = std::size_t{1} << (form - tags::int8);
  const int shift = static_cast<int>(64 - 8 * width);
  return static_cast<std::int64_t>(big_endian(width) << shift) >> shift;
}

std::uint64_t Cursor::unsigned_integer() {
  if (kind() == Kind::unsigned_integer) {
    ++at_;
    return big_endian(8);
  }
  const std::int64_t value = integer();
  if (value < 0) fail();
  return bad_ ? 0 : static_cast<std::uint64_t>(value);
}

bool Cursor::boolean() {
  if (kind() == Kind::boolean) return static_cast<std::uint8_t>(*at_++) == tags::yes;
  fail();
  return false;
}

double Cursor::real() {
  if (kind() == Kind::integer) return static_cast<double>(integer());
  if (kind() == Kind::unsigned_integer) return static_cast<double>(unsigned_integer());
  if (kind() != Kind::real) {
    fail();
    return 0;
  }
  const std::uint8_t form = static_cast<std::uint8_t>(*at_++);
  if (form == tags::float64) return std::bit_cast<double>(big_endian(8));
  return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4)));
}

Fingerprint Cursor::fingerprint() {
  Cursor bytes(binary());
  Fingerprint value;
  value.high = bytes.big_endian(8);
  value.low = bytes.big_endian(8);
  if (bytes.ok() && bytes.at_end()) return value;
  fail();
  return {};
}

// Skips a value that is neither fixed-size integer, short text, short map nor short array; gives
// how many values it holds.
std::uint64_t Cursor::skip_long(std::uint8_t form) {
  ++at_;
  const auto width_from = [&](std::uint8_t first) { return std::size_t{1} << (form - first); };
  switch (tags::kinds[form]) {
    case Kind::nil:
    case Kind::boolean:
      return 0;
    case Kind::text:
      take(big_endian(width_from(tags::str8)));
      return 0;
    case Kind::binary:
      take(big_endian(width_from(tags::bin8)));
      return 0;
    case Kind::integer:
    case Kind::unsigned_integer:
      take(width_from(form < tags::int8 ? tags::uint8 : tags::int8));
      return 0;
    case Kind::real:
      take(form == tags::float64 ? 8 : 4);
      return 0;
    case Kind::array:
      return big_endian(2 * width_from(tags::array16));
    case Kind::map:
      return 2 * big_endian(2 * width_from(tags::map16));
    case Kind::extension:
      take(1 + (form >= tags::fixext1 ? width_from(tags::fixext1)
                                      : big_endian(width_from(tags::ext8))));
      return 0;
    case Kind::none:
      break;
  }
  fail();
  return 0;
}

// Iterative, so that nesting costs no stack; each value consumes at least one byte, so hostile
// counts end at the input.
void Cursor::skip() {
  for (std::uint64_t pending = 1; pending > 0 && !bad_; --pending) {
    if (at_ == end_) return fail();
    const std::uint8_t form = tag();
    if (tags::is_fix_integer(form)) {
      ++at_;
    } else if (tags::is_fix_text(form)) {
      ++at_;
      take(form & 0x1f);
    } else if (tags::is_fix_map(form)) {
      ++at_;
      pending += 2ULL * (form & 0x0f);
    } else if (tags::is_fix_array(form)) {
      ++at_;
      pending += form & 0x0f;
    } else {
      pending += skip_long(form);
    }
  }
}

ByteView find(ByteView map, std::string_view key) {
  Cursor cursor(map);
  if (cursor.kind() != Kind::map) return {};
  const std::uint32_t pairs = cursor.map();
  for (std::uint32_t index = 0; index < pairs && cursor.ok(); ++index) {
    bool is_match = false;
    if (cursor.kind() == Kind::text) {
      is_match = cursor.text() == key;
    } else {
      cursor.skip();
    }
    if (is_match) return cursor.raw();
    cursor.skip();
  }
  return {};
}

ByteView find_path(ByteView map, std::initializer_list<std::string_view> path) {
  for (std::string_view key : path) map = find(map, key);
  return map;
}

std::string_view as_text(ByteView value) {
  Cursor cursor(value);
  return cursor.kind() == Kind::text ? cursor.text() : std::string_view{};
}

}  // namespace perennial::event
