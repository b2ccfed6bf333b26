#include "runtime/event/pack.hpp"

#include <msgpack.hpp>

namespace perennial::event {
namespace {

// What msgpack::packer needs of a stream.
struct Sink {
  Bytes& out;
  void write(const char* bytes, std::size_t count) { out.append(bytes, count); }
};

template <typename Write>
void with_packer(Bytes& out, Write write) {
  Sink sink{out};
  msgpack::packer<Sink> packer(sink);
  write(packer);
}

}  // namespace

Packer& Packer::map(std::uint32_t pairs) {
  with_packer(out_, [&](auto& packer) { packer.pack_map(pairs); });
  return *this;
}

Packer& Packer::array(std::uint32_t elements) {
  with_packer(out_, [&](auto& packer) { packer.pack_array(elements); });
  return *this;
}

Packer& Packer::text(std::string_view value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  with_packer(out_, [&](auto& packer) { packer.pack_str(size).pack_str_body(value.data(), size); });
  return *this;
}

Packer& Packer::binary(ByteView value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  with_packer(out_, [&](auto& packer) { packer.pack_bin(size).pack_bin_body(value.data(), size); });
  return *this;
}

Packer& Packer::unsigned_integer(std::uint64_t value) {
  with_packer(out_, [&](auto& packer) { packer.pack_uint64(value); });
  return *this;
}

Packer& Packer::integer(std::int64_t value) {
  with_packer(out_, [&](auto& packer) { packer.pack_int64(value); });
  return *this;
}

Packer& Packer::boolean(bool value) {
  with_packer(out_, [&](auto& packer) { value ? packer.pack_true() : packer.pack_false(); });
  return *this;
}

Packer& Packer::real(double value) {
  with_packer(out_, [&](auto& packer) { packer.pack_double(value); });
  return *this;
}

Packer& Packer::nil() {
  with_packer(out_, [&](auto& packer) { packer.pack_nil(); });
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

Packer& Packer::raw(ByteView value) {
  out_.append(value);
  return *this;
}

}  // namespace perennial::event
