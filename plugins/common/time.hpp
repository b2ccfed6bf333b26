// Budgets of calls, and the date forms that vendors use.
//
// Errors:  a text that is no date gives nothing.
#ifndef PERENNIAL_PLUGINS_COMMON_TIME_HPP
#define PERENNIAL_PLUGINS_COMMON_TIME_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perennial::plugins::common {

// What is left of the budget of one call. A call makes one when it begins and hands it down.
class Deadline {
 public:
  explicit Deadline(std::int64_t budget_ms)
      : begin_(std::chrono::steady_clock::now()),
        end_(begin_ + std::chrono::milliseconds(budget_ms)) {}

  std::int64_t elapsed_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begin_)
        .count();
  }

  std::int64_t remaining_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(end_ -
                                                                 std::chrono::steady_clock::now())
        .count();
  }
  std::chrono::steady_clock::time_point end() const { return end_; }

 private:
  std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point end_;
};

// An HTTP date, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), as Unix ms.
std::optional<std::int64_t> ms_of_http_date(std::string_view text);

// "2026-01-31T10:00:00.123Z", "...+0000", "...+01:00", or a date alone (midnight UTC), as Unix ms.
std::optional<std::int64_t> ms_of_iso(std::string_view text);

// The system's clock. Only for calls to which the runtime gives no time of its own.
std::int64_t unix_ms();

// "2026-01-31T10:00:00.123Z".
std::string iso_of_ms(std::int64_t ms);

}  // namespace perennial::plugins::common

#endif
