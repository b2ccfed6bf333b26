// Revenue schedules of an invented customer's own entity: when an invoice of the ERP is posted, or
// one of another issuer is booked, its lines are planned month by month.
#include <algorithm>

#include "sandbox/sap/erp.hpp"

namespace perennial::sandbox::sap {
namespace {

// The months that a half-open period touches, each with its own first and last day.
std::vector<std::pair<Day, Day>> months_of(Day start, Day end) {
  std::vector<std::pair<Day, Day>> months;
  for (Day at = start; at < end;) {
    const std::chrono::year_month_day date(at);
    const Day next = Day(date.year() / date.month() / 1 + std::chrono::months(1));
    const Day last = std::min(next, end) - std::chrono::days(1);
    months.emplace_back(at, last);
    at = next;
  }
  return months;
}

}  // namespace

// `lines` are {amount, start, end} with half-open periods; the entity names last days.
void Erp::plan_revenue(const std::string& renewal, const std::string& currency,
                       const std::vector<Json>& lines) {
  if (renewal.empty() || lines.empty()) return;
  const int digits = minor_digits(currency);
  Json periods = Json::array();
  std::int64_t total = 0;
  const std::string id = estate_.random.uuid();
  for (const Json& line : lines) {
    const auto start = parse_day(text_of(line, "start"));
    const auto end = parse_day(text_of(line, "end"));
    const auto amount = parse_minor(text_of(line, "amount"), digits);
    if (!start || !end || !amount || *end <= *start) continue;
    const auto months = months_of(*start, *end);
    std::int64_t planned = 0;
    for (std::size_t i = 0; i < months.size(); ++i) {
      const auto upto = static_cast<std::int64_t>(i + 1);
      const std::int64_t due = *amount * upto / static_cast<std::int64_t>(months.size());
      periods.push_back({{"ScheduleUUID", id},
                         {"PeriodNumber", std::to_string(periods.size() + 1)},
                         {"PeriodStart", format_day(months[i].first)},
                         {"PeriodEnd", format_day(months[i].second)},
                         {"Amount", format_minor(due - planned, digits)}});
      planned = due;
    }
    total += *amount;
  }
  if (periods.empty()) return;
  Json schedule{{"ScheduleUUID", id},
                {"ScheduleNumber", "RS" + std::to_string(next_schedule_++)},
                {"RenewalNumber", renewal},
                {"TransactionCurrency", currency},
                {"TotalAmount", format_minor(total, digits)},
                {"LastChangeDateTime", format_instant(estate_.clock.now())},
                {"_changes", 1},
                {"_seq", ++schedule_changes_},
                {"_Period", std::move(periods)}};
  estate_.trace(id, renewal);
  schedules_.put(id, std::move(schedule));
}

// What changed since a delta token: all there is in it, in the order of the changes.
tl::expected<std::vector<Json>, ErpError> Erp::changed_since(const std::string& token) const {
  const std::size_t digits = token.find_first_not_of("0123456789");
  const bool is_known = !token.empty() && digits == std::string::npos && token.size() < 18 &&
                        std::stoll(token) >= oldest_delta_ &&
                        std::stoll(token) <= schedule_changes_;
  if (!is_known) {
    return tl::unexpected(ErpError{410, "/IWBEP/CM_V4_RUNTIME/031",
                                   "The delta token '" + token + "' is no longer valid", ""});
  }
  std::vector<Json> changed;
  schedules_.for_each([&](const std::string&, const Json& schedule) {
    if (number_of(schedule, "_seq") > std::stoll(token)) changed.push_back(schedule);
  });
  return changed;
}

}  // namespace perennial::sandbox::sap
