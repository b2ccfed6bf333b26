// The event of the benches: ten CloudEvents attributes and nested data, of an exact size.
//
// Place:   packed anew for each event by the ceiling; packed once, with marks, as the template that
//          the testing connector's source `load` copies.
// Thread:  one each.
#pragma once

#include <cstddef>
#include <msgpack.hpp>
#include <string>
#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"

namespace perennial::bench {

inline constexpr std::string_view sample_type = "testing.happened.v1";

class SampleEvent {
 public:
  // Refuses a size that is too small to hold the attributes.
  [[nodiscard]] static Result<SampleEvent> of_size(std::size_t bytes);

  // `number` has 12 characters, `born_us` 16; the bytes stand until the next call.
  ByteView pack(std::string_view number, std::string_view born_us);
  // With the marks of the testing connector.
  [[nodiscard]] Bytes to_template();

 private:
  void pack_data(msgpack::packer<msgpack::sbuffer>& packer, std::string_view number,
                 std::string_view born_us);

  msgpack::sbuffer buffer_{1024};
  std::string filler_;
};

}  // namespace perennial::bench
