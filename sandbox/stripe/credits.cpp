// What takes an invoice or its payment back: refunds and credit notes.
#include <algorithm>

#include "sandbox/stripe/billing.hpp"

namespace perennial::sandbox::stripe {
namespace {

StripeError refused(const std::string& text, const std::string& code = {}) {
  StripeError error;
  error.code = code;
  error.text = text;
  return error;
}

StripeError unrecognized(const Call& call) {
  StripeError error;
  error.status = 404;
  error.text = "Unrecognized request URL (" + call.request.method + ": " + call.request.path + ").";
  return error;
}

struct Parts {
  std::optional<std::int64_t> amount;
  std::optional<std::int64_t> credit;
  std::optional<std::int64_t> refund;
  std::optional<std::int64_t> elsewhere;

  std::int64_t after_payment() const {
    return credit.value_or(0) + refund.value_or(0) + elsewhere.value_or(0);
  }
};

std::optional<StripeError> read_parts(const Json& form, Parts& parts) {
  if (auto problem = read_integer(form, "amount", parts.amount)) return problem;
  if (auto problem = read_integer(form, "credit_amount", parts.credit)) return problem;
  if (auto problem = read_integer(form, "refund_amount", parts.refund)) return problem;
  if (auto problem = read_integer(form, "out_of_band_amount", parts.elsewhere)) return problem;
  if (!parts.amount) return missing_parameter("amount");
  return std::nullopt;
}

}  // namespace

Answer Billing::route_refunds(const Call& call, const std::vector<std::string>& path) {
  const std::string& method = call.request.method;
  if (path.size() == 2 && method == "GET") {
    return list(call, "refund", {"charge", "payment_intent"});
  }
  if (path.size() == 2 && method == "POST") return create_refund(call);
  if (path.size() == 3 && method == "GET") return retrieve("refund", path[2]);
  return {nullptr, unrecognized(call)};
}

// docs.stripe.com/api/refunds/create: by charge or payment intent, by default all that is left.
Answer Billing::create_refund(const Call& call) {
  if (auto problem = check_parameters(
          call.form, {"charge", "payment_intent", "amount", "reason", "metadata"})) {
    return {nullptr, *problem};
  }
  std::string charge_id = text_of(call.form, "charge");
  const std::string intent_id = text_of(call.form, "payment_intent");
  if (charge_id.empty() && intent_id.empty()) {
    return {nullptr, refused("One of the following params should be provided for this request: "
                             "payment_intent or charge.")};
  }
  if (charge_id.empty()) {
    const Json* intent = store_.named("payment_intent").newest(intent_id);
    if (intent == nullptr) {
      return {nullptr, no_such("payment_intent", intent_id, "payment_intent", 404)};
    }
    charge_id = text_of(*intent, "latest_charge");
    if (charge_id.empty()) {
      return {nullptr, refused("This PaymentIntent (" + intent_id +
                               ") does not have a successful charge to refund.")};
    }
  }
  const Json* charge = store_.named("charge").newest(charge_id);
  if (charge == nullptr) return {nullptr, no_such("charge", charge_id, "charge", 404)};
  std::optional<std::int64_t> amount;
  if (auto problem = read_integer(call.form, "amount", amount)) return {nullptr, *problem};
  Answer refund = refund_charge(*charge, amount, call);
  if (!refund.error) {
    store_.record("refund_create", refund.body, call.cause, call.form);
  }
  return refund;
}

Answer Billing::refund_charge(Json charge, std::optional<std::int64_t> amount, const Call& call) {
  const std::int64_t left = number_of(charge, "amount") - number_of(charge, "amount_refunded");
  if (left <= 0) {
    return {nullptr, refused("Charge " + text_of(charge, "id") + " has already been refunded.",
                             "charge_already_refunded")};
  }
  if (amount.value_or(left) > left || amount.value_or(left) <= 0) {
    return {nullptr, refused("Refund amount is greater than unrefunded amount on charge.")};
  }
  const std::int64_t back = amount.value_or(left);
  Json refund{{"id", store_.new_id("re_")},
              {"object", "refund"},
              {"amount", back},
              {"charge", charge["id"]},
              {"created", store_.now()},
              {"currency", charge["currency"]},
              {"invoice", member_of(charge, "invoice")},
              {"payment_intent", charge["payment_intent"]},
              {"reason", member_of(call.form, "reason")},
              {"status", "succeeded"}};
  merge_metadata(call.form, refund);
  charge["amount_refunded"] = number_of(charge, "amount_refunded") + back;
  charge["refunded"] = charge["amount_refunded"] == charge["amount"];
  store_.named("charge").put(text_of(charge, "id"), charge);
  // The vendor's refund names no invoice; ours only while it is traced to its renewal.
  store_.estate().trace(text_of(refund, "id"), store_.renewal_of(refund));
  refund.erase("invoice");
  store_.named("refund").put(text_of(refund, "id"), refund);
  store_.emit("refund.created", refund, nullptr, call.cause);
  store_.emit("charge.refunded", charge, nullptr, call.cause);
  return {refund, std::nullopt};
}

Answer Billing::route_credit_notes(const Call& call, const std::vector<std::string>& path) {
  const std::string& method = call.request.method;
  if (path.size() == 2 && method == "GET") {
    return list(call, "credit_note", {"customer", "invoice"});
  }
  if (path.size() == 2 && method == "POST") return create_credit_note(call);
  if (path.size() == 3 && method == "GET") return retrieve("credit_note", path[2]);
  return {nullptr, unrecognized(call)};
}

// docs.stripe.com/api/credit_notes/create: first what remains to be paid becomes less; the rest must
// be refunded, credited to the customer's balance, or given back elsewhere, to the last unit.
Answer Billing::create_credit_note(const Call& call) {
  if (auto problem = check_parameters(
          call.form, {"invoice", "amount", "credit_amount", "refund_amount", "out_of_band_amount",
                      "reason", "memo", "metadata", "lines", "effective_at"})) {
    return {nullptr, *problem};
  }
  const std::string id = text_of(call.form, "invoice");
  const Json* found = id.empty() ? nullptr : store_.named("invoice").newest(id);
  if (id.empty()) return {nullptr, missing_parameter("invoice")};
  if (found == nullptr) return {nullptr, no_such("invoice", id, "invoice", 404)};
  Json invoice = *found;
  const std::string status = text_of(invoice, "status");
  if (status == "draft" || status == "void") {
    return {nullptr, refused("You can only create credit notes for open or paid invoices.")};
  }
  Parts parts;
  if (auto problem = read_parts(call.form, parts)) return {nullptr, *problem};
  const std::int64_t credited = number_of(invoice, "pre_payment_credit_notes_amount") +
                                number_of(invoice, "post_payment_credit_notes_amount");
  if (*parts.amount <= 0 || *parts.amount + credited > number_of(invoice, "total")) {
    return {nullptr, refused("The credit note amount may not exceed what is left of the invoice.")};
  }
  const std::int64_t before = std::min(number_of(invoice, "amount_remaining"), *parts.amount);
  if (parts.after_payment() != *parts.amount - before) {
    return {nullptr,
            refused("The sum of `credit_amount`, `refund_amount` and `out_of_band_amount` must "
                    "equal the post payment amount of the credit note.")};
  }
  if (parts.refund.value_or(0) > 0) {
    const Json* charge = store_.named("charge").newest(text_of(invoice, "charge"));
    if (charge == nullptr) return {nullptr, refused("The invoice has no charge to refund.")};
    Answer refund = refund_charge(*charge, parts.refund, call);
    if (refund.error) return refund;
  }
  return {keep_credit_note(call, invoice, *parts.amount, before), std::nullopt};
}

Json Billing::keep_credit_note(const Call& call, Json& invoice, std::int64_t amount,
                               std::int64_t before_payment) {
  const std::int64_t sequence = number_of(invoice, "credit_notes") + 1;
  Json note{{"id", store_.new_id("cn_")},
            {"object", "credit_note"},
            {"amount", amount},
            {"created", store_.now()},
            {"currency", invoice["currency"]},
            {"customer", invoice["customer"]},
            {"invoice", invoice["id"]},
            {"memo", member_of(call.form, "memo")},
            {"number", text_of(invoice, "number") + "-CN-0" + std::to_string(sequence)},
            {"pre_payment_amount", before_payment},
            {"post_payment_amount", amount - before_payment},
            {"reason", member_of(call.form, "reason")},
            {"status", "issued"},
            {"total", amount},
            {"type", before_payment > 0 ? "pre_payment" : "post_payment"}};
  merge_metadata(call.form, note);
  invoice["credit_notes"] = sequence;
  invoice["pre_payment_credit_notes_amount"] =
      number_of(invoice, "pre_payment_credit_notes_amount") + before_payment;
  invoice["post_payment_credit_notes_amount"] =
      number_of(invoice, "post_payment_credit_notes_amount") + amount - before_payment;
  invoice["amount_due"] = number_of(invoice, "amount_due") - before_payment;
  invoice["amount_remaining"] = number_of(invoice, "amount_remaining") - before_payment;
  const bool is_settled =
      text_of(invoice, "status") == "open" && number_of(invoice, "amount_remaining") == 0;
  store_.record("credit_note_create", note, call.cause, call.form);
  store_.named("credit_note").put(text_of(note, "id"), note);
  store_.emit("credit_note.created", note, nullptr, call.cause);
  if (is_settled) {
    settle_invoice(invoice, call.cause, true);
  } else {
    store_.named("invoice").put(text_of(invoice, "id"), invoice);
    store_.emit("invoice.updated", invoice, Json::object(), call.cause);
  }
  return note;
}

}  // namespace perennial::sandbox::stripe
