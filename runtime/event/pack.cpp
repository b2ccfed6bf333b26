#include "runtime/event/pack.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace perennial::event {
namespace {

// A tag and a big-endian number behind it.
template <typename Number>
void put(Bytes& out, std::uint8_t tag, Number value) {
  std::array<char, 1 + sizeof(Number)> bytes{static_cast<char>(tag)};
  for (std::size_t index = 0; index < sizeof(Number); ++index) {
    bytes[1 + index] = static_cast<char>(value >> (8 * (sizeof(Number) - 1 - index)));
  }
  out.append(bytes.data(), bytes.size());
}

// The shortest form of 1, 2 or 4 bytes that holds the length; `tag` is that of one byte.
void put_length(Bytes& out, std::uint8_t tag, std::size_t length) {
  if (length <= std::numeric_limits<std::uint8_t>::max()) {
    put(out, tag, static_cast<std::uint8_t>(length));
  } else if (length <= std::numeric_limits<std::uint16_t>::max()) {
    put(out, tag + 1, static_cast<std::uint16_t>(length));
  } else {
    put(out, tag + 2, static_cast<std::uint32_t>(length));
  }
}

}  // namespace

Packer& Packer::long_count(std::uint32_t value, std::uint8_t tag) {
  if (value <= std::numeric_limits<std::uint16_t>::max()) {
    put(out_, tag, static_cast<std::uint16_t>(value));
  } else {
    put(out_, tag + 1, value);
  }
  return *this;
}

Packer& Packer::long_text(std::string_view value) {
  put_length(out_, tags::str8, value.size());
  out_.append(value);
  return *this;
}

Packer& Packer::binary(ByteView value) {
  put_length(out_, tags::bin8, value.size());
  out_.append(value);
  return *this;
}

Packer& Packer::wide(std::uint64_t value) {
  if (value <= std::numeric_limits<std::uint8_t>::max()) {
    put(out_, tags::uint8, static_cast<std::uint8_t>(value));
  } else if (value <= std::numeric_limits<std::uint16_t>::max()) {
    put(out_, tags::uint8 + 1, static_cast<std::uint16_t>(value));
  } else if (value <= std::numeric_limits<std::uint32_t>::max()) {
    put(out_, tags::uint8 + 2, static_cast<std::uint32_t>(value));
  } else {
    put(out_, tags::uint64, value);
  }
  return *this;
}

Packer& Packer::negative(std::int64_t value) {
  constexpr std::int64_t fix_min = -32;
  const auto bits = static_cast<std::uint64_t>(value);
  if (value >= fix_min) {
    out_.push_back(static_cast<char>(value));
  } else if (value >= std::numeric_limits<std::int8_t>::min()) {
    put(out_, tags::int8, static_cast<std::uint8_t>(bits));
  } else if (value >= std::numeric_limits<std::int16_t>::min()) {
    put(out_, tags::int8 + 1, static_cast<std::uint16_t>(bits));
  } else if (value >= std::numeric_limits<std::int32_t>::min()) {
    put(out_, tags::int8 + 2, static_cast<std::uint32_t>(bits));
  } else {
    put(out_, tags::int64, bits);
  }
  return *this;
}

// Whole numbers are written as integers, as msgpack-c does: one value then has one form.
Packer& Packer::real(double value) {
  constexpr double integer_end = 9223372036854775808.0;  // 2^63
  const bool fits = value >= -integer_end && value < integer_end;
  if (fits && value == std::trunc(value)) return integer(static_cast<std::int64_t>(value));
  put(out_, tags::float64, std::bit_cast<std::uint64_t>(value));
  return *this;
}

Packer& Packer::fingerprint(const Fingerprint& value) {
  char bytes[16];
  for (int index = 0; index < 8; ++index) {
    bytes[index] = static_cast<char>(value.high >> (56 - 8 * index));
    bytes[8 + index] = static_cast<char>(value.low >> (56 - 8 * index));
  }
  return binary(ByteView(bytes, sizeof bytes));
}

}  // namespace perennial::event
