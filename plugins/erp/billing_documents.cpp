#include "plugins/erp/billing_documents.hpp"

#include <set>

#include "plugins/erp/faults.hpp"
#include "plugins/erp/odata.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Answer;
using common::HttpResponse;
using common::Json;
using common::Request;

// Decimals as text, so that they keep their digits (OData JSON Format 4.01, 3.2 and 7.1).
constexpr const char* exact_json = "application/json;IEEE754Compatible=true";
// More invoices of one order than a renewal can have; beyond, a person has to look anyway.
constexpr std::size_t documents_max = 10;

Json receipt_of(const Json& document) {
  Json receipt = {{"invoice", common::text_at(document, {"BillingDocument"})}};
  for (const char* name : {"AccountingDocument", "FiscalYear", "CompanyCode"}) {
    const std::string value = common::text_at(document, {name});
    if (!value.empty()) receipt[name] = value;
  }
  return receipt;
}

}  // namespace

Answer<Json> BillingDocuments::read_document(const std::string& number, const Request& request) {
  Access access;
  access.service = config_.billing_service;
  access.path = "BillingDocument(" + literal(number) + ")";
  access.query = {{"$expand", "_Item"}};
  access.headers.add("Accept", exact_json);
  const Answer<HttpResponse> answer = session_.read(access, request.deadline, request.now_ms);
  if (!answer) return tl::unexpected(answer.error());
  common::Parsed<Json> document = entity_of(answer->body);
  if (!document || common::text_at(*document, {"BillingDocument"}) != number) {
    return tl::unexpected(common::as_read(common::unreadable_answer(
        document ? "it is not billing document " + number : document.error())));
  }
  return std::move(*document);
}

sdk::Outcome BillingDocuments::issue(const Request& request) {
  const Json* action = common::find_at(request.payload, {"action"});
  if (common::text_at(request.payload, {"order"}).empty() || action == nullptr) {
    return common::refused("payload_invalid", "the mapping gave no `order` and `action`");
  }
  Access access;
  access.method = "POST";
  access.service = config_.billing_service;
  access.path = "BillingDocument/SAP__self.CreateFromSDDocument";
  access.headers.add("Content-Type", "application/json");
  access.body = common::text_of(*action);
  const Answer<HttpResponse> answer = session_.change(access, request.deadline, request.now_ms);
  if (!answer) return common::outcome_of(answer.error());
  if (!common::is_success(answer->status)) return common::outcome_of(fault_of(*answer, false));
  const common::Parsed<Json> created = entities_of(answer->body);
  if (!created) return common::outcome_of(common::unreadable_answer(created.error()));
  const std::string number =
      created->size() == 1 ? common::text_at(created->front(), {"BillingDocument"}) : "";
  if (number.empty()) {
    return common::outcome_of(common::unreadable_answer(
        "one billing document was asked for, it names " + std::to_string(created->size())));
  }
  // The action answers with the key only in some releases; what was invoiced is read.
  const Answer<Json> document = read_document(number, request);
  if (!document) {
    return common::outcome_of(common::unreadable_answer(
        "billing document " + number +
        " was created, but cannot be read yet: " + document.error().text));
  }
  Json receipt = receipt_of(*document);
  const std::string warnings = warnings_of(answer->headers);
  if (!warnings.empty()) receipt["warnings"] = warnings;
  return common::settled(sdk::OutcomeKind::done, receipt, readable(*document));
}

Answer<Json> BillingDocuments::read_numbers(const std::string& order, const Request& request) {
  Access access;
  access.service = config_.billing_service;
  access.path = "BillingDocumentItem";
  access.query = {{"$filter", "SalesDocument eq " + literal(order)},
                  {"$select", "BillingDocument,BillingDocumentItem"}};
  return session_.read_all(access, request.deadline, request.now_ms);
}

Answer<Json> BillingDocuments::read_live(const std::string& order, const Request& request) {
  const Answer<Json> lines = read_numbers(order, request);
  if (!lines) return lines;
  std::set<std::string> numbers;
  for (const Json& line : *lines) numbers.insert(common::text_at(line, {"BillingDocument"}));
  Json documents = Json::array();
  for (const std::string& number : numbers) {
    if (documents.size() >= documents_max) break;
    const Answer<Json> document = read_document(number, request);
    if (!document) return document;
    const Json* cancelled = common::find_at(*document, {"BillingDocumentIsCancelled"});
    const bool is_cancelled = cancelled != nullptr && *cancelled == true;
    // A cancellation is a document of its own that names what it cancels.
    const bool cancels = !common::text_at(*document, {"CancelledBillingDocument"}).empty();
    if (!is_cancelled && !cancels) documents.push_back(*document);
  }
  return documents;
}

sdk::LookupAnswer BillingDocuments::find(const Request& request) {
  const Answer<Json> documents = read_live(common::text_at(request.payload, {"order"}), request);
  if (!documents) return common::lookup_answer_of(documents.error());
  return lookup_of(*documents, receipt_of);
}

}  // namespace perennial::plugins::erp
