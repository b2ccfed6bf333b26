// The phases of a subscription schedule: what a caller may write, and what entering one does.
#include <algorithm>
#include <charconv>

#include "sandbox/stripe/schedules.hpp"

namespace perennial::sandbox::stripe {
namespace {

constexpr std::size_t phases_max = 10;
constexpr std::int64_t day_s = 86400;

StripeError invalid(const std::string& text, const std::string& param) {
  StripeError error;
  error.text = text;
  error.param = param;
  return error;
}

std::string phase_param(std::size_t index, const char* name) {
  return "phases[" + std::to_string(index) + "][" + name + "]";
}

// Records made over the API keep numbers as the text that was posted.
std::int64_t count_of(const Json& object, std::string_view name) {
  const Json& value = member_of(object, name);
  if (value.is_number_integer()) return value.get<std::int64_t>();
  const std::string text = text_of(object, name);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::int64_t months_later(std::int64_t at, std::int64_t months) {
  const std::int64_t second_of_day = ((at % day_s) + day_s) % day_s;
  const Day day = day_of(from_unix_seconds(at));
  return unix_seconds(start_of(add_months(day, static_cast<int>(months)))) + second_of_day;
}

std::optional<std::int64_t> interval_later(std::int64_t at, const std::string& interval,
                                           std::int64_t count) {
  if (count < 1 || count > 1000) return std::nullopt;
  if (interval == "day") return at + count * day_s;
  if (interval == "week") return at + count * 7 * day_s;
  if (interval == "month") return months_later(at, count);
  if (interval == "year") return months_later(at, count * 12);
  return std::nullopt;
}

std::optional<StripeError> read_phase_lines(const PhaseContext& context, const Json& posted,
                                            std::size_t index, Json& phase) {
  const Json& lines = member_of(posted, "items");
  if (!lines.is_array() || lines.empty()) return missing_parameter(phase_param(index, "items"));
  for (const Json& line : lines) {
    const std::string id = text_of(line, "price");
    if (id.empty()) return missing_parameter(phase_param(index, "items") + "[0][price]");
    const Json* price = context.prices.newest(id);
    if (price == nullptr) return no_such("price", id, phase_param(index, "items"), 400);
    std::optional<std::int64_t> quantity;
    if (auto problem = read_integer(line, "quantity", quantity)) return problem;
    Json row{{"billing_thresholds", nullptr},
             {"discounts", Json::array()},
             {"plan", id},
             {"price", id},
             {"quantity", quantity.value_or(1)},
             {"tax_rates", Json::array()}};
    merge_metadata(line, row);
    phase["items"].push_back(std::move(row));
  }
  phase["currency"] = lower_case(
      text_of(*context.prices.newest(text_of(phase["items"].front(), "price")), "currency"));
  return std::nullopt;
}

// A moment as a number or `now`; nothing when it is left out.
std::optional<StripeError> read_moment(const PhaseContext& context, const Json& posted,
                                       const char* name, std::size_t index,
                                       std::optional<std::int64_t>& out) {
  if (text_of(posted, name) == "now") {
    out = context.now;
    return std::nullopt;
  }
  auto problem = read_integer(posted, name, out);
  if (problem) problem->param = phase_param(index, name);
  return problem;
}

// `end_date`, `duration` (from 2025-09-30), `iterations` (before it), else one interval of the
// first price.
std::optional<StripeError> read_phase_end(const PhaseContext& context, const Json& posted,
                                          std::size_t index, Json& phase) {
  const std::int64_t begin = number_of(phase, "start_date");
  const Json& duration = member_of(posted, "duration");
  std::optional<std::int64_t> end;
  std::optional<std::int64_t> iterations;
  if (auto problem = read_moment(context, posted, "end_date", index, end)) return problem;
  if (auto problem = read_integer(posted, "iterations", iterations)) return problem;
  if (end && (duration.is_object() || iterations)) {
    return invalid("You may only specify one of these parameters: end_date, duration, iterations.",
                   phase_param(index, "end_date"));
  }
  const Json& price = *context.prices.newest(text_of(phase["items"].front(), "price"));
  const Json& recurring = member_of(price, "recurring");
  if (!end && duration.is_object()) {
    const std::int64_t count =
        duration.contains("interval_count") ? count_of(duration, "interval_count") : 1;
    end = interval_later(begin, text_of(duration, "interval"), count);
  } else if (!end) {
    const std::int64_t count = std::max<std::int64_t>(count_of(recurring, "interval_count"), 1);
    end = interval_later(begin, text_of(recurring, "interval"), count * iterations.value_or(1));
  }
  if (!end) return invalid("The phase's length cannot be told.", phase_param(index, "duration"));
  if (*end <= begin) {
    return invalid("The phase's end_date must be after its start_date.",
                   phase_param(index, "end_date"));
  }
  phase["end_date"] = *end;
  return std::nullopt;
}

std::optional<StripeError> read_phase(const PhaseContext& context, const Json& posted,
                                      std::size_t index, std::optional<std::int64_t> follows,
                                      Json& phase) {
  std::optional<std::int64_t> begin;
  if (auto problem = read_moment(context, posted, "start_date", index, begin)) return problem;
  if (!begin) begin = index == 0 ? context.start : follows;
  if (!begin) {
    return invalid("The first phase must have a start_date.", phase_param(index, "start_date"));
  }
  if (follows && *begin != *follows) {
    return invalid("The start_date of a phase must equal the end_date of the phase before it.",
                   phase_param(index, "start_date"));
  }
  const std::string proration = text_of(posted, "proration_behavior");
  phase = {{"add_invoice_items", Json::array()},
           {"billing_cycle_anchor", nullptr},
           {"collection_method", nullptr},
           {"default_payment_method", nullptr},
           {"description", nullptr},
           {"discounts", Json::array()},
           {"invoice_settings", nullptr},
           {"items", Json::array()},
           {"proration_behavior", proration.empty() ? "create_prorations" : proration},
           {"start_date", *begin},
           {"trial_end", nullptr}};
  for (const char* name :
       {"billing_cycle_anchor", "collection_method", "default_payment_method", "description"}) {
    if (!text_of(posted, name).empty()) phase[name] = text_of(posted, name);
  }
  std::optional<std::int64_t> days;
  if (auto problem = read_integer(member_of(posted, "invoice_settings"), "days_until_due", days)) {
    return problem;
  }
  if (days) phase["invoice_settings"] = {{"days_until_due", *days}};
  merge_metadata(posted, phase);
  if (auto problem = read_phase_lines(context, posted, index, phase)) return problem;
  return read_phase_end(context, posted, index, phase);
}

}  // namespace

std::optional<StripeError> read_phases(const PhaseContext& context, const Json& posted,
                                       Json& phases) {
  if (!posted.is_array() || posted.empty()) return missing_parameter("phases");
  if (posted.size() > phases_max) return invalid("A schedule has at most 10 phases.", "phases");
  phases = Json::array();
  std::optional<std::int64_t> follows;
  for (std::size_t index = 0; index < posted.size(); ++index) {
    Json phase;
    if (auto problem = read_phase(context, posted[index], index, follows, phase)) return problem;
    follows = number_of(phase, "end_date");
    phases.push_back(std::move(phase));
  }
  return std::nullopt;
}

const Json* phase_at(const Json& schedule, std::int64_t at) {
  for (const Json& phase : schedule["phases"]) {
    if (number_of(phase, "start_date") <= at && at < number_of(phase, "end_date")) return &phase;
  }
  return nullptr;
}

void enter_phase(const Json& phase, const Table& prices, Random& random, std::int64_t now,
                 Json& subscription) {
  const std::int64_t begin = number_of(phase, "start_date");
  const Json before = subscription["items"]["data"];
  Json rows = Json::array();
  for (const Json& line : phase["items"]) {
    const auto kept = std::find_if(before.begin(), before.end(), [&](const Json& row) {
      return text_of(row["price"], "id") == text_of(line, "price");
    });
    Json row = kept != before.end() ? *kept
                                    : Json{{"id", "si_" + random.letters_and_digits(14)},
                                           {"object", "subscription_item"},
                                           {"created", now},
                                           {"metadata", Json::object()},
                                           {"subscription", subscription["id"]}};
    row["price"] = *prices.newest(text_of(line, "price"));
    row["quantity"] = line["quantity"];
    merge_metadata(line, row);
    rows.push_back(std::move(row));
  }
  if (begin != number_of(subscription, "current_period_start")) {
    const Json& recurring = member_of(rows.front()["price"], "recurring");
    const auto end =
        interval_later(begin, text_of(recurring, "interval"),
                       std::max<std::int64_t>(count_of(recurring, "interval_count"), 1));
    subscription["current_period_start"] = begin;
    subscription["current_period_end"] = end.value_or(number_of(phase, "end_date"));
  }
  for (Json& row : rows) {
    row["current_period_start"] = subscription["current_period_start"];
    row["current_period_end"] = subscription["current_period_end"];
  }
  subscription["items"]["data"] = std::move(rows);
  subscription["items"]["total_count"] = subscription["items"]["data"].size();
  for (const char* name : {"collection_method", "default_payment_method", "description"}) {
    if (!phase[name].is_null()) subscription[name] = phase[name];
  }
  const Json& days = member_of(member_of(phase, "invoice_settings"), "days_until_due");
  if (!days.is_null()) subscription["days_until_due"] = days;
  merge_metadata(phase, subscription);
}

}  // namespace perennial::sandbox::stripe
