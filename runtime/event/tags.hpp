// The first bytes of msgpack values, and what each stands for.
//
// Place:   event/cursor reads by them, event/pack writes them.
// Format:  github.com/msgpack/msgpack/blob/master/spec.md, "Formats".
#pragma once

#include <array>
#include <cstdint>

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

enum Tag : std::uint8_t {
  fix_map = 0x80,
  fix_array = 0x90,
  fix_text = 0xa0,
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
  return (tag & 0xe0) == fix_text;
}
[[nodiscard]] constexpr bool is_fix_array(std::uint8_t tag) {
  return (tag & 0xf0) == fix_array;
}
[[nodiscard]] constexpr bool is_fix_map(std::uint8_t tag) {
  return (tag & 0xf0) == fix_map;
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

}  // namespace perennial::event
