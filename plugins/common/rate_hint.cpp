#include "plugins/common/rate_hint.hpp"

#include <algorithm>
#include <charconv>

#include "plugins/common/time.hpp"

namespace perennial::plugins::common {
namespace {

// A remote that asks for more than a day is more likely wrong than patient.
constexpr std::int64_t wait_ms_max = 86'400'000;

}  // namespace

std::int64_t retry_after_ms(const Headers& headers) {
  const auto hint = headers.find("retry-after");
  if (!hint) return -1;
  std::int64_t seconds = 0;
  const auto read = std::from_chars(hint->data(), hint->data() + hint->size(), seconds);
  if (read.ec == std::errc() && read.ptr == hint->data() + hint->size()) {
    return seconds < 0 ? -1 : std::min(seconds, wait_ms_max / 1000) * 1000;
  }
  const auto until = ms_of_http_date(*hint);
  const auto date = headers.find("date");
  const auto now = date ? ms_of_http_date(*date) : std::nullopt;
  if (!until || !now) return -1;
  return std::clamp<std::int64_t>(*until - *now, 0, wait_ms_max);
}

}  // namespace perennial::plugins::common
