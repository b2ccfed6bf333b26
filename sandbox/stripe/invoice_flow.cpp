// What moves an invoice through its life: finalising, the customer's payment, voiding.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

#include "sandbox/stripe/billing.hpp"

namespace perennial::sandbox::stripe {
namespace {

std::string next_number(const Json& customer) {
  std::array<char, 16> sequence{};
  std::snprintf(sequence.data(), sequence.size(), "-%04d",
                static_cast<int>(number_of(customer, "next_invoice_sequence", 1)));
  std::string prefix = text_of(customer, "invoice_prefix");
  std::transform(prefix.begin(), prefix.end(), prefix.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return prefix + sequence.data();
}

StripeError wrong_status(const std::string& text) {
  StripeError error;
  error.code = "invoice_not_editable";
  error.text = text;
  return error;
}

}  // namespace

Answer Billing::change_invoice(const Call& call, const std::string& id, const std::string& verb) {
  const Json* found = store_.named("invoice").newest(id);
  if (found == nullptr) return {nullptr, no_such("invoice", id, "invoice", 404)};
  if (verb == "finalize") return finalize_invoice(call, *found);
  if (verb == "pay") return pay_invoice(call, *found);
  if (verb == "void") return void_invoice(call, *found, "void");
  if (verb == "mark_uncollectible") return void_invoice(call, *found, "uncollectible");
  if (verb == "send") {
    Json invoice = *found;
    if (text_of(invoice, "status") == "draft") open_invoice(invoice, call.cause);
    store_.record("invoice_send", invoice, call.cause, Json::object());
    store_.emit("invoice.sent", invoice, nullptr, call.cause);
    return {invoice, std::nullopt};
  }
  StripeError error;
  error.status = 404;
  error.text = "Unrecognized request URL (POST: " + call.request.path + ").";
  return {nullptr, error};
}

Answer Billing::finalize_invoice(const Call& call, Json invoice) {
  if (auto problem = check_parameters(call.form, {"auto_advance"})) return {nullptr, *problem};
  if (text_of(invoice, "status") != "draft") {
    return {nullptr, wrong_status("This invoice is already finalized, you can't re-finalize a "
                                  "non-draft invoice.")};
  }
  if (call.form.contains("auto_advance")) {
    invoice["auto_advance"] = text_of(call.form, "auto_advance") == "true";
  }
  store_.record("invoice_finalize", invoice, call.cause, {{"total", invoice["total"]}});
  open_invoice(invoice, call.cause);
  return {invoice, std::nullopt};
}

void Billing::open_invoice(Json& invoice, const Cause& cause) {
  const std::string id = text_of(invoice, "id");
  Json customer = *store_.named("customer").newest(text_of(invoice, "customer"));
  invoice["number"] = next_number(customer);
  customer["next_invoice_sequence"] = number_of(customer, "next_invoice_sequence", 1) + 1;
  store_.named("customer").put(text_of(customer, "id"), customer);
  const std::int64_t now = store_.now();
  invoice["status"] = "open";
  invoice["status_transitions"]["finalized_at"] = now;
  invoice["hosted_invoice_url"] = "https://invoice.stripe.com/i/" + id;
  invoice["invoice_pdf"] = "https://pay.stripe.com/invoice/" + id + "/pdf";
  if (invoice["due_date"].is_null() && invoice["days_until_due"].is_number()) {
    invoice["due_date"] = now + number_of(invoice, "days_until_due") * 86400;
  }
  if (number_of(invoice, "total") == 0) {
    settle_invoice(invoice, cause, true);
    return;
  }
  const std::string intent_id = store_.new_id("pi_");
  store_.named("payment_intent")
      .put(intent_id, {{"id", intent_id},
                       {"object", "payment_intent"},
                       {"amount", invoice["amount_due"]},
                       {"amount_received", 0},
                       {"created", now},
                       {"currency", invoice["currency"]},
                       {"customer", invoice["customer"]},
                       {"invoice", id},
                       {"latest_charge", nullptr},
                       {"livemode", false},
                       {"metadata", Json::object()},
                       {"status", "requires_payment_method"}});
  invoice["payment_intent"] = intent_id;
  store_.named("invoice").put(id, invoice);
  store_.emit("invoice.finalized", invoice, {{"status", "draft"}, {"number", nullptr}}, cause);
  if (text_of(invoice, "collection_method") == "send_invoice" && flag_of(invoice, "auto_advance")) {
    store_.emit("invoice.sent", invoice, nullptr, cause);
  }
  const auto wait = estate_.options().pay_after;
  if (wait.count() < 0) return;
  // A customer cannot pay what nobody can see yet.
  const SteadyTime seen = store_.named("invoice").visible_at(id);
  estate_.alarms.at(std::max(estate_.clock.steady(), seen) + wait,
                    [this, id] { customer_pays(id); });
}

void Billing::customer_pays(const std::string& invoice_id) {
  const Json* found = store_.named("invoice").newest(invoice_id);
  if (found == nullptr || text_of(*found, "status") != "open") return;
  Json invoice = *found;
  const auto failing = failing_payments.find(store_.renewal_of(invoice));
  if (failing != failing_payments.end()) {
    fail_payment(invoice, failing->second);
    return;
  }
  store_.record("customer_payment", invoice, {}, {{"amount", invoice["amount_due"]}});
  settle_invoice(invoice, {}, false);
}

// docs.stripe.com/api/payment_intents/object, `last_payment_error`, and the event types
// invoice.payment_failed and invoice.payment_action_required.
void Billing::fail_payment(Json& invoice, const std::string& why) {
  const std::string intent_id = text_of(invoice, "payment_intent");
  Json intent = *store_.named("payment_intent").newest(intent_id);
  const bool needs_action = why == "payment_requires_action";
  intent["status"] = needs_action ? "requires_action" : "requires_payment_method";
  if (!needs_action) {
    intent["last_payment_error"] = {{"type", "card_error"},
                                    {"code", "card_declined"},
                                    {"decline_code", "insufficient_funds"},
                                    {"message", "Your card has insufficient funds."}};
  }
  store_.named("payment_intent").put(intent_id, intent);
  invoice["attempted"] = true;
  invoice["attempt_count"] = number_of(invoice, "attempt_count") + 1;
  store_.named("invoice").put(text_of(invoice, "id"), invoice);
  const char* type = needs_action ? "invoice.payment_action_required" : "invoice.payment_failed";
  store_.emit(type, invoice, nullptr, {});
}

void Billing::retry_payment(const std::string& renewal) {
  failing_payments.erase(renewal);
  std::vector<std::string> open;
  store_.named("invoice").for_each_newest([&](const std::string& id, const Json& invoice) {
    const bool is_theirs = store_.renewal_of(invoice) == renewal;
    if (is_theirs && text_of(invoice, "status") == "open") open.push_back(id);
  });
  for (const std::string& id : open) customer_pays(id);
}

void Billing::settle_invoice(Json& invoice, const Cause& cause, bool is_out_of_band) {
  const std::int64_t now = store_.now();
  const std::int64_t amount = number_of(invoice, "amount_due");
  invoice["status"] = "paid";
  invoice["paid"] = true;
  invoice["paid_out_of_band"] = is_out_of_band && amount > 0;
  invoice["amount_paid"] = amount;
  invoice["amount_remaining"] = 0;
  invoice["attempted"] = true;
  invoice["status_transitions"]["paid_at"] = now;
  const std::string intent_id = text_of(invoice, "payment_intent");
  if (!is_out_of_band && !intent_id.empty()) {
    const std::string charge_id = store_.new_id("ch_");
    Json charge{{"id", charge_id},
                {"object", "charge"},
                {"amount", amount},
                {"amount_captured", amount},
                {"created", now},
                {"currency", invoice["currency"]},
                {"customer", invoice["customer"]},
                {"invoice", invoice["id"]},
                {"livemode", false},
                {"paid", true},
                {"payment_intent", intent_id},
                {"refunded", false},
                {"status", "succeeded"}};
    Json intent = *store_.named("payment_intent").newest(intent_id);
    intent["status"] = "succeeded";
    intent["amount_received"] = amount;
    intent["latest_charge"] = charge_id;
    const std::string payment_id = store_.new_id("inpay_");
    store_.named("charge").put(charge_id, charge);
    store_.named("payment_intent").put(intent_id, intent);
    store_.named("invoice_payment")
        .put(payment_id, {{"id", payment_id},
                          {"object", "invoice_payment"},
                          {"amount_paid", amount},
                          {"amount_requested", amount},
                          {"created", now},
                          {"currency", invoice["currency"]},
                          {"invoice", invoice["id"]},
                          {"is_default", true},
                          {"payment", {{"type", "payment_intent"}, {"payment_intent", intent_id}}},
                          {"status", "paid"}});
    invoice["charge"] = charge_id;
    store_.emit("charge.succeeded", charge, nullptr, cause);
    store_.emit("payment_intent.succeeded", intent, nullptr, cause);
  }
  store_.named("invoice").put(text_of(invoice, "id"), invoice);
  store_.emit("invoice.updated", invoice, {{"status", "open"}}, cause);
  store_.emit("invoice.paid", invoice, nullptr, cause);
  store_.emit("invoice.payment_succeeded", invoice, nullptr, cause);
}

Answer Billing::pay_invoice(const Call& call, Json invoice) {
  if (auto problem = check_parameters(
          call.form, {"paid_out_of_band", "payment_method", "source", "forgive", "off_session"})) {
    return {nullptr, *problem};
  }
  const std::string status = text_of(invoice, "status");
  if (status == "paid") {
    StripeError error;
    error.code = "invoice_already_paid";
    error.text = "Invoice is already paid";
    return {nullptr, error};
  }
  if (status == "void") return {nullptr, wrong_status("This invoice is void and can't be paid")};
  if (status == "draft") open_invoice(invoice, call.cause);
  store_.record("invoice_pay", invoice, call.cause, {{"amount", invoice["amount_due"]}});
  if (text_of(invoice, "status") != "paid") {
    settle_invoice(invoice, call.cause, text_of(call.form, "paid_out_of_band") == "true");
  }
  return {invoice, std::nullopt};
}

Answer Billing::void_invoice(const Call& call, Json invoice, const std::string& status) {
  if (text_of(invoice, "status") != "open" && text_of(invoice, "status") != "uncollectible") {
    return {nullptr, wrong_status("You can only pass in open invoices. This invoice isn't open.")};
  }
  const bool is_void = status == "void";
  invoice["status"] = status;
  invoice["status_transitions"][is_void ? "voided_at" : "marked_uncollectible_at"] = store_.now();
  store_.record(is_void ? "invoice_void" : "invoice_uncollectible", invoice, call.cause,
                Json::object());
  store_.named("invoice").put(text_of(invoice, "id"), invoice);
  store_.emit(is_void ? "invoice.voided" : "invoice.marked_uncollectible", invoice, nullptr,
              call.cause);
  return {invoice, std::nullopt};
}

}  // namespace perennial::sandbox::stripe
