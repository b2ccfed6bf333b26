#include "runtime/policy/formats.hpp"

namespace perennial::policy {
namespace {

// Reads exactly `digits` digits from the front; -1 when there are none.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (char digit : text.substr(0, digits)) {
    if (digit < '0' || digit > '9') return -1;
    value = value * 10 + (digit - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char symbol) {
  if (text.empty() || text.front() != symbol) return false;
  text.remove_prefix(1);
  return true;
}

int days_in(int year, int month) {
  static constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && is_leap ? 29 : days[month - 1];
}

bool take_date(std::string_view& text) {
  const int year = take_number(text, 4);
  if (year < 0 || !take(text, '-')) return false;
  const int month = take_number(text, 2);
  if (month < 1 || month > 12 || !take(text, '-')) return false;
  const int day = take_number(text, 2);
  return day >= 1 && day <= days_in(year, month);
}

bool take_clock(std::string_view& text, int hour_max, bool has_seconds) {
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > hour_max || !take(text, ':')) return false;
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59) return false;
  if (!has_seconds) return true;
  if (!take(text, ':')) return false;
  const int second = take_number(text, 2);
  return second >= 0 && second <= 60;  // 60 is a leap second
}

bool is_date_time(std::string_view text) {
  if (!take_date(text)) return false;
  if (!take(text, 'T') && !take(text, 't')) return false;
  if (!take_clock(text, 23, true)) return false;
  if (take(text, '.')) {
    std::size_t digits = 0;
    while (take_number(text, 1) >= 0) ++digits;
    if (digits == 0) return false;
  }
  if (take(text, 'Z') || take(text, 'z')) return text.empty();
  if (!take(text, '+') && !take(text, '-')) return false;
  return take_clock(text, 23, false) && text.empty();
}

}  // namespace

std::optional<Format> format_of(std::string_view name) {
  if (name == "date") return Format::date;
  if (name == "date-time") return Format::date_time;
  return std::nullopt;
}

std::string_view name_of(Format format) {
  switch (format) {
    case Format::date:
      return "date (YYYY-MM-DD)";
    case Format::date_time:
      return "date-time (RFC 3339)";
    case Format::none:
      break;
  }
  return "text";
}

bool has_format(Format format, std::string_view text) {
  switch (format) {
    case Format::date:
      return take_date(text) && text.empty();
    case Format::date_time:
      return is_date_time(text);
    case Format::none:
      break;
  }
  return true;
}

}  // namespace perennial::policy
