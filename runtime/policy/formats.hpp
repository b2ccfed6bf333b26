// The `format` assertions of event schemas.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace perennial::policy {

enum class Format : std::uint8_t { none, date, date_time };

[[nodiscard]] std::optional<Format> format_of(std::string_view name);
[[nodiscard]] std::string_view name_of(Format format);
// RFC 3339, section 5.6: full-date, date-time. Days are checked against the month, leap years
// included.
[[nodiscard]] bool has_format(Format format, std::string_view text);

}  // namespace perennial::policy
