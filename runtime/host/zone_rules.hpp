// The offsets of a time zone from UTC, as the system's tzdata gives them.
//
// Place:   loaded once for each zone that a mapping names, by jq_native.
// Errors:  a name that is no zone, and a file that is no time zone, are refused by name.
// Format:  TZif versions 1 to 4 and the footer of version 2 (RFC 8536, sections 3 and 3.3), below
//          /usr/share/zoneinfo. std::chrono's own zones are not in g++ 12, and TZ with localtime
//          belongs to the whole process.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.hpp"

namespace perennial::host {

class ZoneRules {
 public:
  // "Europe/Berlin".
  [[nodiscard]] static Result<ZoneRules> load(const std::string& name);
  // The bytes of a TZif file.
  [[nodiscard]] static Result<ZoneRules> parse(std::string_view bytes);

  // Seconds east of UTC at an instant, in seconds since 1970-01-01T00:00:00Z.
  [[nodiscard]] std::int64_t offset_at(std::int64_t instant) const;

 private:
  friend class TzifReader;
  friend class FooterReader;

  struct Transition {
    std::int64_t at;
    std::int64_t offset;
  };
  // When summer time begins or ends each year, in the local time before it.
  struct Change {
    enum class Kind { weekday_of_month, day_of_year, day_without_leap };
    Kind kind = Kind::weekday_of_month;
    int month = 0;
    int week = 0;
    int day = 0;
    std::int64_t second = 7200;
  };
  // What holds after the last transition.
  struct Footer {
    std::int64_t standard = 0;
    std::int64_t summer = 0;
    bool has_summer = false;
    std::array<Change, 2> changes;  // to summer time, to standard time
  };

  static std::int64_t days_of_change(const Change& change, int year);
  static std::int64_t offset_by(const Footer& footer, std::int64_t instant);

  std::int64_t first_offset_ = 0;
  std::vector<Transition> transitions_;
  std::optional<Footer> footer_;
};

}  // namespace perennial::host
