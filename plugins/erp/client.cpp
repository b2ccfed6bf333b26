#include "plugins/erp/client.hpp"

#include "plugins/erp/faults.hpp"
#include "plugins/erp/holds.hpp"
#include "plugins/erp/odata.hpp"
#include "plugins/erp/releases.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Answer;
using common::HttpResponse;
using common::Json;
using common::refused;
using common::settled;
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

std::string held_text(const std::string& order, const std::string& hold) {
  return "order " + order + " was created, but " + hold +
         ": lift the hold in SAP or reject the order there, then retry";
}

}  // namespace

Client::Client(const Config& config, common::SecretReader secrets, common::Transport& transport)
    : config_(config), session_(config, std::move(secrets), transport) {}

sdk::Outcome Client::create_order(const Request& request) {
  if (!request.payload.is_object() || !request.payload.contains("to_Item")) {
    return refused("payload_invalid", "the mapping gave no sales order with `to_Item`");
  }
  // Without it the lookup would find nothing and the order would be made again.
  if (common::text_at(request.payload, {"SoldToParty"}).empty()) {
    return refused("payload_invalid", "the mapping gave no `SoldToParty`");
  }
  Json order = request.payload;
  order["PurchaseOrderByCustomer"] = std::string(request.key);
  Access access;
  access.method = "POST";
  access.service = config_.order_service;
  access.path = config_.order_entity;
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
  const std::string own_block = common::text_at(order, {"HeaderBillingBlockReason"});
  const std::string hold = hold_of(*created, own_block);
  if (hold.empty()) return settled(OutcomeKind::done, receipt, readable(*created));
  const HeldOrder held{receipt["order"].get<std::string>(), own_block, request.now_ms};
  sdk::Outcome outcome = pending_order(held, hold);
  outcome.receipt = common::msgpack_of(receipt);
  return outcome;
}

// Created, but not to be built upon: nothing follows from it until SAP lets it go on.
sdk::Outcome Client::pending_order(const HeldOrder& held, const std::string& hold) const {
  sdk::Outcome outcome;
  outcome.kind = OutcomeKind::pending;
  outcome.code = "order_held";
  outcome.text = "order " + held.order + " was created, but " + hold;
  outcome.token = held.token();
  outcome.after_ms = config_.hold_check_ms;
  return outcome;
}

sdk::Outcome Client::resume_order(std::string_view token, const Request& request) {
  const std::optional<HeldOrder> held = HeldOrder::read(token);
  if (!held) {
    return common::outcome_of(
        {common::kinds::unknown, "token_unreadable", "the token of the held order cannot be read"});
  }
  const auto read = read_order(held->order, request);
  // A failed read says nothing about the order, which exists: anything but "still pending" would
  // have it created once more.
  if (!read && read.error().status != 404) {
    return pending_order(*held, "its state cannot be read: " + read.error().text);
  }
  if (!read) {
    return refused("order_gone", "order " + held->order +
                                     " was created and held, and is no longer there: a retry "
                                     "creates another one");
  }
  const Json& order = read->first;
  const std::string hold = hold_of(order, held->own_block);
  if (hold.empty()) return settled(OutcomeKind::done, order_receipt(order), readable(order));
  if (request.now_ms - held->since_ms < config_.hold_max_ms) return pending_order(*held, hold);
  // The runtime now looks by the key, finds it held, and in the end asks its owner.
  return common::outcome_of({common::kinds::unknown, "order_held", held_text(held->order, hold)});
}

Answer<Json> Client::read_orders(const Request& request) {
  Access access;
  access.service = config_.order_service;
  access.path = config_.order_entity;
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
  sdk::LookupAnswer answer = lookup_of(*orders, order_receipt);
  if (answer.kind != sdk::LookupKind::done) return answer;
  const std::string own_block = common::text_at(request.payload, {"HeaderBillingBlockReason"});
  const std::string hold = hold_of(orders->front(), own_block);
  if (hold.empty()) return answer;
  answer.kind = sdk::LookupKind::in_progress;
  answer.code = "order_held";
  answer.text = held_text(common::text_at(orders->front(), {"SalesOrder"}), hold);
  return answer;
}

Answer<std::pair<Json, std::string>> Client::read_order(const std::string& order,
                                                        const Request& request) {
  Access access;
  access.service = config_.order_service;
  access.path = config_.order_entity + "(" + literal(order) + ")";
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
  if (auto known = without_change(entity, request.payload)) return std::move(*known);
  const BatchRequest lift = lift_of(config_.order_entity, order, etag);
  Access access;
  access.method = lift.method;
  access.service = config_.order_service;
  access.path = lift.path;
  access.headers = lift.headers;
  access.headers.add("Content-Type", "application/json");
  access.body = common::text_of(lift.body);
  const Answer<HttpResponse> answer = session_.change(access, request.deadline, request.now_ms);
  if (!answer) return common::outcome_of(answer.error());
  return lifted(*answer, order);
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
  Json receipt = booking_receipt(*booked);
  const std::string warnings = warnings_of(answer->headers);
  if (!warnings.empty()) receipt["warnings"] = warnings;
  return settled(OutcomeKind::done, receipt, readable(*booked));
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
  return session_.read_all(access, request.deadline, request.now_ms);
}

sdk::LookupAnswer Client::find_booking(const Request& request) {
  const Answer<Json> found = read_bookings(request);
  if (!found) return common::lookup_answer_of(found.error());
  return lookup_of(*found, booking_receipt);
}

sdk::Outcome Client::check_customer(const Request& request) {
  const std::string customer = common::text_at(request.payload, {"customer"});
  if (customer.empty()) return refused("payload_invalid", "the mapping gave no `customer`");
  Access access;
  access.service = config_.partner_service;
  access.path = config_.partner_entity + "(" + literal(customer) + ")";
  access.query = {{"$expand", "to_CustomerSalesArea"}, {"$format", "json"}};
  const Answer<HttpResponse> answer = session_.read(access, request.deadline, request.now_ms);
  if (!answer) return common::outcome_of(answer.error());
  const common::Parsed<Json> entity = entity_of(answer->body);
  if (!entity) {
    return common::outcome_of(common::as_read(common::unreadable_answer(entity.error())));
  }
  Json shown = readable(*entity);
  // Version 2 wraps an expanded list; mappings see the list in both versions.
  if (const Json* areas = common::find_at(shown, {"to_CustomerSalesArea", "results"})) {
    const Json list = *areas;
    shown["to_CustomerSalesArea"] = list;
  }
  return settled(OutcomeKind::done, Json{{"customer", customer}}, shown);
}

}  // namespace perennial::plugins::erp
