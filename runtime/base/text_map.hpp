// A hash map by text that is asked with views, without making a string for each look.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace perennial {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

template <typename Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

}  // namespace perennial
