// What a change within a term costs: unused time is credited, remaining time is charged.
#include <algorithm>

#include "sandbox/stripe/billing.hpp"

namespace perennial::sandbox::stripe {
namespace {

// The share of a line's price for `left` of `whole` seconds, rounded half away from zero.
std::int64_t share(const Json& line, std::int64_t left, std::int64_t whole) {
  const std::int64_t price =
      number_of(member_of(line, "price"), "unit_amount") * number_of(line, "quantity", 1);
  return (price * left + whole / 2) / whole;
}

bool is_same(const Json& one, const Json& other) {
  return text_of(one["price"], "id") == text_of(other["price"], "id") &&
         number_of(one, "quantity") == number_of(other, "quantity");
}

// The lines of `from` that `to` does not have as they are.
std::vector<Json> changed_lines(const Json& from, const Json& to) {
  std::vector<Json> changed;
  for (const Json& line : from["items"]["data"]) {
    const Json& others = to["items"]["data"];
    const bool is_kept = std::any_of(others.begin(), others.end(),
                                     [&](const Json& other) { return is_same(line, other); });
    if (!is_kept) changed.push_back(line);
  }
  return changed;
}

}  // namespace

// docs.stripe.com/billing/subscriptions/prorations: by the second, from `proration_date` (now by
// default), as pending invoice items.
std::optional<StripeError> Billing::prorate(const Call& call, const Json& before,
                                            const Json& after) {
  std::optional<std::int64_t> date;
  if (auto problem = read_integer(call.form, "proration_date", date)) return problem;
  const std::int64_t start = number_of(after, "current_period_start");
  const std::int64_t end = number_of(after, "current_period_end");
  if (date && (*date < start || *date > end)) {
    StripeError error;
    error.text = "The proration_date must be within the current period of the subscription.";
    error.param = "proration_date";
    return error;
  }
  if (text_of(call.form, "proration_behavior") == "none") return std::nullopt;
  const std::int64_t at = date.value_or(store_.now());
  const std::int64_t left = end - at;
  if (left <= 0 || end <= start) return std::nullopt;
  const auto keep = [&](const Json& line, std::int64_t amount, const std::string& what) {
    Json item{{"id", store_.new_id("ii_")},
              {"object", "invoiceitem"},
              {"amount", amount},
              {"currency", member_of(after, "currency")},
              {"customer", after["customer"]},
              {"date", at},
              {"created", store_.now()},
              {"description", what + " time on " + text_of(line["price"], "nickname")},
              {"invoice", nullptr},
              {"metadata", Json::object()},
              {"period", {{"start", at}, {"end", end}}},
              {"price", line["price"]},
              {"proration", true},
              {"quantity", line["quantity"]},
              {"subscription", after["id"]}};
    store_.named("invoiceitem").put(text_of(item, "id"), item);
    store_.emit("invoiceitem.created", item, nullptr, call.cause);
  };
  for (const Json& line : changed_lines(before, after)) {
    keep(line, -share(line, left, end - start), "Unused");
  }
  for (const Json& line : changed_lines(after, before)) {
    keep(line, share(line, left, end - start), "Remaining");
  }
  return std::nullopt;
}

}  // namespace perennial::sandbox::stripe
