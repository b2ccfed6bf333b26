#include "runtime/base/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace perennial {
namespace {

Fingerprint to_fingerprint(XXH128_hash_t hash) {
  Fingerprint value{hash.high64, hash.low64};
  // All zero means "not set" everywhere, so the one input that hashes to it is moved aside.
  if (!value.is_set()) value.low = 1;
  return value;
}

}  // namespace

Fingerprint fingerprint(std::string_view bytes, std::uint64_t seed) {
  return to_fingerprint(XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed));
}

Fingerprint fingerprint(std::initializer_list<std::string_view> parts, std::uint64_t seed) {
  char stack[512];
  std::size_t used = 0;
  std::string heap;
  for (std::string_view part : parts) {
    const auto size = static_cast<std::uint32_t>(part.size());
    const std::size_t need = sizeof size + part.size();
    if (heap.empty() && used + need <= sizeof stack) {
      __builtin_memcpy(stack + used, &size, sizeof size);
      if (!part.empty()) __builtin_memcpy(stack + used + sizeof size, part.data(), part.size());
      used += need;
      continue;
    }
    if (heap.empty()) heap.assign(stack, used);
    heap.append(reinterpret_cast<const char*>(&size), sizeof size);
    heap.append(part);
  }
  return heap.empty() ? fingerprint(std::string_view(stack, used), seed) : fingerprint(heap, seed);
}

std::uint64_t hash64(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace perennial
