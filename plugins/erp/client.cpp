#include "plugins/erp/client.hpp"

#include "plugins/erp/faults.hpp"
#include "plugins/erp/odata.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Answer;
using common::HttpResponse;
using common::Json;
using common::refused;
using common::settled;
using sdk::LookupKind;
using sdk::OutcomeKind;

Json order_receipt(const Json& order) {
  return {{"order", common::text_at(order, {"SalesOrder"})},
          {"customer_reference", common::text_at(order, {"PurchaseOrderByCustomer"})}};
}

Json booking_receipt(const Json& booking) {
  Json receipt = {{"invoice_reference", common::text_at(booking, {"InvoiceReference"})}};
  for (const char* name : {"ExternalInvoice", "ExternalInvoiceUUID", "ExternalInvoiceID", "ID",
                           "AccountingDocument", "FiscalYear", "CompanyCode"}) {
    const std::string value = common::text_at(booking, {name});
    if (!value.empty()) receipt[name] = value;
  }
  return receipt;
}

// The answer of a lookup that may find none, one or several entities under a key.
template <class MakeReceipt>
sdk::LookupAnswer lookup_of(const Json& entities, MakeReceipt receipt_of) {
  sdk::LookupAnswer answer;
  answer.matches = static_cast<std::uint32_t>(entities.size());
  if (entities.empty()) {
    answer.kind = LookupKind::absent;
    return answer;
  }
  if (entities.size() == 1) {
    answer.kind = LookupKind::done;
    answer.receipt = common::msgpack_of(receipt_of(entities.front()));
    answer.body = common::msgpack_of(readable(entities.front()));
    return answer;
  }
  Json receipts = Json::array();
  for (const Json& entity : entities) receipts.push_back(receipt_of(entity));
  answer.kind = LookupKind::several;
  answer.code = "several_matches";
  answer.text = std::to_string(entities.size()) + " entities carry this reference";
  answer.receipt = common::msgpack_of(receipts);
  return answer;
}

}  // namespace

Client::Client(const Config& config, common::SecretReader secrets, common::Transport& transport)
    : config_(config), session_(config, std::move(secrets), transport) {}

sdk::Outcome Client::create_order(const Request& request) {
  if (!request.payload.is_object() || !request.payload.contains("to_Item")) {
    return refused("payload_invalid", "the mapping gave no sales order with `to_Item`");
  }
  Json order = request.payload;
  order["PurchaseOrderByCustomer"] = std::string(request.key);
  Access access;
  access.method = "POST";
  access.service = config_.order_service;
  access.path = "A_SalesOrder";
  access.headers.add("Content-Type", "application/json");
  access.body = common::text_of(order);
  const Answer<HttpResponse> answer = session_.change(access, request.deadline, request.now_ms);
  if (!answer) return common::outcome_of(answer.error());
  if (!common::is_success(answer->status)) return common::outcome_of(fault_of(*answer, false));
  const common::Parsed<Json> created = entity_of(answer->body);
  if (!created) return common::outcome_of(common::unreadable_answer(created.error()));
  Json receipt = order_receipt(*created);
  if (receipt["order"] == "") {
    return common::outcome_of(common::unreadable_answer("no SalesOrder in it"));
  }
  const std::string warnings = warnings_of(answer->headers);
  if (!warnings.empty()) receipt["warnings"] = warnings;
  return settled(OutcomeKind::done, receipt, readable(*created));
}

Answer<Json> Client::read_orders(const Request& request) {
  Access access;
  access.service = config_.order_service;
  access.path = "A_SalesOrder";
  access.query = {
      {"$filter", "PurchaseOrderByCustomer eq " + literal(request.key) + " and SoldToParty eq " +
                      literal(common::text_at(request.payload, {"SoldToParty"}))},
      {"$top", "10"},
      {"$format", "json"}};
  const Answer<HttpResponse> answer = session_.read(access, request.deadline, request.now_ms);
  if (!answer) return tl::unexpected(answer.error());
  common::Parsed<Json> orders = entities_of(answer->body);
  if (!orders) return tl::unexpected(common::as_read(common::unreadable_answer(orders.error())));
  return std::move(*orders);
}

sdk::LookupAnswer Client::find_order(const Request& request) {
  const Answer<Json> orders = read_orders(request);
  if (!orders) return common::lookup_answer_of(orders.error());
  return lookup_of(*orders, order_receipt);
}

Answer<std::pair<Json, std::string>> Client::read_order(const std::string& order,
                                                        const Request& request) {
  Access access;
  access.service = config_.order_service;
  access.path = "A_SalesOrder(" + literal(order) + ")";
  access.query = {{"$format", "json"}};
  const Answer<HttpResponse> answer = session_.read(access, request.deadline, request.now_ms);
  if (!answer) return tl::unexpected(answer.error());
  const common::Parsed<Json> entity = entity_of(answer->body);
  if (!entity) return tl::unexpected(common::as_read(common::unreadable_answer(entity.error())));
  return std::pair(*entity, etag_of(*answer, *entity));
}

sdk::Outcome Client::release_order(const Request& request) {
  const std::string order = common::text_at(request.payload, {"order"});
  if (order.empty()) return refused("payload_invalid", "the mapping gave no `order`");
  const auto read = read_order(order, request);
  if (!read) return common::outcome_of(read.error());
  const auto& [entity, etag] = *read;
  if (common::find_at(entity, {"HeaderBillingBlockReason"}) == nullptr) {
    return common::outcome_of(common::as_read(
        common::unreadable_answer("no HeaderBillingBlockReason in order " + order)));
  }
  const Json receipt = {{"order", order}};
  if (common::text_at(entity, {"HeaderBillingBlockReason"}).empty()) {
    return settled(OutcomeKind::already_done, receipt, readable(entity));
  }
  return lift_block(order, etag, request);
}

sdk::Outcome Client::lift_block(const std::string& order, const std::string& etag,
                                const Request& request) {
  Access access;
  access.method = "PATCH";
  access.service = config_.order_service;
  access.path = "A_SalesOrder(" + literal(order) + ")";
  access.headers.add("Content-Type", "application/json");
  // Without an ETag the service would refuse with 428; "*" would overwrite a change unseen.
  if (!etag.empty()) access.headers.add("If-Match", etag);
  access.body = common::text_of({{"HeaderBillingBlockReason", ""}});
  const Answer<HttpResponse> answer = session_.change(access, request.deadline, request.now_ms);
  if (!answer) return common::outcome_of(answer.error());
  if (!common::is_success(answer->status)) return common::outcome_of(fault_of(*answer, false));
  const Json body = {{"SalesOrder", order}, {"HeaderBillingBlockReason", ""}};
  Json receipt = {{"order", order}};
  const std::string warnings = warnings_of(answer->headers);
  if (!warnings.empty()) receipt["warnings"] = warnings;
  return settled(OutcomeKind::done, receipt, body);
}

sdk::LookupAnswer Client::find_release(const Request& request) {
  const std::string order = common::text_at(request.payload, {"order"});
  const auto read = read_order(order, request);
  if (!read) return common::lookup_answer_of(read.error());
  const Json& entity = read->first;
  const Json* block = common::find_at(entity, {"HeaderBillingBlockReason"});
  Json released = Json::array();
  if (block != nullptr && *block == "") released.push_back(entity);
  return lookup_of(released, [&](const Json&) { return Json{{"order", order}}; });
}

sdk::Outcome Client::book_invoice(const Request& request) {
  if (common::text_at(request.payload, {"InvoiceReference"}).empty()) {
    return refused("payload_invalid", "the mapping gave no `InvoiceReference`");
  }
  Access access;
  access.method = "POST";
  access.service = config_.invoice_service;
  access.path = config_.invoice_entity;
  // Decimals travel as text, so that they keep their digits (OData JSON Format 4.01, 7.1).
  access.headers.add("Content-Type", "application/json;IEEE754Compatible=true");
  access.body = common::text_of(request.payload);
  const Answer<HttpResponse> answer = session_.change(access, request.deadline, request.now_ms);
  if (!answer) return common::outcome_of(answer.error());
  if (!common::is_success(answer->status)) return common::outcome_of(fault_of(*answer, false));
  const common::Parsed<Json> booked = entity_of(answer->body);
  if (!booked) return common::outcome_of(common::unreadable_answer(booked.error()));
  return settled(OutcomeKind::done, booking_receipt(*booked), readable(*booked));
}

Answer<Json> Client::read_bookings(const Request& request) {
  Access access;
  access.service = config_.invoice_service;
  access.path = config_.invoice_entity;
  access.query = {
      {"$filter",
       "InvoiceReference eq " + literal(common::text_at(request.payload, {"InvoiceReference"})) +
           " and RenewalNumber eq " + literal(common::text_at(request.payload, {"RenewalNumber"}))},
      {"$top", "10"}};
  const Answer<HttpResponse> answer = session_.read(access, request.deadline, request.now_ms);
  if (!answer) return tl::unexpected(answer.error());
  common::Parsed<Json> found = entities_of(answer->body);
  if (!found) return tl::unexpected(common::as_read(common::unreadable_answer(found.error())));
  return std::move(*found);
}

sdk::LookupAnswer Client::find_booking(const Request& request) {
  const Answer<Json> found = read_bookings(request);
  if (!found) return common::lookup_answer_of(found.error());
  return lookup_of(*found, booking_receipt);
}

void Client::check(const common::Deadline& deadline, std::int64_t now_ms, sdk::HealthReply& reply) {
  const std::pair<const char*, const std::string&> services[] = {
      {"order_service", config_.order_service},
      {"invoice_service", config_.invoice_service},
      {"posting_service", config_.posting_service}};
  for (const auto& [name, service] : services) {
    Access access;
    access.service = service;
    const Answer<HttpResponse> answer = session_.read(access, deadline, now_ms);
    if (answer) {
      reply.finding(sdk::Level::info, name, service + " answers");
    } else {
      reply.finding(sdk::Level::error, name,
                    service + ": " + answer.error().code + ": " + answer.error().text);
    }
  }
}

}  // namespace perennial::plugins::erp
