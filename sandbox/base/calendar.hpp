// Dates and instants in the text forms the four vendors use, all in UTC.
//
// Errors:  parsers answer nothing on text that is no valid date.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perennial::sandbox {

using Day = std::chrono::sys_days;
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

std::optional<Day> parse_day(std::string_view text);  // 2026-02-28
std::string format_day(Day day);

// 2026-02-28T10:11:12[.345](Z|+hh:mm|+hhmm); a missing zone reads as UTC.
std::optional<Instant> parse_instant(std::string_view text);
std::string format_instant(Instant at);    // 2026-02-28T10:11:12.345Z
std::string format_http_date(Instant at);  // Sat, 28 Feb 2026 10:11:12 GMT

Day day_of(Instant at);
Instant start_of(Day day);
std::int64_t unix_seconds(Instant at);
std::int64_t unix_millis(Instant at);
Instant from_unix_seconds(std::int64_t seconds);

// The same day of a later month, or that month's last day where it is shorter.
Day add_months(Day day, int months);

}  // namespace perennial::sandbox
