#include "runtime/base/ids.hpp"

namespace perennial {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t text_length = 26;

}  // namespace

void append_text(const Fingerprint& value, std::string& out) {
  char text[text_length];
  std::uint64_t high = value.high;
  std::uint64_t low = value.low;
  for (std::size_t index = text_length; index-- > 0;) {
    text[index] = alphabet[low & 31];
    low = (low >> 5) | (high << 59);
    high >>= 5;
  }
  out.append(text, text_length);
}

std::string to_text(const Fingerprint& value) {
  std::string text;
  append_text(value, text);
  return text;
}

bool from_text(std::string_view text, Fingerprint& value) {
  if (text.size() != text_length || text[0] > '7') return false;
  Fingerprint parsed;
  for (char symbol : text) {
    const auto digit = alphabet.find(symbol);
    if (digit == std::string_view::npos) return false;
    parsed.high = (parsed.high << 5) | (parsed.low >> 59);
    parsed.low = (parsed.low << 5) | digit;
  }
  value = parsed;
  return true;
}

}  // namespace perennial
