// Reads msgpack that comes from outside, without trusting it.
//
// Errors:  decode() gives a Decoded whose `error` says what and at which byte; it never throws for
//          bad bytes and never reads past the view.
// Limits:  ReadLimits: depth (the reader recurses) and number of values (a short text can announce
//          four thousand million elements).
// Format:  maps with text keys, no extension types: what the boundary allows.
#ifndef PERENNIAL_SDK_READER_HPP
#define PERENNIAL_SDK_READER_HPP

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "perennial/value.hpp"

namespace perennial::sdk {

struct ReadLimits {
  unsigned depth_max = 64;
  std::size_t values_max = 1'000'000;
};

struct Decoded {
  Value value;
  std::string error = {};  // empty when the bytes were sound

  explicit operator bool() const { return error.empty(); }
};

class Reader {
 public:
  Reader(std::string_view bytes, ReadLimits limits) : bytes_(bytes), limits_(limits) {}

  // The one value that the bytes hold; anything after it is an error.
  Decoded read_all() {
    Decoded decoded;
    if (read(decoded.value, 0) && position_ != bytes_.size()) fail("bytes after the value");
    if (error_.empty()) return decoded;
    return Decoded{Value(), error_};
  }

 private:
  bool fail(std::string_view why) {
    if (error_.empty()) {
      error_ = "msgpack: " + std::string(why) + " at byte " + std::to_string(position_);
    }
    return false;
  }

  bool take(std::size_t width, std::uint64_t& out) {
    if (bytes_.size() - position_ < width) return fail("cut short");
    out = 0;
    for (std::size_t index = 0; index < width; ++index) {
      out = out << 8u | static_cast<std::uint8_t>(bytes_[position_ + index]);
    }
    position_ += width;
    return true;
  }

  bool read(Value& out, unsigned depth) {
    if (depth > limits_.depth_max) return fail("nested too deep");
    if (++values_ > limits_.values_max) return fail("too many values");
    std::uint64_t tag = 0;
    if (!take(1, tag)) return false;
    if (tag < 0x80) return out = Value(static_cast<std::int64_t>(tag)), true;
    if (tag < 0x90) return read_map(out, tag & 0x0fu, depth);
    if (tag < 0xa0) return read_array(out, tag & 0x0fu, depth);
    if (tag < 0xc0) return read_text(out, tag & 0x1fu);
    if (tag >= 0xe0) return out = Value(static_cast<std::int64_t>(tag) - 256), true;
    return read_tagged(out, static_cast<std::uint8_t>(tag), depth);
  }

  bool read_tagged(Value& out, std::uint8_t tag, unsigned depth) {
    switch (tag) {
      case 0xc0:
        return out = Value(), true;
      case 0xc2:
        return out = Value(false), true;
      case 0xc3:
        return out = Value(true), true;
      case 0xca:
      case 0xcb:
        return read_number(out, tag == 0xca);
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return read_natural(out, 1u << (tag - 0xccu));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return read_signed(out, 1u << (tag - 0xd0u));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return read_sized(out, 1u << (tag - 0xd9u), tag, depth);
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return read_sized(out, 1u << (tag - 0xc4u), tag, depth);
      case 0xdc:
      case 0xdd:
        return read_sized(out, 2u << (tag - 0xdcu), tag, depth);
      case 0xde:
      case 0xdf:
        return read_sized(out, 2u << (tag - 0xdeu), tag, depth);
      default:
        return fail("a type that the boundary does not allow");
    }
  }

  bool read_sized(Value& out, std::size_t width, std::uint8_t tag, unsigned depth) {
    std::uint64_t size = 0;
    if (!take(width, size)) return false;
    if (tag == 0xdc || tag == 0xdd) return read_array(out, size, depth);
    if (tag == 0xde || tag == 0xdf) return read_map(out, size, depth);
    return read_text(out, size);
  }

  bool read_number(Value& out, bool is_single) {
    std::uint64_t bits = 0;
    if (!take(is_single ? 4 : 8, bits)) return false;
    out = is_single ? Value(double{std::bit_cast<float>(static_cast<std::uint32_t>(bits))})
                    : Value(std::bit_cast<double>(bits));
    return true;
  }

  bool read_natural(Value& out, std::size_t width) {
    std::uint64_t bits = 0;
    if (!take(width, bits)) return false;
    if (bits > static_cast<std::uint64_t>(INT64_MAX)) return fail("integer beyond 2^63-1");
    return out = Value(static_cast<std::int64_t>(bits)), true;
  }

  bool read_signed(Value& out, std::size_t width) {
    std::uint64_t bits = 0;
    if (!take(width, bits)) return false;
    const unsigned unused = static_cast<unsigned>(64 - width * 8);
    return out = Value(static_cast<std::int64_t>(bits << unused) >> unused), true;
  }

  bool read_text(Value& out, std::uint64_t size) {
    std::string_view found;
    if (!take_text(size, found)) return false;
    return out = Value(found), true;
  }

  bool take_text(std::uint64_t size, std::string_view& out) {
    if (bytes_.size() - position_ < size) return fail("text cut short");
    out = bytes_.substr(position_, size);
    position_ += size;
    return true;
  }

  bool read_array(Value& out, std::uint64_t count, unsigned depth) {
    Value::Array children;
    for (std::uint64_t index = 0; index < count; ++index) {
      if (!read(children.emplace_back(), depth + 1)) return false;
    }
    return out = Value(std::move(children)), true;
  }

  bool read_map(Value& out, std::uint64_t count, unsigned depth) {
    Value::Map fields;
    for (std::uint64_t index = 0; index < count; ++index) {
      Value key;
      if (!read(key, depth + 1)) return false;
      if (key.text() == nullptr) return fail("a key that is not text");
      auto& field = fields.emplace_back(*key.text(), Value());
      if (!read(field.second, depth + 1)) return false;
    }
    return out = Value(std::move(fields)), true;
  }

  std::string_view bytes_;
  ReadLimits limits_;
  std::size_t position_ = 0;
  std::size_t values_ = 0;
  std::string error_;
};

inline Decoded decode(std::string_view bytes, ReadLimits limits = {}) {
  return Reader(bytes, limits).read_all();
}

}  // namespace perennial::sdk

#endif
