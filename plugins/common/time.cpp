#include "plugins/common/time.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace perennial::plugins::common {
namespace {

namespace calendar = std::chrono;

// Takes exactly `width` digits from the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (const char digit : text.substr(0, width)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> ms_of_day(int year, int month, int day) {
  const calendar::year_month_day date(calendar::year(year),
                                      calendar::month(static_cast<unsigned>(month)),
                                      calendar::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return calendar::sys_days(date).time_since_epoch().count() * std::int64_t{86'400'000};
}

std::optional<std::int64_t> take_time_of_day(std::string_view& text) {
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  // A leap second (":60") is counted as the next second.
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return (*hour * std::int64_t{3600} + *minute * 60 + *second) * 1000;
}

std::int64_t take_fraction_ms(std::string_view& text) {
  if (!take(text, '.')) return 0;
  std::int64_t ms = 0;
  std::int64_t weight = 100;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    ms += (text.front() - '0') * weight;
    weight /= 10;
    text.remove_prefix(1);
  }
  return ms;
}

std::optional<std::int64_t> take_offset_ms(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return 0;
  const bool is_east = text.front() == '+';
  if (!is_east && text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  if (!hours) return std::nullopt;
  take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!minutes) return std::nullopt;
  const std::int64_t offset = (*hours * std::int64_t{60} + *minutes) * 60'000;
  return is_east ? offset : -offset;
}

}  // namespace

std::optional<std::int64_t> ms_of_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::size_t comma = text.find(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  text.remove_prefix(comma + 2);
  const auto day = take_digits(text, 2);
  if (!day || !take(text, ' ') || text.size() < 3) return std::nullopt;
  int month = 0;
  for (std::size_t index = 0; index < months.size(); ++index) {
    if (text.substr(0, 3) == months[index]) month = static_cast<int>(index) + 1;
  }
  text.remove_prefix(3);
  if (month == 0 || !take(text, ' ')) return std::nullopt;
  const auto year = take_digits(text, 4);
  if (!year || !take(text, ' ')) return std::nullopt;
  const auto date = ms_of_day(*year, month, *day);
  const auto time = take_time_of_day(text);
  if (!date || !time || text != " GMT") return std::nullopt;
  return *date + *time;
}

std::optional<std::int64_t> ms_of_iso(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const auto date = ms_of_day(*year, *month, *day);
  if (!date || text.empty()) return date;
  if (!take(text, 'T')) return std::nullopt;
  const auto time = take_time_of_day(text);
  if (!time) return std::nullopt;
  const std::int64_t fraction = take_fraction_ms(text);
  const auto offset = take_offset_ms(text);
  if (!offset || !text.empty()) return std::nullopt;
  return *date + *time + fraction - *offset;
}

std::int64_t unix_ms() {
  return calendar::duration_cast<calendar::milliseconds>(
             calendar::system_clock::now().time_since_epoch())
      .count();
}

std::string iso_of_ms(std::int64_t ms) {
  const calendar::sys_time<calendar::milliseconds> instant{calendar::milliseconds(ms)};
  const auto day = calendar::floor<calendar::days>(instant);
  const calendar::year_month_day date(day);
  const calendar::hh_mm_ss time(instant - day);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

}  // namespace perennial::plugins::common
