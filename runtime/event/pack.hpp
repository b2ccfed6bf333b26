// Writes msgpack into owned bytes.
//
// Place:  the only writer of msgpack in the runtime: events, records, frames.
// Errors: none; a wrong count of elements is a defect that the reader's tests find.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/event/tags.hpp"

namespace perennial::event {

class Packer {
 public:
  // Appends to `out`, which must outlive the packer.
  explicit Packer(Bytes& out) : out_(out) {}

  Packer& map(std::uint32_t pairs) { return count(pairs, tags::fix_map, tags::map16); }
  Packer& array(std::uint32_t elements) { return count(elements, tags::fix_array, tags::array16); }
  Packer& text(std::string_view value) {
    if (value.size() > 0x1f) return long_text(value);
    out_.push_back(static_cast<char>(tags::fix_text | value.size()));
    out_.append(value);
    return *this;
  }
  Packer& binary(ByteView value);
  Packer& unsigned_integer(std::uint64_t value) {
    if (value > 0x7f) return wide(value);
    out_.push_back(static_cast<char>(value));
    return *this;
  }
  Packer& integer(std::int64_t value) {
    if (value >= 0) return unsigned_integer(static_cast<std::uint64_t>(value));
    return negative(value);
  }
  Packer& boolean(bool value) {
    out_.push_back(static_cast<char>(value ? tags::yes : tags::no));
    return *this;
  }
  Packer& real(double value);
  Packer& nil() {
    out_.push_back(static_cast<char>(tags::nil));
    return *this;
  }
  // 16 bytes, binary.
  Packer& fingerprint(const Fingerprint& value);
  // One msgpack value that is encoded already.
  Packer& raw(ByteView value) {
    out_.append(value);
    return *this;
  }

 private:
  Packer& count(std::uint32_t value, std::uint8_t short_tag, std::uint8_t long_tag) {
    if (value > 0x0f) return long_count(value, long_tag);
    out_.push_back(static_cast<char>(short_tag | value));
    return *this;
  }
  Packer& long_count(std::uint32_t value, std::uint8_t tag);
  Packer& long_text(std::string_view value);
  Packer& wide(std::uint64_t value);
  Packer& negative(std::int64_t value);

  Bytes& out_;
};

}  // namespace perennial::event
