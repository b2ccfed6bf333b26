// Writes msgpack: the form in which payloads, receipts and records cross the boundary.
//
// Owns:    the bytes; take() hands them over and leaves the builder empty.
// Errors:  std::length_error for a text or container beyond 2^32-1, which no valid record reaches.
// Format:  https://github.com/msgpack/msgpack/blob/master/spec.md, shortest form of each value.
#ifndef PERENNIAL_SDK_BUILDER_HPP
#define PERENNIAL_SDK_BUILDER_HPP

#include <bit>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

#include "perennial/value.hpp"

namespace perennial::sdk {

class Builder {
 public:
  Builder& nil() { return byte(0xc0); }
  Builder& boolean(bool value) { return byte(value ? 0xc3 : 0xc2); }

  Builder& integer(std::int64_t value) {
    if (value >= 0) return natural(static_cast<std::uint64_t>(value));
    if (value >= -32) return byte(static_cast<std::uint8_t>(value));
    if (value >= std::numeric_limits<std::int8_t>::min()) return tagged(0xd0, value, 1);
    if (value >= std::numeric_limits<std::int16_t>::min()) return tagged(0xd1, value, 2);
    if (value >= std::numeric_limits<std::int32_t>::min()) return tagged(0xd2, value, 4);
    return tagged(0xd3, value, 8);
  }

  Builder& number(double value) { return tagged(0xcb, std::bit_cast<std::int64_t>(value), 8); }

  Builder& text(std::string_view value) {
    const std::uint32_t size = checked(value.size());
    if (size < 32) {
      byte(static_cast<std::uint8_t>(0xa0u | size));
    } else if (size <= 0xff) {
      tagged(0xd9, size, 1);
    } else if (size <= 0xffff) {
      tagged(0xda, size, 2);
    } else {
      tagged(0xdb, size, 4);
    }
    bytes_.append(value);
    return *this;
  }

  // Announces `count` key and value pairs, which the caller then writes.
  Builder& map(std::size_t count) { return container(count, 0x80, 0xde); }
  // Announces `count` values, which the caller then writes.
  Builder& array(std::size_t count) { return container(count, 0x90, 0xdc); }

  Builder& field(std::string_view key, std::string_view value) { return text(key).text(value); }
  Builder& field(std::string_view key, std::int64_t value) { return text(key).integer(value); }

  Builder& value(const Value& given) {
    if (const auto* held = given.boolean()) return boolean(*held);
    if (const auto* held = given.integer()) return integer(*held);
    if (const auto* held = given.number()) return number(*held);
    if (const auto* held = given.text()) return text(*held);
    if (const auto* held = given.array()) {
      array(held->size());
      for (const Value& child : *held) value(child);
      return *this;
    }
    if (const auto* held = given.map()) {
      map(held->size());
      for (const auto& [key, child] : *held) text(key).value(child);
      return *this;
    }
    return nil();
  }

  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::exchange(bytes_, {}); }

 private:
  static std::uint32_t checked(std::size_t size) {
    if (size > std::numeric_limits<std::uint32_t>::max()) {
      throw std::length_error("a msgpack value cannot exceed 4 GiB");
    }
    return static_cast<std::uint32_t>(size);
  }

  Builder& byte(std::uint8_t value) {
    bytes_.push_back(static_cast<char>(value));
    return *this;
  }

  Builder& natural(std::uint64_t value) {
    if (value < 128) return byte(static_cast<std::uint8_t>(value));
    const auto bits = static_cast<std::int64_t>(value);
    if (value <= 0xff) return tagged(0xcc, bits, 1);
    if (value <= 0xffff) return tagged(0xcd, bits, 2);
    if (value <= 0xffffffff) return tagged(0xce, bits, 4);
    return tagged(0xcf, bits, 8);
  }

  Builder& tagged(std::uint8_t tag, std::int64_t value, int width) {
    byte(tag);
    const auto bits = static_cast<std::uint64_t>(value);
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
      byte(static_cast<std::uint8_t>(bits >> static_cast<unsigned>(shift)));
    }
    return *this;
  }

  Builder& container(std::size_t count, std::uint8_t small, std::uint8_t large) {
    const std::uint32_t size = checked(count);
    if (size < 16) return byte(static_cast<std::uint8_t>(small | size));
    if (size <= 0xffff) return tagged(large, size, 2);
    return tagged(static_cast<std::uint8_t>(large + 1), size, 4);
  }

  std::string bytes_;
};

inline std::string encode(const Value& value) {
  return Builder().value(value).take();
}

}  // namespace perennial::sdk

#endif
