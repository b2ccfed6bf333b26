#include "runtime/host/calendar.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "runtime/host/exact_money.hpp"

namespace perennial::host {
namespace {

namespace chrono = std::chrono;

constexpr std::int64_t seconds_of_day = 86'400;

// `count` digits at `at`, or nothing.
std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int number = 0;
  for (const char symbol : text.substr(at, count)) {
    if (symbol < '0' || symbol > '9') return std::nullopt;
    number = number * 10 + (symbol - '0');
  }
  return number;
}

Result<chrono::year_month_day> read_date(std::string_view text) {
  const auto year = number_at(text, 0, 4);
  const auto month = number_at(text, 5, 2);
  const auto day = number_at(text, 8, 2);
  if (text.size() == 10 && text[4] == '-' && text[7] == '-' && year && month && day && *year > 0) {
    const chrono::year_month_day date{chrono::year(*year),
                                      chrono::month(static_cast<unsigned>(*month)),
                                      chrono::day(static_cast<unsigned>(*day))};
    if (date.ok()) return date;
  }
  return fail(Code::invalid, "expected a day of the calendar such as 2026-03-31, but " +
                                 in_quotes(text) + " came");
}

Result<std::string> write_date(const chrono::year_month_day& date) {
  const int year = static_cast<int>(date.year());
  if (year < 1 || year > 9999) {
    return fail(Code::invalid,
                "expected a day of the years 1 to 9999, but the result is of the "
                "year " +
                    std::to_string(year));
  }
  const auto padded = [](int number, std::size_t width) {
    std::string text = std::to_string(number);
    return std::string(width - std::min(width, text.size()), '0') + text;
  };
  return padded(year, 4) + "-" + padded(static_cast<int>(static_cast<unsigned>(date.month())), 2) +
         "-" + padded(static_cast<int>(static_cast<unsigned>(date.day())), 2);
}

// Seconds east of UTC of "Z", "+01:00", "+0100" or "+01".
std::optional<std::int64_t> offset_of(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto hours = number_at(text, 1, 2);
  const std::size_t at = text.size() == 6 && text[3] == ':' ? 4 : 3;
  const auto minutes = text.size() == 3 ? std::optional<int>(0) : number_at(text, at, 2);
  const bool is_whole = text.size() == 3 || text.size() == at + 2;
  if (!is_whole || !hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return text[0] == '-' ? -seconds : seconds;
}

}  // namespace

Result<std::int64_t> days_of(std::string_view date) {
  const auto day = read_date(date);
  if (!day) return tl::unexpected(day.error());
  return chrono::sys_days(*day).time_since_epoch().count();
}

Result<std::string> date_of(std::int64_t days) {
  // chrono's years end at 32767; write_date refuses long before.
  constexpr std::int64_t days_max = 5'000'000;
  if (days > days_max || days < -days_max) {
    return fail(Code::invalid,
                "expected a day of the years 1 to 9999, but day " + std::to_string(days) + " came");
  }
  return write_date(chrono::sys_days(chrono::days(days)));
}

Result<std::string> add_months(std::string_view date, std::int64_t months, unsigned anchor_day) {
  const auto day = read_date(date);
  if (!day) return tl::unexpected(day.error());
  constexpr std::int64_t months_max = 120'000;
  if (months > months_max || months < -months_max) {
    return fail(Code::invalid,
                "expected at most 120000 months, but " + std::to_string(months) + " came");
  }
  const chrono::year_month month =
      chrono::year_month(day->year(), day->month()) + chrono::months(static_cast<int>(months));
  const chrono::day last = chrono::year_month_day_last(month / chrono::last).day();
  const chrono::day wanted = anchor_day == 0 ? day->day() : chrono::day(anchor_day);
  return write_date(month / std::min(wanted, last));
}

Result<unsigned> day_of_month(std::string_view date) {
  const auto day = read_date(date);
  if (!day) return tl::unexpected(day.error());
  return static_cast<unsigned>(day->day());
}

Result<std::int64_t> seconds_of(std::string_view instant) {
  const auto refuse = [&] {
    return fail(Code::invalid,
                "expected an instant such as 2026-03-31T10:00:00Z, with Z or an offset, but " +
                    in_quotes(instant) + " came");
  };
  const auto hour = number_at(instant, 11, 2);
  const auto minute = number_at(instant, 14, 2);
  const auto second = number_at(instant, 17, 2);
  if (instant.size() < 20 || (instant[10] != 'T' && instant[10] != 't' && instant[10] != ' ') ||
      instant[13] != ':' || instant[16] != ':' || !hour || !minute || !second) {
    return refuse();
  }
  std::size_t at = 19;
  if (instant[at] == '.') {
    const std::size_t end = instant.find_first_not_of("0123456789", at + 1);
    if (end == std::string_view::npos || end == at + 1) return refuse();
    at = end;
  }
  const auto offset = offset_of(instant.substr(at));
  if (!offset || *hour > 23 || *minute > 59 || *second > 59) return refuse();
  const auto days = days_of(instant.substr(0, 10));
  if (!days) return tl::unexpected(days.error());
  return *days * seconds_of_day + *hour * 3600 + *minute * 60 + *second - *offset;
}

}  // namespace perennial::host
