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

namespace perennial::event {

class Packer {
 public:
  // Appends to `out`, which must outlive the packer.
  explicit Packer(Bytes& out) : out_(out) {}

  Packer& map(std::uint32_t pairs);
  Packer& array(std::uint32_t elements);
  Packer& text(std::string_view value);
  Packer& binary(ByteView value);
  Packer& unsigned_integer(std::uint64_t value);
  Packer& integer(std::int64_t value);
  Packer& boolean(bool value);
  Packer& real(double value);
  Packer& nil();
  // 16 bytes, binary.
  Packer& fingerprint(const Fingerprint& value);
  // One msgpack value that is encoded already.
  Packer& raw(ByteView value);

 private:
  Bytes& out_;
};

}  // namespace perennial::event
