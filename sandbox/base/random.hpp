// A small seeded generator whose sequence is the same on every machine and standard library.
//
// Thread:  one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace perennial::sandbox {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();
  // Uniform in [low, high].
  int between(int low, int high);
  // True with the given probability.
  bool chance(double probability);
  std::string letters_and_digits(std::size_t count);
  std::string uuid();

 private:
  std::uint64_t state_;
};

std::uint64_t hash_text(std::string_view text);  // FNV-1a

}  // namespace perennial::sandbox
