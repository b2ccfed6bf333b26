#include "sandbox/base/calendar.hpp"

#include <array>
#include <cstdio>

namespace perennial::sandbox {
namespace {

using namespace std::chrono;

// Reads exactly `count` digits and removes them.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Day> take_day(std::string_view& text) {
  const auto year_number = take_digits(text, 4);
  if (!year_number || !take(text, '-')) return std::nullopt;
  const auto month_number = take_digits(text, 2);
  if (!month_number || !take(text, '-')) return std::nullopt;
  const auto day_number = take_digits(text, 2);
  if (!day_number) return std::nullopt;
  const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                            day{static_cast<unsigned>(*day_number)}};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

milliseconds take_fraction(std::string_view& text) {
  int value = 0;
  int scale = 100;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    value += (text.front() - '0') * scale;
    scale /= 10;
    text.remove_prefix(1);
  }
  return milliseconds(value);
}

std::optional<minutes> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return minutes(0);
  const bool behind = text.front() == '-';
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour) return std::nullopt;
  take(text, ':');
  const auto minute = take_digits(text, 2);
  if (!minute) return std::nullopt;
  const minutes offset = hours(*hour) + minutes(*minute);
  return behind ? -offset : offset;
}

}  // namespace

std::optional<Day> parse_day(std::string_view text) {
  const auto day = take_day(text);
  if (!day || !text.empty()) return std::nullopt;
  return day;
}

std::string format_day(Day day) {
  const year_month_day date(day);
  std::array<char, 24> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return buffer.data();
}

std::optional<Instant> parse_instant(std::string_view text) {
  const auto day = take_day(text);
  if (!day || !take(text, 'T')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  milliseconds within = hours(*hour) + minutes(*minute);
  if (take(text, ':')) {
    const auto second = take_digits(text, 2);
    if (!second || *second > 59) return std::nullopt;
    within += seconds(*second);
    if (take(text, '.')) within += take_fraction(text);
  }
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return Instant(*day) + within - *zone;
}

std::string format_instant(Instant at) {
  const Day day = day_of(at);
  const hh_mm_ss time(at - Instant(day));
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "T%02d:%02d:%02d.%03dZ",
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return format_day(day) + buffer.data();
}

std::string format_http_date(Instant at) {
  static constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months_short{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Day day = day_of(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - Instant(day));
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                weekdays.at(weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
                months_short.at(static_cast<unsigned>(date.month()) - 1),
                static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return buffer.data();
}

Day day_of(Instant at) {
  return floor<days>(at);
}

Instant start_of(Day day) {
  return Instant(day);
}

std::int64_t unix_seconds(Instant at) {
  return floor<seconds>(at).time_since_epoch().count();
}

std::int64_t unix_millis(Instant at) {
  return at.time_since_epoch().count();
}

Instant from_unix_seconds(std::int64_t value) {
  return Instant(seconds(value));
}

Day add_months(Day day, int months_count) {
  const year_month_day date(day);
  const year_month moved = date.year() / date.month() + months(months_count);
  const year_month_day same = moved / date.day();
  return same.ok() ? sys_days(same) : sys_days(moved / last);
}

}  // namespace perennial::sandbox
