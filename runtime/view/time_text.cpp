#include "runtime/view/time_text.hpp"

#include <chrono>
#include <cstdio>

namespace perennial::view {

std::string to_time_text(TimeMs time) {
  namespace chrono = std::chrono;
  if (time == 0) return {};
  const chrono::sys_time<chrono::milliseconds> instant{chrono::milliseconds(time)};
  const auto day = chrono::floor<chrono::days>(instant);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss<chrono::milliseconds> clock(instant - day);
  char text[48];
  std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

}  // namespace perennial::view
