// How one record looks in different API versions.
#include "sandbox/stripe/store.hpp"

namespace perennial::sandbox::stripe {
namespace {

// docs.stripe.com/changelog/basil/2025-03-31: subscriptions moved from invoices into `parent`,
// prices of lines into `pricing`, periods of subscriptions to their items, payments into
// `payments`.
constexpr const char* basil = "2025-03-31";

void move_price(Json& line) {
  const Json price = member_of(line, "price");
  line.erase("price");
  line["pricing"] = nullptr;
  if (!price.is_object()) return;
  line["pricing"] = {
      {"type", "price_details"},
      {"price_details",
       {{"price", member_of(price, "id")}, {"product", member_of(price, "product")}}},
      {"unit_amount_decimal", member_of(price, "unit_amount_decimal")}};
}

void move_subscription(Json& object, const char* owner) {
  const std::string subscription = text_of(object, "subscription");
  object.erase("subscription");
  object["parent"] = nullptr;
  if (subscription.empty()) return;
  object["parent"] = {{"type", owner}, {owner, {{"subscription", subscription}}}};
}

void to_basil(Json& object) {
  const std::string kind = text_of(object, "object");
  if (kind == "subscription") {
    object.erase("current_period_start");
    object.erase("current_period_end");
  } else if (kind == "invoice") {
    move_subscription(object, "subscription_details");
    for (const char* gone : {"payment_intent", "charge", "paid", "paid_out_of_band", "tax"}) {
      object.erase(gone);
    }
    object["total_taxes"] = Json::array();
    if (object.contains("lines")) {
      for (Json& line : object["lines"]["data"]) to_basil(line);
    }
  } else if (kind == "line_item") {
    move_price(object);
  } else if (kind == "invoiceitem") {
    move_price(object);
    move_subscription(object, "subscription_details");
  } else if (kind == "charge" || kind == "payment_intent") {
    object.erase("invoice");
  }
}

}  // namespace

Json shown_in_version(const Json& object, const std::string& version) {
  Json shown = object;
  if (version.substr(0, 10) >= basil) to_basil(shown);
  return shown;
}

}  // namespace perennial::sandbox::stripe
