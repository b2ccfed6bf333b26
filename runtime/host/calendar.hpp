// Days and instants as ISO 8601 texts.
//
// Place:   pure; called by jq_native for the functions that mappings use.
// Errors:  what is no day of the calendar, or no instant, is refused by name.
// Limits:  years 1 to 9999.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/status.hpp"

namespace perennial::host {

// Days since 1970-01-01 of "2026-03-31".
[[nodiscard]] Result<std::int64_t> days_of(std::string_view date);
[[nodiscard]] Result<std::string> date_of(std::int64_t days);

// `months` later, or earlier, on `anchor_day` or the last day of a month that has no such day. 0 =
// the day of the date itself.
[[nodiscard]] Result<std::string> add_months(std::string_view date, std::int64_t months,
                                             unsigned anchor_day);
// 1 to 31.
[[nodiscard]] Result<unsigned> day_of_month(std::string_view date);

// Seconds since 1970-01-01T00:00:00Z; fractions are cut. A text without Z or an offset is no
// instant.
[[nodiscard]] Result<std::int64_t> seconds_of(std::string_view instant);

}  // namespace perennial::host
