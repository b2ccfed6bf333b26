#include "plugins/billing/changes.hpp"

#include "plugins/billing/marks.hpp"
#include "plugins/common/url.hpp"

namespace perennial::plugins::billing {
namespace {

using common::Answer;
using common::Json;
using common::Request;
using sdk::OutcomeKind;

std::string invoice_path(const Request& request) {
  return "/v1/invoices/" + common::percent_encoded(common::text_at(request.payload, {"invoice"}));
}

const Json* params_of(const Request& request) {
  const Json* params = common::find_at(request.payload, {"params"});
  return params != nullptr && params->is_object() ? params : nullptr;
}

sdk::Outcome no_params() {
  return common::refused("payload_invalid", "the mapping gave no `params`");
}

}  // namespace

// An open or uncollectible invoice can be voided; a paid one cannot, which Stripe refuses by itself
// (docs.stripe.com/invoicing/overview, "Invoice statuses").
sdk::Outcome Changes::void_invoice(const Request& request) {
  if (common::text_at(request.payload, {"invoice"}).empty()) {
    return common::refused("payload_invalid", "the mapping gave no `invoice`");
  }
  const Answer<Json> read = caller_.get(invoice_path(request), {}, request.deadline);
  if (!read) return common::outcome_of(read.error());
  const Json receipt = {{"invoice", common::text_at(*read, {"id"})}};
  if (common::text_at(*read, {"status"}) == "void") {
    return common::settled(OutcomeKind::already_done, receipt, *read);
  }
  const Answer<Json> voided = caller_.post(invoice_path(request) + "/void", Json::object(),
                                           std::string(request.key), request.deadline);
  if (!voided) return common::outcome_of(voided.error());
  return common::settled(OutcomeKind::done, receipt, *voided);
}

sdk::LookupAnswer Changes::find_void(const Request& request) {
  const Answer<Json> read = caller_.get(invoice_path(request), {}, request.deadline);
  if (!read) return common::lookup_answer_of(read.error());
  const std::string status = common::text_at(*read, {"status"});
  if (status != "void") return absent("the invoice is " + status);
  return found({{"invoice", common::text_at(*read, {"id"})}}, *read);
}

sdk::Outcome Changes::make(const Request& request, const std::string& path, const char* receipt) {
  const Json* params = params_of(request);
  if (params == nullptr) return no_params();
  Json parameters = *params;
  parameters["metadata"][key_field] = std::string(request.key);
  const Answer<Json> made =
      caller_.post(path, parameters, std::string(request.key), request.deadline);
  if (!made) return common::outcome_of(made.error());
  return common::settled(OutcomeKind::done, {{receipt, common::text_at(*made, {"id"})}}, *made);
}

sdk::LookupAnswer Changes::find(const Request& request, const std::string& path, const char* filter,
                                const char* receipt) {
  const std::string of = common::text_at(request.payload, {"params", filter});
  const Answer<std::vector<Json>> list = caller_.list(path, {{filter, of}}, request.deadline);
  if (!list) return common::lookup_answer_of(list.error());
  for (const Json& one : *list) {
    if (common::text_at(one, {"metadata", key_field}) != request.key) continue;
    return found({{receipt, common::text_at(one, {"id"})}}, one);
  }
  return absent("nothing of " + path + " has this key");
}

sdk::Outcome Changes::credit_invoice(const Request& request) {
  return make(request, "/v1/credit_notes", "credit_note");
}

sdk::LookupAnswer Changes::find_credit(const Request& request) {
  return find(request, "/v1/credit_notes", "invoice", "credit_note");
}

sdk::Outcome Changes::refund_payment(const Request& request) {
  return make(request, "/v1/refunds", "refund");
}

sdk::LookupAnswer Changes::find_refund(const Request& request) {
  return find(request, "/v1/refunds", "payment_intent", "refund");
}

// "identifier: a unique identifier for the event"; Stripe counts one identifier once within at
// least 24 hours, whatever the idempotency key.
sdk::Outcome Changes::report_usage(const Request& request) {
  const Json* params = params_of(request);
  if (params == nullptr) return no_params();
  Json parameters = *params;
  if (common::text_at(parameters, {"payload", "stripe_customer_id"}).empty()) {
    const std::string id = common::text_at(request.payload, {"subscription"});
    const Answer<Json> read =
        caller_.get("/v1/subscriptions/" + common::percent_encoded(id), {}, request.deadline);
    if (!read) return common::outcome_of(read.error());
    parameters["payload"]["stripe_customer_id"] = common::text_at(*read, {"customer"});
  }
  parameters["identifier"] = std::string(request.key);
  const Answer<Json> made = caller_.post("/v1/billing/meter_events", parameters,
                                         std::string(request.key), request.deadline);
  if (!made) return common::outcome_of(made.error());
  return common::settled(OutcomeKind::done, {{"meter_event", std::string(request.key)}}, *made);
}

}  // namespace perennial::plugins::billing
