// Invoices and their lines: drafted, finalised, sent, paid by the customer, voided.
#include <algorithm>
#include <cstdlib>

#include "sandbox/stripe/billing.hpp"
#include "sandbox/stripe/currencies.hpp"

namespace perennial::sandbox::stripe {
namespace {

StripeError not_editable(const std::string& text) {
  StripeError error;
  error.code = "invoice_not_editable";
  error.text = text;
  return error;
}

std::optional<StripeError> check_step(const Json& line) {
  const std::string currency = text_of(line, "currency");
  const std::int64_t step = step_of(currency);
  if (number_of(line, "amount") % step == 0) return std::nullopt;
  StripeError error;
  error.code = "parameter_invalid_integer";
  error.param = "amount";
  error.text =
      "Invalid amount for " + currency + ": it must be divisible by " + std::to_string(step) + ".";
  return error;
}

// A record of an invoice line as the invoice lists it.
Json line_of(const Json& invoice_line, const std::string& line_id) {
  Json line{{"id", line_id},         {"object", "line_item"}, {"invoice_item", invoice_line["id"]},
            {"type", "invoiceitem"}, {"livemode", false},     {"proration", false}};
  for (const char* name : {"amount", "currency", "description", "metadata", "period", "price",
                           "quantity", "invoice", "discountable", "subscription"}) {
    line[name] = member_of(invoice_line, name);
  }
  return line;
}

Json empty_draft(const std::string& id, std::int64_t now) {
  return {{"id", id},
          {"object", "invoice"},
          {"account_country", "US"},
          {"amount_due", 0},
          {"amount_paid", 0},
          {"amount_remaining", 0},
          {"attempt_count", 0},
          {"attempted", false},
          {"billing_reason", "manual"},
          {"charge", nullptr},
          {"created", now},
          {"hosted_invoice_url", nullptr},
          {"invoice_pdf", nullptr},
          {"livemode", false},
          {"number", nullptr},
          {"paid", false},
          {"paid_out_of_band", false},
          {"payment_intent", nullptr},
          {"period_start", now},
          {"period_end", now},
          {"status", "draft"},
          {"status_transitions",
           {{"finalized_at", nullptr},
            {"marked_uncollectible_at", nullptr},
            {"paid_at", nullptr},
            {"voided_at", nullptr}}},
          {"tax", nullptr},
          {"lines",
           {{"object", "list"},
            {"data", Json::array()},
            {"has_more", false},
            {"total_count", 0},
            {"url", "/v1/invoices/" + id + "/lines"}}}};
}

}  // namespace

Answer Billing::route_invoices(const Call& call, const std::vector<std::string>& path) {
  const std::string& method = call.request.method;
  if (path.size() == 2 && method == "GET") {
    return list(call, "invoice", {"customer", "subscription", "status", "collection_method"});
  }
  if (path.size() == 2 && method == "POST") return create_invoice(call);
  if (path.size() == 3 && method == "GET") return retrieve("invoice", path[2]);
  if (path.size() == 3 && method == "POST") return update_invoice(call, path[2]);
  if (path.size() == 3 && method == "DELETE") return delete_invoice(call, path[2]);
  if (path.size() == 4 && method == "GET" && path[3] == "lines") {
    Answer invoice = retrieve("invoice", path[2]);
    return invoice.error ? invoice : Answer{invoice.body["lines"], std::nullopt};
  }
  if (path.size() == 4 && method == "POST") return change_invoice(call, path[2], path[3]);
  StripeError error;
  error.status = 404;
  error.text = "Unrecognized request URL (" + method + ": " + call.request.path + ").";
  return {nullptr, error};
}

std::optional<StripeError> Billing::check_invoice(const Call& call, Json& invoice) const {
  if (auto problem = check_parameters(call.form, {"customer",
                                                  "collection_method",
                                                  "days_until_due",
                                                  "due_date",
                                                  "auto_advance",
                                                  "pending_invoice_items_behavior",
                                                  "metadata",
                                                  "description",
                                                  "subscription",
                                                  "currency",
                                                  "footer",
                                                  "custom_fields",
                                                  "statement_descriptor",
                                                  "effective_at",
                                                  "default_tax_rates",
                                                  "rendering",
                                                  "payment_settings",
                                                  "automatic_tax",
                                                  "discounts",
                                                  "number",
                                                  "issuer"})) {
    return problem;
  }
  if (auto problem = check_customer(call)) return problem;
  std::optional<std::int64_t> days;
  std::optional<std::int64_t> due;
  if (auto problem = read_integer(call.form, "days_until_due", days)) return problem;
  if (auto problem = read_integer(call.form, "due_date", due)) return problem;
  const bool is_sent = text_of(call.form, "collection_method") == "send_invoice";
  if (is_sent && !days && !due) {
    StripeError error;
    error.text =
        "If invoices are sent (collection_method=send_invoice), you must specify one of "
        "`due_date` or `days_until_due`.";
    return error;
  }
  const std::string subscription = text_of(call.form, "subscription");
  if (!subscription.empty() && store_.named("subscription").newest(subscription) == nullptr) {
    return no_such("subscription", subscription, "subscription", 400);
  }
  invoice["collection_method"] = is_sent ? "send_invoice" : "charge_automatically";
  invoice["days_until_due"] = days ? Json(*days) : Json();
  invoice["due_date"] = due ? Json(*due) : Json();
  invoice["subscription"] = subscription.empty() ? Json() : Json(subscription);
  invoice["auto_advance"] = text_of(call.form, "auto_advance") == "true";
  invoice["description"] = member_of(call.form, "description");
  invoice["footer"] = member_of(call.form, "footer");
  return std::nullopt;
}

Answer Billing::create_invoice(const Call& call) {
  Json invoice = empty_draft(store_.new_id("in_"), store_.now());
  if (auto problem = check_invoice(call, invoice)) return {nullptr, *problem};
  const Json customer = *store_.named("customer").newest(text_of(call.form, "customer"));
  std::string currency = lower_case(text_of(call.form, "currency"));
  if (currency.empty()) currency = text_of(customer, "currency");
  invoice["currency"] = currency.empty() ? "usd" : currency;
  invoice["customer"] = customer["id"];
  invoice["customer_email"] = member_of(customer, "email");
  invoice["customer_name"] = member_of(customer, "name");
  merge_metadata(call.form, invoice);
  refresh_totals(invoice);
  store_.record("invoice_create", invoice, call.cause, call.form);
  if (text_of(call.form, "pending_invoice_items_behavior") == "include") {
    take_pending_lines(invoice);
  }
  store_.named("invoice").put(text_of(invoice, "id"), invoice);
  store_.emit("invoice.created", invoice, nullptr, call.cause);
  return {invoice, std::nullopt};
}

void Billing::take_pending_lines(Json& invoice) {
  std::vector<Json> pending;
  store_.named("invoiceitem").for_each_newest([&](const std::string&, const Json& line) {
    const bool is_pending = line["customer"] == invoice["customer"] && line["invoice"].is_null();
    if (is_pending) pending.push_back(line);
  });
  for (Json& line : pending) {
    line["invoice"] = invoice["id"];
    store_.named("invoiceitem").put(text_of(line, "id"), line);
    add_line(invoice, line);
  }
}

void Billing::refresh_totals(Json& invoice) const {
  std::int64_t total = 0;
  for (const Json& line : invoice["lines"]["data"]) total += number_of(line, "amount");
  invoice["lines"]["total_count"] = invoice["lines"]["data"].size();
  invoice["subtotal"] = total;
  invoice["total"] = total;
  invoice["amount_due"] = std::max<std::int64_t>(total, 0);
  invoice["amount_remaining"] =
      invoice["amount_due"].get<std::int64_t>() - number_of(invoice, "amount_paid");
}

void Billing::add_line(Json& invoice, const Json& invoice_line) {
  Json& rows = invoice["lines"]["data"];
  // The vendor lists the newest line first.
  rows.insert(rows.begin(), line_of(invoice_line, store_.new_id("il_")));
  refresh_totals(invoice);
}

std::optional<StripeError> Billing::price_line(const Call& call, Json& line) const {
  std::optional<std::int64_t> amount;
  std::optional<std::int64_t> unit;
  std::optional<std::int64_t> quantity;
  if (auto problem = read_integer(call.form, "amount", amount)) return problem;
  if (auto problem = read_integer(call.form, "unit_amount", unit)) return problem;
  if (auto problem = read_integer(call.form, "quantity", quantity)) return problem;
  std::string price_id = text_of(call.form, "price");
  if (price_id.empty()) price_id = text_of(member_of(call.form, "pricing"), "price");
  const Json* price = price_id.empty() ? nullptr : store_.named("price").newest(price_id);
  if (!price_id.empty() && price == nullptr) return no_such("price", price_id, "price", 400);
  line["quantity"] = quantity.value_or(1);
  line["price"] = price == nullptr ? Json() : *price;
  if (price != nullptr) {
    unit = number_of(*price, "unit_amount");
    line["currency"] = member_of(*price, "currency");
  }
  const std::string decimal = text_of(call.form, "unit_amount_decimal");
  if (amount) {
    line["amount"] = *amount;
  } else if (unit) {
    line["amount"] = *unit * quantity.value_or(1);
  } else if (!decimal.empty()) {
    const double exact =
        std::strtod(decimal.c_str(), nullptr) * static_cast<double>(quantity.value_or(1));
    line["amount"] = static_cast<std::int64_t>(exact + (exact < 0 ? -0.5 : 0.5));
  } else {
    return missing_parameter("amount");
  }
  line["unit_amount"] = unit ? Json(*unit) : line["amount"];
  return std::nullopt;
}

Answer Billing::route_invoice_lines(const Call& call, const std::vector<std::string>& path) {
  const std::string& method = call.request.method;
  if (path.size() == 2 && method == "GET") {
    return list(call, "invoiceitem", {"customer", "invoice"});
  }
  if (path.size() == 2 && method == "POST") return create_invoice_line(call);
  if (path.size() == 3 && method == "GET") return retrieve("invoiceitem", path[2]);
  if (path.size() == 3 && method == "POST") return update_invoice_line(call, path[2]);
  StripeError error;
  error.status = 404;
  error.text = "Unrecognized request URL (" + method + ": " + call.request.path + ").";
  return {nullptr, error};
}

Answer Billing::create_invoice_line(const Call& call) {
  if (auto problem = check_parameters(
          call.form,
          {"customer", "amount", "currency", "description", "invoice", "period", "metadata",
           "quantity", "price", "pricing", "unit_amount", "unit_amount_decimal", "subscription",
           "discountable", "tax_rates", "tax_behavior", "tax_code", "discounts", "price_data"})) {
    return {nullptr, *problem};
  }
  if (auto problem = check_customer(call)) return {nullptr, *problem};
  const std::string invoice_id = text_of(call.form, "invoice");
  const Json* invoice = invoice_id.empty() ? nullptr : store_.named("invoice").newest(invoice_id);
  if (!invoice_id.empty() && invoice == nullptr) {
    return {nullptr, no_such("invoice", invoice_id, "invoice", 400)};
  }
  if (invoice != nullptr && text_of(*invoice, "status") != "draft") {
    return {nullptr, not_editable("This invoice is no longer editable")};
  }
  const std::int64_t now = store_.now();
  Json line{{"id", store_.new_id("ii_")},
            {"object", "invoiceitem"},
            {"currency", lower_case(text_of(call.form, "currency"))},
            {"customer", text_of(call.form, "customer")},
            {"created", now},
            {"date", now},
            {"description", member_of(call.form, "description")},
            {"discountable", true},
            {"invoice", invoice_id.empty() ? Json() : Json(invoice_id)},
            {"livemode", false},
            {"period", {{"start", now}, {"end", now}}},
            {"proration", false},
            {"subscription", member_of(call.form, "subscription")}};
  if (auto problem = price_line(call, line)) return {nullptr, *problem};
  if (text_of(line, "currency").empty()) return {nullptr, missing_parameter("currency")};
  if (auto problem = check_step(line)) return {nullptr, *problem};
  const Json& period = member_of(call.form, "period");
  for (const char* bound : {"start", "end"}) {
    std::optional<std::int64_t> at;
    if (auto problem = read_integer(period, bound, at)) return {nullptr, *problem};
    if (at) line["period"][bound] = *at;
  }
  if (invoice != nullptr && line["currency"] != (*invoice)["currency"]) {
    StripeError error;
    error.text = "The currency of the invoice item (" + text_of(line, "currency") +
                 ") must match the currency of the invoice (" + text_of(*invoice, "currency") +
                 ").";
    error.param = "currency";
    return {nullptr, error};
  }
  merge_metadata(call.form, line);
  store_.record("invoice_line_create", line, call.cause, call.form);
  store_.named("invoiceitem").put(text_of(line, "id"), line);
  store_.emit("invoiceitem.created", line, nullptr, call.cause);
  if (invoice != nullptr) {
    Json changed = *store_.named("invoice").newest(invoice_id);
    add_line(changed, line);
    store_.named("invoice").put(invoice_id, changed);
    store_.emit("invoice.updated", changed, Json::object(), call.cause);
  }
  return {line, std::nullopt};
}

Answer Billing::update_invoice_line(const Call& call, const std::string& id) {
  const Json* found = store_.named("invoiceitem").newest(id);
  if (found == nullptr) return {nullptr, no_such("invoiceitem", id, "id", 404)};
  if (auto problem = check_parameters(call.form, {"description", "metadata"})) {
    return {nullptr, *problem};
  }
  Json line = *found;
  if (call.form.contains("description")) line["description"] = call.form["description"];
  merge_metadata(call.form, line);
  store_.record("invoice_line_update", line, call.cause, call.form);
  store_.named("invoiceitem").put(id, line);
  return {line, std::nullopt};
}

Answer Billing::update_invoice(const Call& call, const std::string& id) {
  const Json* found = store_.named("invoice").newest(id);
  if (found == nullptr) return {nullptr, no_such("invoice", id, "id", 404)};
  if (auto problem =
          check_parameters(call.form, {"metadata", "description", "footer", "auto_advance",
                                       "days_until_due", "due_date", "collection_method"})) {
    return {nullptr, *problem};
  }
  Json invoice = *found;
  const bool is_draft = text_of(invoice, "status") == "draft";
  for (const auto& [name, value] : call.form.items()) {
    if (name == "metadata" || name == "expand") continue;
    if (!is_draft && name != "description" && name != "auto_advance") {
      return {nullptr, not_editable("Finalized invoices can't be updated in this way")};
    }
    if (name == "auto_advance") {
      invoice[name] = value == Json("true");
    } else if (name == "days_until_due" || name == "due_date") {
      std::optional<std::int64_t> number;
      if (auto problem = read_integer(call.form, name, number)) return {nullptr, *problem};
      invoice[name] = number ? Json(*number) : Json();
    } else {
      invoice[name] = value;
    }
  }
  merge_metadata(call.form, invoice);
  store_.record("invoice_update", invoice, call.cause, call.form);
  store_.named("invoice").put(id, invoice);
  store_.emit("invoice.updated", invoice, Json::object(), call.cause);
  return {invoice, std::nullopt};
}

Answer Billing::delete_invoice(const Call& call, const std::string& id) {
  const Json* found = store_.named("invoice").newest(id);
  if (found == nullptr) return {nullptr, no_such("invoice", id, "id", 404)};
  if (text_of(*found, "status") != "draft") {
    return {nullptr, not_editable("You can only delete draft invoices")};
  }
  store_.record("invoice_delete", *found, call.cause, Json::object());
  store_.emit("invoice.deleted", *found, nullptr, call.cause);
  store_.named("invoice").erase(id);
  return {{{"id", id}, {"object", "invoice"}, {"deleted", true}}, std::nullopt};
}

}  // namespace perennial::sandbox::stripe
