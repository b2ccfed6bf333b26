#include "runtime/event/cursor.hpp"

#include <bit>

namespace perennial::event {
namespace {

// Tags of the msgpack specification (github.com/msgpack/msgpack/blob/master/spec.md, "Formats").
enum Tag : std::uint8_t {
  tag_nil = 0xc0,
  tag_false = 0xc2,
  tag_true = 0xc3,
  tag_bin8 = 0xc4,
  tag_bin32 = 0xc6,
  tag_ext8 = 0xc7,
  tag_ext32 = 0xc9,
  tag_float32 = 0xca,
  tag_float64 = 0xcb,
  tag_uint8 = 0xcc,
  tag_uint64 = 0xcf,
  tag_int8 = 0xd0,
  tag_int64 = 0xd3,
  tag_fixext1 = 0xd4,
  tag_fixext16 = 0xd8,
  tag_str8 = 0xd9,
  tag_str32 = 0xdb,
  tag_array16 = 0xdc,
  tag_array32 = 0xdd,
  tag_map16 = 0xde,
  tag_map32 = 0xdf,
};

std::uint8_t byte_at(const char* at) {
  return static_cast<std::uint8_t>(*at);
}

bool is_fix_text(std::uint8_t tag) {
  return (tag & 0xe0) == 0xa0;
}
bool is_fix_array(std::uint8_t tag) {
  return (tag & 0xf0) == 0x90;
}
bool is_fix_map(std::uint8_t tag) {
  return (tag & 0xf0) == 0x80;
}
bool is_fix_integer(std::uint8_t tag) {
  return tag < 0x80 || tag >= 0xe0;
}

}  // namespace

Kind Cursor::kind() const {
  if (bad_ || at_ == end_) return Kind::none;
  const std::uint8_t tag = byte_at(at_);
  if (is_fix_integer(tag) || (tag >= tag_int8 && tag <= tag_int64)) return Kind::integer;
  if (is_fix_text(tag) || (tag >= tag_str8 && tag <= tag_str32)) return Kind::text;
  if (is_fix_map(tag) || tag == tag_map16 || tag == tag_map32) return Kind::map;
  if (is_fix_array(tag) || tag == tag_array16 || tag == tag_array32) return Kind::array;
  if (tag >= tag_uint8 && tag <= tag_uint64) {
    const bool above = tag == tag_uint64 && end_ - at_ > 1 && (byte_at(at_ + 1) & 0x80) != 0;
    return above ? Kind::unsigned_integer : Kind::integer;
  }
  if (tag == tag_nil) return Kind::nil;
  if (tag == tag_false || tag == tag_true) return Kind::boolean;
  if (tag == tag_float32 || tag == tag_float64) return Kind::real;
  if (tag >= tag_bin8 && tag <= tag_bin32) return Kind::binary;
  if ((tag >= tag_ext8 && tag <= tag_ext32) || (tag >= tag_fixext1 && tag <= tag_fixext16)) {
    return Kind::extension;
  }
  return Kind::none;
}

bool Cursor::need(std::size_t count) {
  if (bad_ || static_cast<std::size_t>(end_ - at_) < count) bad_ = true;
  return !bad_;
}

std::uint64_t Cursor::big_endian(std::size_t width) {
  if (!need(width)) return 0;
  std::uint64_t value = 0;
  for (std::size_t index = 0; index < width; ++index) value = (value << 8) | byte_at(at_ + index);
  at_ += width;
  return value;
}

ByteView Cursor::take(std::uint64_t count) {
  if (!need(static_cast<std::size_t>(count))) return {};
  const ByteView view(at_, static_cast<std::size_t>(count));
  at_ += count;
  return view;
}

// The length behind `tag`: in its low bits (`fix_mask`), or in 1, 2 or 4 bytes by distance from
// `first`. `widths` is the power of two of the smallest width (arrays and maps have no 8-bit form).
std::uint64_t Cursor::length(std::uint8_t tag, std::uint8_t fix_mask, std::uint8_t first,
                             int widths) {
  if (tag < first) return tag & fix_mask;
  return big_endian(std::size_t{1} << (widths + tag - first));
}

std::uint32_t Cursor::map() {
  if (kind() != Kind::map) bad_ = true;
  if (!need(1)) return 0;
  const std::uint8_t tag = byte_at(at_++);
  return static_cast<std::uint32_t>(length(tag, 0x0f, tag_map16, 1));
}

std::uint32_t Cursor::array() {
  if (kind() != Kind::array) bad_ = true;
  if (!need(1)) return 0;
  const std::uint8_t tag = byte_at(at_++);
  return static_cast<std::uint32_t>(length(tag, 0x0f, tag_array16, 1));
}

std::string_view Cursor::text() {
  if (kind() != Kind::text) bad_ = true;
  if (!need(1)) return {};
  const std::uint8_t tag = byte_at(at_++);
  return take(length(tag, 0x1f, tag_str8, 0));
}

ByteView Cursor::binary() {
  if (kind() != Kind::binary) bad_ = true;
  if (!need(1)) return {};
  const std::uint8_t tag = byte_at(at_++);
  return take(length(tag, 0, tag_bin8, 0));
}

std::int64_t Cursor::integer() {
  if (kind() != Kind::integer) bad_ = true;
  if (!need(1)) return 0;
  const std::uint8_t tag = byte_at(at_++);
  if (is_fix_integer(tag)) return static_cast<std::int8_t>(tag);
  if (tag >= tag_int8) {
    const std::size_t width = std::size_t{1} << (tag - tag_int8);
    const std::uint64_t value = big_endian(width);
    const int shift = static_cast<int>(64 - 8 * width);
    return static_cast<std::int64_t>(value << shift) >> shift;
  }
  return static_cast<std::int64_t>(big_endian(std::size_t{1} << (tag - tag_uint8)));
}

std::uint64_t Cursor::unsigned_integer() {
  if (kind() == Kind::unsigned_integer) {
    ++at_;
    return big_endian(8);
  }
  const std::int64_t value = integer();
  if (value < 0) bad_ = true;
  return bad_ ? 0 : static_cast<std::uint64_t>(value);
}

bool Cursor::boolean() {
  if (kind() != Kind::boolean) bad_ = true;
  if (!need(1)) return false;
  return byte_at(at_++) == tag_true;
}

double Cursor::real() {
  if (kind() == Kind::integer) return static_cast<double>(integer());
  if (kind() == Kind::unsigned_integer) return static_cast<double>(unsigned_integer());
  if (kind() != Kind::real) bad_ = true;
  if (!need(1)) return 0;
  const std::uint8_t tag = byte_at(at_++);
  if (tag == tag_float64) return std::bit_cast<double>(big_endian(8));
  return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4)));
}

Fingerprint Cursor::fingerprint() {
  const ByteView bytes = binary();
  if (bytes.size() != 16) {
    bad_ = true;
    return {};
  }
  Fingerprint value;
  for (std::size_t index = 0; index < 8; ++index) {
    value.high = (value.high << 8) | byte_at(bytes.data() + index);
    value.low = (value.low << 8) | byte_at(bytes.data() + 8 + index);
  }
  return value;
}

void Cursor::skip_one(std::uint64_t& pending) {
  switch (kind()) {
    case Kind::none:
      bad_ = true;
      return;
    case Kind::map:
      pending += 2ULL * map();
      return;
    case Kind::array:
      pending += array();
      return;
    case Kind::text:
      text();
      return;
    case Kind::binary:
      binary();
      return;
    case Kind::integer:
      integer();
      return;
    case Kind::unsigned_integer:
      unsigned_integer();
      return;
    case Kind::real:
      real();
      return;
    case Kind::nil:
    case Kind::boolean:
      ++at_;
      return;
    case Kind::extension: {
      const std::uint8_t tag = byte_at(at_++);
      const std::uint64_t size = tag >= tag_fixext1 ? std::uint64_t{1} << (tag - tag_fixext1)
                                                    : length(tag, 0, tag_ext8, 0);
      take(size + 1);
      return;
    }
  }
}

// Iterative, so that nesting costs no stack; each value consumes at least one byte, so hostile
// counts end at the input.
void Cursor::skip() {
  for (std::uint64_t pending = 1; pending > 0 && !bad_; --pending) skip_one(pending);
}

ByteView Cursor::raw() {
  const char* begin = at_;
  skip();
  return bad_ ? ByteView{} : ByteView(begin, static_cast<std::size_t>(at_ - begin));
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
