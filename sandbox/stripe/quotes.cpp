// Quotes and meter events.
#include "sandbox/stripe/billing.hpp"

namespace perennial::sandbox::stripe {
namespace {

constexpr std::int64_t day_s = 86400;
constexpr std::int64_t usage_age_max_s = 35 * day_s;
constexpr std::int64_t usage_ahead_max_s = 300;

StripeError refused(const std::string& text, const std::string& param = {}) {
  StripeError error;
  error.text = text;
  error.param = param;
  return error;
}

StripeError unrecognized(const Call& call) {
  StripeError error;
  error.status = 404;
  error.text = "Unrecognized request URL (" + call.request.method + ": " + call.request.path + ").";
  return error;
}

}  // namespace

Answer Billing::route_quotes(const Call& call, const std::vector<std::string>& path) {
  const std::string& method = call.request.method;
  if (path.size() == 2 && method == "GET") return list(call, "quote", {"customer", "status"});
  if (path.size() == 2 && method == "POST") return create_quote(call);
  if (path.size() == 3 && method == "GET") return retrieve("quote", path[2]);
  const bool is_change = path.size() == 4 && method == "POST";
  if (!is_change) return {nullptr, unrecognized(call)};
  const Json* found = store_.named("quote").newest(path[2]);
  if (found == nullptr) return {nullptr, no_such("quote", path[2], "quote", 404)};
  if (path[3] == "finalize") return move_quote(call, *found, "draft", "open", "finalized");
  if (path[3] == "accept") return move_quote(call, *found, "open", "accepted", "accepted");
  if (path[3] == "cancel") return move_quote(call, *found, "", "canceled", "canceled");
  return {nullptr, unrecognized(call)};
}

// docs.stripe.com/api/quotes/create; a quote expires 30 days later by default.
Answer Billing::create_quote(const Call& call) {
  if (auto problem =
          check_parameters(call.form, {"customer", "line_items", "metadata", "expires_at",
                                       "collection_method", "description", "header", "footer"})) {
    return {nullptr, *problem};
  }
  if (auto problem = check_customer(call)) return {nullptr, *problem};
  std::optional<std::int64_t> expires;
  if (auto problem = read_integer(call.form, "expires_at", expires)) return {nullptr, *problem};
  std::int64_t total = 0;
  Json currency;
  const Json& lines = member_of(call.form, "line_items");
  for (const Json& line : lines.is_array() ? lines : Json::array()) {
    const Json* price = store_.named("price").newest(text_of(line, "price"));
    if (price == nullptr) {
      return {nullptr, no_such("price", text_of(line, "price"), "line_items[0][price]", 400)};
    }
    std::optional<std::int64_t> quantity;
    if (auto problem = read_integer(line, "quantity", quantity)) return {nullptr, *problem};
    total += number_of(*price, "unit_amount") * quantity.value_or(1);
    currency = member_of(*price, "currency");
  }
  Json quote{{"id", store_.new_id("qt_")},
             {"object", "quote"},
             {"amount_subtotal", total},
             {"amount_total", total},
             {"created", store_.now()},
             {"currency", currency},
             {"customer", text_of(call.form, "customer")},
             {"expires_at", expires.value_or(store_.now() + 30 * day_s)},
             {"number", nullptr},
             {"status", "draft"},
             {"subscription", nullptr}};
  merge_metadata(call.form, quote);
  store_.record("quote_create", quote, call.cause, call.form);
  store_.named("quote").put(text_of(quote, "id"), quote);
  store_.emit("quote.created", quote, nullptr, call.cause);
  return {quote, std::nullopt};
}

Answer Billing::move_quote(const Call& call, Json quote, const std::string& from,
                           const std::string& to, const std::string& event) {
  const std::string status = text_of(quote, "status");
  const bool is_over = status == "accepted" || status == "canceled";
  if ((!from.empty() && status != from) || is_over) {
    return {nullptr,
            refused("This quote is in the `" + status + "` status and cannot become " + to + ".")};
  }
  quote["status"] = to;
  if (to == "open") quote["number"] = "QT-" + text_of(quote, "id").substr(4, 8) + "-1";
  store_.record("quote_" + event, quote, call.cause, Json::object());
  store_.named("quote").put(text_of(quote, "id"), quote);
  store_.emit("quote." + event, quote, nullptr, call.cause);
  return {quote, std::nullopt};
}

// docs.stripe.com/api/billing/meter-event/create: at most 35 days old, an identifier counts once.
Answer Billing::create_meter_event(const Call& call) {
  if (auto problem =
          check_parameters(call.form, {"event_name", "payload", "identifier", "timestamp"})) {
    return {nullptr, *problem};
  }
  const std::string name = text_of(call.form, "event_name");
  if (name.empty()) return {nullptr, missing_parameter("event_name")};
  const Json& payload = member_of(call.form, "payload");
  for (const char* field : {"stripe_customer_id", "value"}) {
    if (text_of(payload, field).empty()) {
      return {nullptr, missing_parameter("payload[" + std::string(field) + "]")};
    }
  }
  std::optional<std::int64_t> at;
  if (auto problem = read_integer(call.form, "timestamp", at)) return {nullptr, *problem};
  const std::int64_t now = store_.now();
  if (at && (*at < now - usage_age_max_s || *at > now + usage_ahead_max_s)) {
    return {nullptr, refused("The timestamp must be within the past 35 calendar days or up to 5 "
                             "minutes in the future.",
                             "timestamp")};
  }
  const std::string given = text_of(call.form, "identifier");
  const std::string identifier = given.empty() ? store_.new_id("mev_") : given;
  const auto known = meter_identifiers_.find(identifier);
  if (known != meter_identifiers_.end() && now - known->second <= day_s) {
    return {nullptr,
            refused("An event already exists with identifier " + identifier + ".", "identifier")};
  }
  meter_identifiers_[identifier] = now;
  Json event{{"object", "billing.meter_event"}, {"created", now},    {"event_name", name},
             {"identifier", identifier},        {"livemode", false}, {"payload", payload},
             {"timestamp", at.value_or(now)}};
  store_.record("meter_event_create", event, call.cause, call.form);
  return {event, std::nullopt};
}

}  // namespace perennial::sandbox::stripe
