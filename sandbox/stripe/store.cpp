#include "sandbox/stripe/store.hpp"

#include "sandbox/stripe/currencies.hpp"

namespace perennial::sandbox::stripe {
namespace {

// The first that fits counts, so a longer prefix stands before its beginning.
struct Prefix {
  const char* text;
  const char* object;
};
constexpr Prefix prefixes[] = {{"cus_", "customer"},
                               {"prod_", "product"},
                               {"price_", "price"},
                               {"sub_sched_", "subscription_schedule"},
                               {"sub_", "subscription"},
                               {"ii_", "invoiceitem"},
                               {"in_", "invoice"},
                               {"pi_", "payment_intent"},
                               {"ch_", "charge"},
                               {"evt_", "event"},
                               {"inpay_", "invoice_payment"}};

}  // namespace

Store::Store(Estate& estate) : estate_(estate) {
  for (const Prefix& prefix : prefixes) tables_.emplace(prefix.object, Table(estate.visibility));
  seed();
}

Table* Store::table_of(const std::string& id) {
  for (const Prefix& prefix : prefixes) {
    if (id.rfind(prefix.text, 0) == 0) return &tables_.at(prefix.object);
  }
  return nullptr;
}

const Table* Store::table_of(const std::string& id) const {
  return const_cast<Store*>(this)->table_of(id);
}

std::string Store::new_id(const std::string& prefix) {
  return prefix + "1" + estate_.random.letters_and_digits(23);
}

std::int64_t Store::now() const {
  return unix_seconds(estate_.clock.now());
}

std::string Store::renewal_of(const Json& object) const {
  std::string number = find_renewal_number(member_of(object, "metadata"));
  if (number.empty()) number = estate_.traced(text_of(object, "id"));
  if (number.empty()) number = estate_.traced(text_of(object, "invoice"));
  if (number.empty()) number = find_renewal_number(object);
  if (number.empty()) number = estate_.traced(text_of(object, "subscription"));
  return number;
}

void Store::record(const std::string& kind, const Json& object, const Cause& cause, Json detail) {
  const std::string renewal = renewal_of(object);
  estate_.trace(text_of(object, "id"), renewal);
  estate_.ledger.record(
      {"billing", kind, renewal, cause.idempotency_key, text_of(object, "id"), std::move(detail)});
}

void Store::emit(const std::string& type, const Json& object, const Json& previous,
                 const Cause& cause) {
  const auto hidden_for = estate_.visibility.hidden_for;
  if (hidden_for.count() <= 0) {
    append_event(type, object, previous, cause);
    return;
  }
  estate_.alarms.after(hidden_for, [this, type, object, previous, cause] {
    append_event(type, object, previous, cause);
  });
}

void Store::append_event(const std::string& type, Json object, Json previous, const Cause& cause) {
  const std::string& version = estate_.options().stripe_version;
  Json content{{"object", shown_in_version(object, version)}};
  if (!previous.is_null()) content["previous_attributes"] = std::move(previous);
  const std::string id = new_id("evt_");
  Json request{
      {"id", cause.request_id.empty() ? Json() : Json(cause.request_id)},
      {"idempotency_key", cause.idempotency_key.empty() ? Json() : Json(cause.idempotency_key)}};
  Json event{{"id", id},
             {"object", "event"},
             {"api_version", version},
             {"created", now()},
             {"data", std::move(content)},
             {"livemode", false},
             {"pending_webhooks", on_event ? 1 : 0},
             {"request", std::move(request)},
             {"type", type}};
  tables_.at("event").put(id, event);
  if (on_event) on_event(event);
}

void Store::seed() {
  const std::int64_t long_ago = now() - 300LL * 86400;
  for (const PlannedProduct& product : estate_.plan.products) {
    tables_.at("product").put(product.billing_id, {{"id", product.billing_id},
                                                   {"object", "product"},
                                                   {"active", true},
                                                   {"created", long_ago},
                                                   {"description", nullptr},
                                                   {"livemode", false},
                                                   {"metadata", {{"code", product.code}}},
                                                   {"name", product.name},
                                                   {"type", "service"},
                                                   {"updated", long_ago}});
  }
  for (const PlannedAccount& account : estate_.plan.accounts) seed_account(account);
  for (const PlannedRenewal& renewal : estate_.plan.renewals) seed_renewal(renewal);
}

void Store::seed_account(const PlannedAccount& account) {
  tables_.at("customer")
      .put(account.billing_customer,
           {{"id", account.billing_customer},
            {"object", "customer"},
            {"address", nullptr},
            {"balance", 0},
            {"created", now() - 300LL * 86400},
            {"currency", lower_case(account.currency)},
            {"default_source", nullptr},
            {"delinquent", false},
            {"description", account.name},
            {"email", "billing@" + account.domain},
            {"invoice_prefix", account.billing_customer.substr(4, 8)},
            {"livemode", false},
            {"metadata", {{"erp_customer", account.erp_customer}, {"crm_account", account.crm_id}}},
            {"name", account.name},
            {"next_invoice_sequence", 1},
            {"phone", nullptr}});
}

// A yearly price for each contract line, and the subscription's line with it.
Json Store::seed_lines(const PlannedRenewal& renewal, std::int64_t begin, std::int64_t end) {
  const std::string currency = lower_case(renewal.currency);
  Json rows = Json::array();
  for (const PlannedLine& line : renewal.lines) {
    const PlannedProduct& product = estate_.plan.products[line.product];
    Json price{
        {"id", line.price_id},
        {"object", "price"},
        {"active", true},
        {"billing_scheme", "per_unit"},
        {"created", begin},
        {"currency", currency},
        {"livemode", false},
        {"lookup_key", nullptr},
        {"metadata", Json::object()},
        {"nickname", product.code},
        {"product", product.billing_id},
        {"recurring", {{"interval", "year"}, {"interval_count", 1}, {"usage_type", "licensed"}}},
        {"type", "recurring"},
        {"unit_amount", to_amount(line.unit_minor, renewal.currency)},
        {"unit_amount_decimal", std::to_string(to_amount(line.unit_minor, renewal.currency))}};
    tables_.at("price").put(line.price_id, price);
    rows.push_back({{"id", line.subscription_line_id},
                    {"object", "subscription_item"},
                    {"created", begin},
                    {"current_period_start", begin},
                    {"current_period_end", end},
                    {"metadata", Json::object()},
                    {"price", price},
                    {"quantity", line.quantity},
                    {"subscription", renewal.subscription_id}});
  }
  return rows;
}

void Store::seed_renewal(const PlannedRenewal& renewal) {
  const PlannedAccount& account = estate_.account_of(renewal);
  const std::int64_t begin = unix_seconds(start_of(add_months(renewal.start, -12)));
  const std::int64_t end = unix_seconds(start_of(renewal.start));
  const std::string currency = lower_case(renewal.currency);
  const Json rows = seed_lines(renewal, begin, end);
  tables_.at("subscription")
      .put(renewal.subscription_id,
           {{"id", renewal.subscription_id},
            {"object", "subscription"},
            {"billing_cycle_anchor", begin},
            {"cancel_at", nullptr},
            {"cancel_at_period_end", false},
            {"canceled_at", nullptr},
            {"collection_method", "send_invoice"},
            {"created", begin},
            {"currency", currency},
            {"current_period_start", begin},
            {"current_period_end", end},
            {"customer", account.billing_customer},
            {"days_until_due", 30},
            {"default_payment_method", nullptr},
            {"description", nullptr},
            {"ended_at", nullptr},
            {"items",
             {{"object", "list"},
              {"data", rows},
              {"has_more", false},
              {"total_count", rows.size()},
              {"url", "/v1/subscription_items?subscription=" + renewal.subscription_id}}},
            {"latest_invoice", nullptr},
            {"livemode", false},
            {"metadata", {{"contract", renewal.contract_number}}},
            {"pause_collection", nullptr},
            {"schedule", nullptr},
            {"start_date", begin},
            {"status", "active"},
            {"trial_end", nullptr},
            {"trial_start", nullptr}});
}

}  // namespace perennial::sandbox::stripe
