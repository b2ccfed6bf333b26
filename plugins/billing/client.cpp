#include "plugins/billing/client.hpp"

#include "plugins/billing/marks.hpp"
#include "plugins/common/url.hpp"

namespace perennial::plugins::billing {
namespace {

using common::Answer;
using common::Fault;
using common::Json;
using common::Request;
using sdk::LookupKind;
using sdk::OutcomeKind;

Json invoice_receipt(const Json& invoice) {
  Json receipt = {{"invoice", common::text_at(invoice, {"id"})}};
  const std::string number = common::text_at(invoice, {"number"});
  if (!number.empty()) receipt["number"] = number;
  return receipt;
}

bool has_lines(const Json& payload) {
  const Json* lines = common::find_at(payload, {"lines"});
  return lines != nullptr && lines->is_array() && !lines->empty();
}

}  // namespace

Answer<Json> Client::draft(const Request& request) {
  const Json* given = common::find_at(request.payload, {"params"});
  Json parameters = given != nullptr && given->is_object() ? *given : Json::object();
  parameters["customer"] = common::text_at(request.payload, {"customer"});
  // Only finalizing may send the invoice: a draft that advances by itself after an hour could
  // reach the customer with half of its lines.
  parameters["auto_advance"] = false;
  parameters["pending_invoice_items_behavior"] = "exclude";
  parameters["metadata"][key_field] = std::string(request.key);
  return caller_.post("/v1/invoices", parameters, derived_key(request, "invoice"),
                      request.deadline);
}

Answer<Json> Client::add_lines(const Request& request, const std::string& invoice) {
  std::size_t index = 0;
  for (const Json& line : request.payload["lines"]) {
    Json parameters = line;
    parameters["customer"] = common::text_at(request.payload, {"customer"});
    parameters["invoice"] = invoice;
    const Answer<Json> added =
        caller_.post("/v1/invoiceitems", parameters,
                     derived_key(request, "line:" + std::to_string(index++)), request.deadline);
    if (!added) return added;
    const std::string wanted = common::text_at(line, {"amount"});
    const std::string made = common::text_at(*added, {"amount"});
    if (made != wanted) {
      return tl::unexpected(
          common::Fault{common::kinds::rejected, "amount_differs",
                        "asked for a line of " + wanted + ", Stripe made one of " + made});
    }
  }
  return Json::object();
}

// A draft that will never be finalized is deleted, so that nobody sends it by hand. When that
// fails too, the person who reads the rejection learns of it.
sdk::Outcome Client::abandon(const Request& request, const std::string& invoice,
                             common::Fault fault) {
  if (fault.kind == common::kinds::rejected) {
    const bool is_gone =
        caller_.remove("/v1/invoices/" + common::percent_encoded(invoice), request.deadline)
            .has_value();
    fault.text += is_gone ? "; the draft " + invoice + " was deleted"
                          : "; the draft " + invoice + " remains and should be deleted";
  }
  return common::outcome_of(fault);
}

sdk::Outcome Client::issue_invoice(const Request& request) {
  if (common::text_at(request.payload, {"customer"}).empty() || !has_lines(request.payload)) {
    return common::refused("payload_invalid", "the mapping gave no `customer` or no `lines`");
  }
  if (request.attempt > 1) remove_stale_drafts(request);
  const Answer<Json> made = draft(request);
  if (!made) return common::outcome_of(before_effect(made.error()));
  const std::string invoice = common::text_at(*made, {"id"});
  if (invoice.empty()) {
    return common::outcome_of(before_effect(common::unreadable_answer("an invoice without id")));
  }
  const Answer<Json> lines = add_lines(request, invoice);
  if (!lines) return abandon(request, invoice, before_effect(lines.error()));
  const Answer<Json> finalized =
      caller_.post("/v1/invoices/" + common::percent_encoded(invoice) + "/finalize",
                   {{"auto_advance", true}}, derived_key(request, "finalize"), request.deadline);
  if (!finalized) return abandon(request, invoice, finalized.error());
  return common::settled(OutcomeKind::done, invoice_receipt(*finalized), *finalized);
}

Answer<std::vector<Json>> Client::invoices_of(const Request& request, const std::string& status) {
  std::vector<std::pair<std::string, std::string>> query = {
      {"customer", common::text_at(request.payload, {"customer"})}};
  if (!status.empty()) query.emplace_back("status", status);
  return caller_.list("/v1/invoices", query, request.deadline);
}

// Drafts of earlier keys of this renewal: their deliveries were settled as not applied, so they
// will never be finalized. Best effort; a draft that stays harms nobody.
void Client::remove_stale_drafts(const Request& request) {
  const std::string renewal =
      common::text_at(request.payload, {"params", "metadata", renewal_field});
  if (renewal.empty()) return;
  const Answer<std::vector<Json>> drafts = invoices_of(request, "draft");
  if (!drafts) return;
  for (const Json& invoice : *drafts) {
    const std::string key = common::text_at(invoice, {"metadata", key_field});
    const bool is_stale = common::text_at(invoice, {"metadata", renewal_field}) == renewal &&
                          !key.empty() && key != request.key;
    if (!is_stale) continue;
    const std::string id = common::text_at(invoice, {"id"});
    if (!caller_.remove("/v1/invoices/" + common::percent_encoded(id), request.deadline)) return;
  }
}

sdk::LookupAnswer Client::find_invoice(const Request& request) {
  const Answer<std::vector<Json>> invoices = invoices_of(request, "");
  if (!invoices) return common::lookup_answer_of(invoices.error());
  std::vector<Json> issued;
  bool has_draft = false;
  for (const Json& invoice : *invoices) {
    if (common::text_at(invoice, {"metadata", key_field}) != request.key) continue;
    if (common::text_at(invoice, {"status"}) == "draft") {
      has_draft = true;
    } else {
      issued.push_back(invoice);
    }
  }
  if (issued.size() == 1) return found(invoice_receipt(issued.front()), issued.front());
  if (issued.empty()) {
    return absent(has_draft ? "a draft exists, but it was never issued"
                            : "no invoice has this key");
  }
  Json receipts = Json::array();
  for (const Json& invoice : issued) receipts.push_back(invoice_receipt(invoice));
  sdk::LookupAnswer several;
  several.kind = LookupKind::several;
  several.matches = static_cast<std::uint32_t>(issued.size());
  several.code = "several_matches";
  several.text = std::to_string(issued.size()) + " invoices carry this key";
  several.receipt = common::msgpack_of(receipts);
  return several;
}

void Client::check(const common::Deadline& deadline, sdk::HealthReply& reply) {
  for (const char* name : {"events", "invoices", "subscriptions"}) {
    const Answer<Json> list = caller_.get(std::string("/v1/") + name, {{"limit", "1"}}, deadline);
    if (list) {
      reply.finding(sdk::Level::info, name, "can be read");
    } else {
      reply.finding(sdk::Level::error, name, list.error().code + ": " + list.error().text);
    }
  }
}

}  // namespace perennial::plugins::billing
