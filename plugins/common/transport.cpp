#include "plugins/common/transport.hpp"

#include <algorithm>

namespace perennial::plugins::common {
namespace {

// ASCII only and independent of the locale, since header names are tokens of ASCII.
char lowered(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char one, char other) { return lowered(one) == lowered(other); });
}

std::optional<std::string> Headers::find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (equals_ignoring_case(field, name)) return value;
  }
  return std::nullopt;
}

std::vector<std::string> Headers::find_all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [field, value] : fields_) {
    if (equals_ignoring_case(field, name)) found.push_back(value);
  }
  return found;
}

}  // namespace perennial::plugins::common
