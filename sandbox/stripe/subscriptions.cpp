// Customers, the catalogue and subscriptions.
#include <algorithm>

#include "sandbox/stripe/billing.hpp"

namespace perennial::sandbox::stripe {
namespace {

StripeError wrong_method(const Call& call) {
  StripeError error;
  error.status = 404;
  error.text = "Unrecognized request URL (" + call.request.method + ": " + call.request.path + ").";
  return error;
}

}  // namespace

StripeError declined_card() {
  StripeError error;
  error.status = 402;
  error.type = "card_error";
  error.code = "card_declined";
  error.decline_code = "insufficient_funds";
  error.text = "Your card has insufficient funds.";
  return error;
}

Json changed_fields(const Json& before, const Json& after) {
  Json previous = Json::object();
  for (const auto& [name, value] : after.items()) {
    const Json& old = member_of(before, name);
    if (old != value) previous[name] = old;
  }
  return previous;
}

std::optional<StripeError> Billing::check_customer(const Call& call) const {
  const std::string id = text_of(call.form, "customer");
  if (id.empty()) return missing_parameter("customer");
  const Json* customer = store_.named("customer").newest(id);
  if (customer == nullptr || flag_of(*customer, "deleted")) {
    return no_such("customer", id, "customer", 400);
  }
  return std::nullopt;
}

Answer Billing::route_customers(const Call& call, const std::vector<std::string>& path) {
  const std::string& method = call.request.method;
  if (path.size() == 2 && method == "GET") return list(call, "customer", {"email"});
  if (path.size() == 2 && method == "POST") return create_customer(call);
  if (path.size() == 3 && method == "GET") return retrieve("customer", path[2]);
  if (path.size() == 3 && method == "POST") return update_customer(call, path[2]);
  if (path.size() == 3 && method == "DELETE") {
    if (store_.named("customer").newest(path[2]) == nullptr) {
      return {nullptr, no_such("customer", path[2], "id", 404)};
    }
    delete_customer(path[2]);
    return {{{"id", path[2]}, {"object", "customer"}, {"deleted", true}}, std::nullopt};
  }
  return {nullptr, wrong_method(call)};
}

Answer Billing::create_customer(const Call& call) {
  if (auto problem = check_parameters(call.form, {"name", "email", "description", "metadata",
                                                  "phone", "address", "invoice_prefix"})) {
    return {nullptr, *problem};
  }
  const std::string id = "cus_" + store_.estate().random.letters_and_digits(14);
  Json customer{{"id", id},
                {"object", "customer"},
                {"balance", 0},
                {"created", store_.now()},
                {"currency", nullptr},
                {"delinquent", false},
                {"invoice_prefix", id.substr(4, 8)},
                {"livemode", false},
                {"next_invoice_sequence", 1}};
  for (const char* name : {"name", "email", "description", "phone", "address"}) {
    customer[name] = member_of(call.form, name);
  }
  merge_metadata(call.form, customer);
  store_.record("customer_create", customer, call.cause, call.form);
  store_.named("customer").put(id, customer);
  store_.emit("customer.created", customer, nullptr, call.cause);
  return {customer, std::nullopt};
}

Answer Billing::update_customer(const Call& call, const std::string& id) {
  const Json* found = store_.named("customer").newest(id);
  if (found == nullptr || flag_of(*found, "deleted")) {
    return {nullptr, no_such("customer", id, "id", 404)};
  }
  if (auto problem = check_parameters(
          call.form, {"name", "email", "description", "metadata", "phone", "address"})) {
    return {nullptr, *problem};
  }
  Json customer = *found;
  const Json before = customer;
  for (const auto& [name, value] : call.form.items()) {
    if (name != "metadata" && name != "expand") customer[name] = value;
  }
  merge_metadata(call.form, customer);
  store_.record("customer_update", customer, call.cause, call.form);
  store_.named("customer").put(id, customer);
  store_.emit("customer.updated", customer, changed_fields(before, customer), call.cause);
  return {customer, std::nullopt};
}

void Billing::delete_customer(const std::string& id) {
  const Json* found = store_.named("customer").newest(id);
  if (found == nullptr) return;
  Json customer = *found;
  customer["deleted"] = true;
  store_.named("customer").put(id, std::move(customer));
}

void Billing::restore_customer(const std::string& id) {
  const Json* found = store_.named("customer").newest(id);
  if (found == nullptr) return;
  Json customer = *found;
  customer.erase("deleted");
  store_.named("customer").put(id, std::move(customer));
}

Answer Billing::route_catalog(const Call& call, const std::vector<std::string>& path,
                              const std::string& object) {
  const std::string& method = call.request.method;
  if (path.size() == 3 && method == "GET") return retrieve(object, path[2]);
  if (path.size() != 2) return {nullptr, wrong_method(call)};
  if (method == "GET") return list(call, object, {"product", "currency", "active"});
  const bool is_price = object == "price";
  const auto problem =
      is_price ? check_parameters(call.form,
                                  {"currency", "product", "unit_amount", "recurring", "metadata",
                                   "nickname", "lookup_key", "unit_amount_decimal", "active"})
               : check_parameters(call.form, {"name", "description", "metadata", "active", "id"});
  if (problem) return {nullptr, *problem};
  if (is_price && text_of(call.form, "currency").empty()) {
    return {nullptr, missing_parameter("currency")};
  }
  if (!is_price && text_of(call.form, "name").empty()) return {nullptr, missing_parameter("name")};
  std::optional<std::int64_t> amount;
  if (auto bad = read_integer(call.form, "unit_amount", amount)) return {nullptr, *bad};
  Json record{{"id", is_price ? store_.new_id("price_")
                              : "prod_" + store_.estate().random.letters_and_digits(14)},
              {"object", object},
              {"active", true},
              {"created", store_.now()},
              {"livemode", false}};
  for (const auto& [name, value] : call.form.items()) {
    if (name != "metadata" && name != "expand") record[name] = value;
  }
  if (is_price) {
    record["unit_amount"] = amount ? Json(*amount) : Json();
    record["type"] = record.contains("recurring") ? "recurring" : "one_time";
  }
  merge_metadata(call.form, record);
  const std::string id = text_of(record, "id");
  store_.record(object + "_create", record, call.cause, call.form);
  store_.named(object).put(id, record);
  store_.emit(object + ".created", record, nullptr, call.cause);
  return {record, std::nullopt};
}

Answer Billing::route_subscriptions(const Call& call, const std::vector<std::string>& path) {
  const std::string& method = call.request.method;
  if (path.size() == 2 && method == "GET") {
    return list(call, "subscription", {"customer", "status", "collection_method"});
  }
  if (path.size() == 2 && method == "POST") return create_subscription(call);
  if (path.size() == 3 && method == "GET") return retrieve("subscription", path[2]);
  if (path.size() == 3 && method == "POST") return update_subscription(call, path[2]);
  const bool is_cancel = (path.size() == 3 && method == "DELETE") ||
                         (path.size() == 4 && path[3] == "cancel" && method == "POST");
  if (is_cancel) return cancel_subscription(call, path[2]);
  return {nullptr, wrong_method(call)};
}

Json Billing::new_subscription(const std::string& customer, std::int64_t begin, std::int64_t end) {
  const std::string id = store_.new_id("sub_");
  return {{"id", id},
          {"object", "subscription"},
          {"billing_cycle_anchor", begin},
          {"cancel_at", nullptr},
          {"cancel_at_period_end", false},
          {"canceled_at", nullptr},
          {"collection_method", "charge_automatically"},
          {"created", store_.now()},
          {"current_period_start", begin},
          {"current_period_end", end},
          {"customer", customer},
          {"days_until_due", nullptr},
          {"ended_at", nullptr},
          {"items",
           {{"object", "list"},
            {"data", Json::array()},
            {"has_more", false},
            {"url", "/v1/subscription_items?subscription=" + id}}},
          {"latest_invoice", nullptr},
          {"livemode", false},
          {"metadata", Json::object()},
          {"pause_collection", nullptr},
          {"schedule", nullptr},
          {"start_date", begin},
          {"status", "active"}};
}

Answer Billing::create_subscription(const Call& call) {
  if (auto problem = check_customer(call)) return {nullptr, *problem};
  if (!member_of(call.form, "items").is_array()) return {nullptr, missing_parameter("items")};
  const std::int64_t end = unix_seconds(start_of(add_months(day_of(estate_.clock.now()), 12)));
  Json subscription = new_subscription(text_of(call.form, "customer"), store_.now(), end);
  const std::string id = text_of(subscription, "id");
  if (auto problem = apply_subscription(call, subscription)) return {nullptr, *problem};
  store_.record("subscription_create", subscription, call.cause, call.form);
  store_.named("subscription").put(id, subscription);
  store_.emit("customer.subscription.created", subscription, nullptr, call.cause);
  return {subscription, std::nullopt};
}

std::optional<StripeError> Billing::apply_lines(const Call& call, Json& subscription) {
  const Json& posted = member_of(call.form, "items");
  if (!posted.is_array()) return std::nullopt;
  Json& rows = subscription["items"]["data"];
  for (const Json& wanted : posted) {
    const std::string id = text_of(wanted, "id");
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const Json& row) {
      return !id.empty() && text_of(row, "id") == id;
    });
    if (!id.empty() && found == rows.end())
      return no_such("subscription_item", id, "items[0][id]", 400);
    if (!id.empty() && text_of(wanted, "deleted") == "true") {
      rows.erase(found);
      continue;
    }
    std::optional<std::int64_t> quantity;
    if (auto problem = read_integer(wanted, "quantity", quantity)) return problem;
    const std::string price_id = text_of(wanted, "price");
    const Json* price = price_id.empty() ? nullptr : store_.named("price").newest(price_id);
    if (!price_id.empty() && price == nullptr)
      return no_such("price", price_id, "items[0][price]", 400);
    if (id.empty() && price == nullptr) return missing_parameter("items[0][price]");
    Json row = id.empty() ? Json{{"id", "si_" + estate_.random.letters_and_digits(14)},
                                 {"object", "subscription_item"},
                                 {"created", store_.now()},
                                 {"current_period_start", subscription["current_period_start"]},
                                 {"current_period_end", subscription["current_period_end"]},
                                 {"metadata", Json::object()},
                                 {"quantity", 1},
                                 {"subscription", subscription["id"]}}
                          : *found;
    if (price != nullptr) row["price"] = *price;
    if (quantity) row["quantity"] = *quantity;
    merge_metadata(wanted, row);
    if (id.empty())
      rows.push_back(std::move(row));
    else
      *found = std::move(row);
  }
  subscription["items"]["total_count"] = rows.size();
  return std::nullopt;
}

std::optional<StripeError> Billing::apply_subscription(const Call& call, Json& subscription) {
  if (auto problem = check_parameters(call.form, {"customer",
                                                  "items",
                                                  "metadata",
                                                  "cancel_at",
                                                  "cancel_at_period_end",
                                                  "proration_behavior",
                                                  "proration_date",
                                                  "billing_cycle_anchor",
                                                  "collection_method",
                                                  "days_until_due",
                                                  "default_payment_method",
                                                  "description",
                                                  "off_session",
                                                  "payment_behavior",
                                                  "payment_settings",
                                                  "pause_collection",
                                                  "trial_end",
                                                  "currency",
                                                  "backdate_start_date",
                                                  "cancellation_details",
                                                  "automatic_tax",
                                                  "discounts"})) {
    return problem;
  }
  const std::string proration = text_of(call.form, "proration_behavior");
  if (!proration.empty() && proration != "none" && proration != "create_prorations" &&
      proration != "always_invoice") {
    StripeError error;
    error.text =
        "Invalid proration_behavior: must be one of create_prorations, none, or "
        "always_invoice";
    error.param = "proration_behavior";
    return error;
  }
  if (call.form.contains("cancel_at")) {
    std::optional<std::int64_t> cancel_at;
    if (call.form["cancel_at"] != Json("")) {
      if (auto problem = read_integer(call.form, "cancel_at", cancel_at)) return problem;
      if (cancel_at && *cancel_at <= store_.now()) {
        StripeError error;
        error.text = "`cancel_at` must be in the future";
        error.param = "cancel_at";
        return error;
      }
    }
    subscription["cancel_at"] = cancel_at ? Json(*cancel_at) : Json();
    subscription["canceled_at"] = cancel_at ? Json(store_.now()) : Json();
  }
  std::optional<std::int64_t> days;
  if (auto problem = read_integer(call.form, "days_until_due", days)) return problem;
  if (days) subscription["days_until_due"] = *days;
  for (const char* name : {"collection_method", "description", "default_payment_method",
                           "pause_collection", "currency"}) {
    if (!call.form.contains(name)) continue;
    subscription[name] = call.form[name] == Json("") ? Json() : call.form[name];
  }
  if (call.form.contains("cancel_at_period_end")) {
    subscription["cancel_at_period_end"] = text_of(call.form, "cancel_at_period_end") == "true";
  }
  merge_metadata(call.form, subscription);
  return apply_lines(call, subscription);
}

Answer Billing::update_subscription(const Call& call, const std::string& id) {
  const Json* found = store_.named("subscription").newest(id);
  const Json* customer =
      found == nullptr ? nullptr : store_.named("customer").newest(text_of(*found, "customer"));
  if (found == nullptr || (customer != nullptr && flag_of(*customer, "deleted"))) {
    return {nullptr, no_such("subscription", id, "id", 404)};
  }
  if (text_of(*found, "status") == "canceled") {
    StripeError error;
    error.text = "A canceled subscription can only update its cancellation_details and metadata.";
    return {nullptr, error};
  }
  const std::string schedule = text_of(*found, "schedule");
  if (!schedule.empty() &&
      (call.form.contains("cancel_at") || call.form.contains("cancel_at_period_end"))) {
    StripeError error;
    error.text = "The subscription is managed by the subscription schedule `" + schedule +
                 "`, and updating any cancelation behavior directly is not allowed. Please update "
                 "the schedule instead.";
    return {nullptr, error};
  }
  if (declined_subscriptions.count(id) > 0) return {nullptr, declined_card()};
  Json subscription = *found;
  const Json before = subscription;
  if (auto problem = apply_subscription(call, subscription)) return {nullptr, *problem};
  if (auto problem = prorate(call, before, subscription)) return {nullptr, *problem};
  store_.record("subscription_update", subscription, call.cause, call.form);
  store_.named("subscription").put(id, subscription);
  store_.emit("customer.subscription.updated", subscription, changed_fields(before, subscription),
              call.cause);
  return {subscription, std::nullopt};
}

Answer Billing::cancel_subscription(const Call& call, const std::string& id) {
  const Json* found = store_.named("subscription").newest(id);
  if (found == nullptr || text_of(*found, "status") == "canceled") {
    return {nullptr, no_such("subscription", id, "id", 404)};
  }
  Json subscription = *found;
  subscription["status"] = "canceled";
  subscription["canceled_at"] = store_.now();
  subscription["ended_at"] = store_.now();
  store_.record("subscription_cancel", subscription, call.cause, call.form);
  store_.named("subscription").put(id, subscription);
  store_.emit("customer.subscription.deleted", subscription, nullptr, call.cause);
  return {subscription, std::nullopt};
}

}  // namespace perennial::sandbox::stripe
