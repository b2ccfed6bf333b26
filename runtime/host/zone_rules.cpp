#include "runtime/host/zone_rules.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "runtime/host/exact_money.hpp"

namespace perennial::host {
namespace {

namespace chrono = std::chrono;

constexpr std::string_view zone_directory = "/usr/share/zoneinfo/";
constexpr std::size_t file_bytes_max = 1024UL * 1024;
constexpr std::size_t header_size = 44;
constexpr std::int64_t seconds_of_day = 86'400;

bool is_zone_name(std::string_view name) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
  return !name.empty() && name.size() <= 64 && name.front() != '/' && name.back() != '/' &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

std::int64_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t index = 0; index < size; ++index) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + index]);
  }
  const bool is_negative = size == 4 && (value & 0x8000'0000U) != 0;
  if (is_negative) value |= 0xffff'ffff'0000'0000U;
  return static_cast<std::int64_t>(value);
}

int year_of(std::int64_t days) {
  const chrono::year_month_day date{chrono::sys_days(chrono::days(days))};
  return static_cast<int>(date.year());
}

}  // namespace

// The rule behind the last transition: "CET-1CEST,M3.5.0,M10.5.0/3". Offsets of POSIX count west.
class FooterReader {
 public:
  explicit FooterReader(std::string_view text) : text_(text) {}

  std::optional<ZoneRules::Footer> read() {
    ZoneRules::Footer footer;
    skip_name();
    footer.standard = -clock();
    if (is_good_ && at_ == text_.size()) return footer;
    skip_name();
    footer.has_summer = true;
    footer.summer = footer.standard + 3600;
    if (peek() != ',') footer.summer = -clock();
    for (ZoneRules::Change& change : footer.changes) change = read_change();
    if (!is_good_ || at_ != text_.size()) return std::nullopt;
    return footer;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char symbol) {
    if (peek() != symbol) return false;
    ++at_;
    return true;
  }

  void skip_name() {
    const std::size_t begin = at_;
    if (take('<')) {
      while (peek() != '>' && peek() != '\0') ++at_;
      is_good_ = is_good_ && take('>');
      return;
    }
    while ((peek() >= 'A' && peek() <= 'Z') || (peek() >= 'a' && peek() <= 'z')) ++at_;
    is_good_ = is_good_ && at_ > begin;
  }

  int number() {
    const std::size_t begin = at_;
    int value = 0;
    while (peek() >= '0' && peek() <= '9' && at_ < begin + 4)
      value = value * 10 + text_[at_++] - '0';
    is_good_ = is_good_ && at_ > begin;
    return value;
  }

  // [+-]hh[:mm[:ss]]
  std::int64_t clock() {
    const bool is_negative = take('-');
    if (!is_negative) take('+');
    std::int64_t seconds = number() * 3600;
    if (take(':')) seconds += number() * 60;
    if (take(':')) seconds += number();
    return is_negative ? -seconds : seconds;
  }

  ZoneRules::Change read_change() {
    ZoneRules::Change change;
    is_good_ = is_good_ && take(',');
    if (take('M')) {
      change.month = number();
      is_good_ = is_good_ && take('.');
      change.week = number();
      is_good_ = is_good_ && take('.');
      change.day = number();
      is_good_ = is_good_ && change.month >= 1 && change.month <= 12 && change.week >= 1 &&
                 change.week <= 5 && change.day <= 6;
    } else {
      change.kind = take('J') ? ZoneRules::Change::Kind::day_without_leap
                              : ZoneRules::Change::Kind::day_of_year;
      change.day = number();
    }
    if (take('/')) change.second = clock();
    return change;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_good_ = true;
};

// Version 1 holds 32-bit times; from version 2 on a second part with 64-bit times follows it.
class TzifReader {
 public:
  explicit TzifReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<ZoneRules> read() {
    if (!read_header()) return std::nullopt;
    std::size_t time_size = 4;
    if (bytes_[4] != '\0') {
      at_ += part_size(4);
      if (!read_header()) return std::nullopt;
      time_size = 8;
    }
    if (bytes_.size() < at_ + part_size(time_size) || types_ == 0) return std::nullopt;
    ZoneRules rules;
    if (!read_transitions(time_size, rules)) return std::nullopt;
    at_ += part_size(time_size);
    if (time_size == 4) return rules;
    const std::size_t end = bytes_.find('\n', at_ + 1);
    if (at_ >= bytes_.size() || bytes_[at_] != '\n' || end == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view footer = bytes_.substr(at_ + 1, end - at_ - 1);
    if (footer.empty()) return rules;
    rules.footer_ = FooterReader(footer).read();
    if (!rules.footer_) return std::nullopt;
    return rules;
  }

 private:
  bool read_header() {
    if (bytes_.size() < at_ + header_size || bytes_.substr(at_, 4) != "TZif") return false;
    const auto count = [&](std::size_t index) {
      return static_cast<std::size_t>(big_endian(bytes_, at_ + 20 + index * 4, 4)) & 0xffffU;
    };
    utc_marks_ = count(0);
    standard_marks_ = count(1);
    leaps_ = count(2);
    times_ = count(3);
    types_ = count(4);
    letters_ = count(5);
    at_ += header_size;
    return true;
  }

  std::size_t part_size(std::size_t time_size) const {
    return times_ * (time_size + 1) + types_ * 6 + letters_ + leaps_ * (time_size + 4) +
           standard_marks_ + utc_marks_;
  }

  bool read_transitions(std::size_t time_size, ZoneRules& rules) const {
    const std::size_t indices = at_ + times_ * time_size;
    const std::size_t types = indices + times_;
    const auto offset_of = [&](std::size_t type) {
      return big_endian(bytes_, types + type * 6, 4);
    };
    rules.first_offset_ = offset_of(0);
    for (std::size_t index = 0; index < times_; ++index) {
      const auto type = static_cast<unsigned char>(bytes_[indices + index]);
      if (type >= types_) return false;
      rules.transitions_.push_back(
          {big_endian(bytes_, at_ + index * time_size, time_size), offset_of(type)});
    }
    return true;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t utc_marks_ = 0, standard_marks_ = 0, leaps_ = 0, times_ = 0, types_ = 0, letters_ = 0;
};

Result<ZoneRules> ZoneRules::load(const std::string& name) {
  const auto refuse = [&](const char* cure) {
    return fail(Code::invalid, "expected a time zone such as Europe/Berlin, but " +
                                   in_quotes(name) + " came" + cure);
  };
  if (!is_zone_name(name)) return refuse("");
  const std::string path = std::string(zone_directory) + name;
  std::error_code error;
  std::string bytes;
  // Names of regions are folders, and reading one would throw.
  if (std::filesystem::is_regular_file(path, error)) {
    std::ifstream file(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (bytes.empty() || bytes.size() > file_bytes_max) {
    return refuse("; the zones known here are those of the package tzdata");
  }
  auto rules = parse(bytes);
  if (!rules) return refuse(", whose file holds none");
  return rules;
}

Result<ZoneRules> ZoneRules::parse(std::string_view bytes) {
  auto rules = TzifReader(bytes).read();
  if (!rules) return fail(Code::invalid, "expected a TZif file, but other bytes came");
  return std::move(*rules);
}

std::int64_t ZoneRules::offset_at(std::int64_t instant) const {
  const auto after = std::upper_bound(
      transitions_.begin(), transitions_.end(), instant,
      [](std::int64_t time, const Transition& transition) { return time < transition.at; });
  if (after == transitions_.end() && footer_) return offset_by(*footer_, instant);
  return after == transitions_.begin() ? first_offset_ : std::prev(after)->offset;
}

std::int64_t ZoneRules::days_of_change(const Change& change, int year) {
  const chrono::year in(year);
  const chrono::sys_days first = in / chrono::January / 1;
  if (change.kind == Change::Kind::weekday_of_month) {
    const chrono::month month(static_cast<unsigned>(change.month));
    const chrono::weekday weekday(static_cast<unsigned>(change.day));
    const chrono::sys_days day =
        change.week == 5
            ? chrono::sys_days(in / month / weekday[chrono::last])
            : chrono::sys_days(in / month / weekday[static_cast<unsigned>(change.week)]);
    return day.time_since_epoch().count();
  }
  std::int64_t days = change.day;
  if (change.kind == Change::Kind::day_without_leap) {
    constexpr int last_of_february = 59;
    days += in.is_leap() && change.day > last_of_february ? 0 : -1;
  }
  return first.time_since_epoch().count() + days;
}

std::int64_t ZoneRules::offset_by(const Footer& footer, std::int64_t instant) {
  if (!footer.has_summer) return footer.standard;
  const std::int64_t local = instant + footer.standard;
  const int year = year_of(local / seconds_of_day - (local % seconds_of_day < 0 ? 1 : 0));
  const auto instant_of = [&](const Change& change, std::int64_t offset) {
    return days_of_change(change, year) * seconds_of_day + change.second - offset;
  };
  const std::int64_t begin = instant_of(footer.changes[0], footer.standard);
  const std::int64_t end = instant_of(footer.changes[1], footer.summer);
  // South of the equator summer time spans the turn of the year.
  const bool is_summer =
      begin < end ? instant >= begin && instant < end : instant >= begin || instant < end;
  return is_summer ? footer.summer : footer.standard;
}

}  // namespace perennial::host
