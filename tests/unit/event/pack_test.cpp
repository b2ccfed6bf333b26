#include "runtime/event/pack.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <msgpack.hpp>

namespace perennial::event {
namespace {

// What msgpack-c writes for the same value.
template <typename Write>
Bytes expected(Write write) {
  msgpack::sbuffer buffer;
  msgpack::packer<msgpack::sbuffer> packer(buffer);
  write(packer);
  return {buffer.data(), buffer.size()};
}

TEST(Packer, WritesIntegersInTheShortestFormAsMsgpackDoes) {
  std::vector<std::int64_t> values = {0, std::numeric_limits<std::int64_t>::min(),
                                      std::numeric_limits<std::int64_t>::max()};
  for (int shift = 0; shift < 62; ++shift) {
    for (const std::int64_t near : {-1, 0, 1}) {
      values.push_back((std::int64_t{1} << shift) + near);
      values.push_back(-(std::int64_t{1} << shift) + near);
    }
  }

  for (const std::int64_t value : values) {
    Bytes bytes;
    Packer(bytes).integer(value);
    EXPECT_EQ(bytes, expected([&](auto& packer) { packer.pack_int64(value); })) << value;
  }
  Bytes largest;
  Packer(largest).unsigned_integer(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(largest, expected([](auto& packer) { packer.pack_uint64(UINT64_MAX); }));
}

TEST(Packer, WritesLengthsOfEveryWidthAsMsgpackDoes) {
  for (const std::uint32_t size : {0U, 1U, 15U, 16U, 31U, 32U, 255U, 256U, 65'535U, 65'536U}) {
    const Bytes body(size, 'x');
    Bytes bytes;
    Packer(bytes).text(body).binary(body).array(size).map(size);
    EXPECT_EQ(bytes, expected([&](auto& packer) {
                packer.pack_str(size).pack_str_body(body.data(), size);
                packer.pack_bin(size).pack_bin_body(body.data(), size);
                packer.pack_array(size).pack_map(size);
              }))
        << size;
  }
}

TEST(Packer, WritesScalarsAsMsgpackDoes) {
  Bytes bytes;
  Packer(bytes).nil().boolean(true).boolean(false).real(1.25).real(-0.0).real(-3.0).real(1e300);
  EXPECT_EQ(bytes, expected([](auto& packer) {
              packer.pack_nil().pack_true().pack_false().pack_double(1.25);
              packer.pack_double(-0.0).pack_double(-3.0).pack_double(1e300);
            }));
}

}  // namespace
}  // namespace perennial::event
