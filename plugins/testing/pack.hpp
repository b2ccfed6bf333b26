// Just enough msgpack to read a flat configuration and to write events.
//
// Place:   plugins/testing only, so that this connector needs nothing but the C headers.
// Format:  github.com/msgpack/msgpack/blob/master/spec.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace testing_connector {

inline void put_head(std::string& out, std::uint8_t tag, std::uint64_t value, int bytes) {
  out += static_cast<char>(tag);
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift);
}

inline void put_map(std::string& out, std::uint8_t pairs) {
  out += static_cast<char>(0x80 | pairs);  // up to 15
}

inline void put_text(std::string& out, std::string_view text) {
  if (text.size() < 32) {
    out += static_cast<char>(0xa0 | text.size());
  } else {
    put_head(out, 0xdb, text.size(), 4);
  }
  out += text;
}

inline void put_number(std::string& out, std::uint64_t value) {
  put_head(out, 0xcf, value, 8);
}

// A value of a flat map; what is nested or of another kind is walked and reads as empty text.
using Scalar = std::variant<std::string_view, std::int64_t, bool>;

// Walks one flat map; calls take(key, value) for each pair whose value is a scalar.
class FlatReader {
 public:
  explicit FlatReader(std::string_view bytes) : rest_(bytes) {}

  // False when the bytes are no map, or end early.
  template <typename Take>
  bool each(Take take) {
    std::uint64_t pairs = 0;
    const std::uint8_t tag = byte();
    if ((tag & 0xf0) == 0x80) {
      pairs = tag & 0x0f;
    } else if (tag == 0xde) {
      pairs = big_endian(2);
    } else {
      return false;
    }
    for (; pairs > 0 && is_good_; --pairs) {
      const Scalar key = scalar();
      const Scalar value = scalar();
      const auto* name = std::get_if<std::string_view>(&key);
      if (is_good_ && name != nullptr) take(*name, value);
    }
    return is_good_;
  }

 private:
  std::uint8_t byte() {
    if (rest_.empty()) {
      is_good_ = false;
      return 0xc0;
    }
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::uint64_t big_endian(int bytes) {
    std::uint64_t value = 0;
    for (int index = 0; index < bytes; ++index) value = (value << 8) | byte();
    return value;
  }
  std::string_view text(std::uint64_t size) {
    if (size > rest_.size()) {
      is_good_ = false;
      return {};
    }
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  Scalar scalar() {
    const std::uint8_t tag = byte();
    if (tag < 0x80) return std::int64_t{tag};
    if (tag >= 0xe0) return std::int64_t{static_cast<std::int8_t>(tag)};
    if ((tag & 0xe0) == 0xa0) return text(tag & 0x1f);
    switch (tag) {
      case 0xc0:
        return std::string_view();
      case 0xc2:
      case 0xc3:
        return tag == 0xc3;
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return static_cast<std::int64_t>(big_endian(1 << (tag - 0xcc)));
      case 0xd0:
        return std::int64_t{static_cast<std::int8_t>(big_endian(1))};
      case 0xd1:
        return std::int64_t{static_cast<std::int16_t>(big_endian(2))};
      case 0xd2:
        return std::int64_t{static_cast<std::int32_t>(big_endian(4))};
      case 0xd3:
        return static_cast<std::int64_t>(big_endian(8));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return text(big_endian(1 << (tag - 0xd9)));
      default:
        return nested(tag);
    }
  }
  Scalar nested(std::uint8_t tag) {
    std::uint64_t values = 0;
    if ((tag & 0xf0) == 0x80) {
      values = 2 * (tag & 0x0f);
    } else if ((tag & 0xf0) == 0x90) {
      values = tag & 0x0f;
    } else if (tag == 0xdc || tag == 0xdd) {
      values = big_endian(2 << (tag - 0xdc));
    } else if (tag == 0xde || tag == 0xdf) {
      values = 2 * big_endian(2 << (tag - 0xde));
    } else if (tag == 0xca || tag == 0xcb) {
      big_endian(4 << (tag - 0xca));
    } else {
      is_good_ = false;
    }
    while (values-- > 0 && is_good_) scalar();
    return std::string_view();
  }

  std::string_view rest_;
  bool is_good_ = true;
};

}  // namespace testing_connector
