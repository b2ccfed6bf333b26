#include "sandbox/base/json.hpp"

#include <cctype>

namespace perennial::sandbox {

const Json& member_of(const Json& object, std::string_view key) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(std::string(key));
  return found == object.end() ? nothing : *found;
}

std::string text_of(const Json& object, std::string_view key) {
  const Json& value = member_of(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::int64_t number_of(const Json& object, std::string_view key, std::int64_t fallback) {
  const Json& value = member_of(object, key);
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) return static_cast<std::int64_t>(value.get<double>());
  return fallback;
}

bool flag_of(const Json& object, std::string_view key, bool fallback) {
  const Json& value = member_of(object, key);
  return value.is_boolean() ? value.get<bool>() : fallback;
}

std::optional<Json> parse_json(std::string_view text) {
  Json parsed = Json::parse(text.begin(), text.end(), nullptr, false);
  if (parsed.is_discarded()) return std::nullopt;
  return parsed;
}

std::string find_renewal_number(std::string_view text) {
  constexpr std::size_t digits = 6;
  constexpr std::size_t length = digits + 2;
  for (std::size_t at = text.find("R-"); at != std::string_view::npos;
       at = text.find("R-", at + 1)) {
    if (at + length > text.size()) break;
    bool all_digits = true;
    for (std::size_t i = at + 2; i < at + length; ++i) {
      all_digits = all_digits && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
    }
    if (all_digits) return std::string(text.substr(at, length));
  }
  return {};
}

std::string find_renewal_number(const Json& value) {
  if (value.is_string())
    return find_renewal_number(std::string_view(value.get_ref<const std::string&>()));
  if (!value.is_structured()) return {};
  for (const Json& child : value) {
    std::string found = find_renewal_number(child);
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace perennial::sandbox
