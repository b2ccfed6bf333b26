#include "sandbox/base/random.hpp"

namespace perennial::sandbox {

// SplitMix64 (public domain, Vigna): std distributions differ between libraries, this does not.
std::uint64_t Random::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

int Random::between(int low, int high) {
  const auto span = static_cast<std::uint64_t>(high - low) + 1;
  return low + static_cast<int>(next() % span);
}

bool Random::chance(double probability) {
  return static_cast<double>(next() >> 11U) * 0x1.0p-53 < probability;
}

std::string Random::letters_and_digits(std::size_t count) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += alphabet[next() % alphabet.size()];
  return result;
}

std::string Random::uuid() {
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string result;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) result += '-';
    std::uint64_t digit = next() % 16;
    if (i == 12) digit = 4;                // version of a random UUID
    if (i == 16) digit = 8 + (digit % 4);  // its variant
    result += hex[digit];
  }
  return result;
}

std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3ULL;
  }
  return hash;
}

}  // namespace perennial::sandbox
