// Seeded 128-bit fingerprints (XXH3).
//
// The seed is drawn once for each data directory, so that a hostile sender who chooses event ids
// cannot aim at a collision.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "runtime/base/ids.hpp"

namespace perennial {

[[nodiscard]] Fingerprint fingerprint(std::string_view bytes, std::uint64_t seed);
// Of several parts, each preceded by its length: ("ab","c") and ("a","bc") differ.
[[nodiscard]] Fingerprint fingerprint(std::initializer_list<std::string_view> parts,
                                      std::uint64_t seed);
[[nodiscard]] std::uint64_t hash64(std::string_view bytes);

}  // namespace perennial
