// What the ERP accepts: sales orders, changes to them, and bookings of external invoices.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "sandbox/sap/erp.hpp"

namespace perennial::sandbox::sap {
namespace {

constexpr const char* bad_value_code = "005056A509B11ED1B9BF9F46AC8143DC";
constexpr const char* company_code = "1010";

const Json& nested_rows(const Json& entity, std::string_view name) {
  const Json& nested = member_of(entity, name);
  const Json& results = member_of(nested, "results");
  return results.is_array() ? results : nested;
}

// Posted properties in stored form; what only the system sets is ignored, as the vendor does.
Json stored_entity(const EntityType& type, const Json& posted) {
  Json stored = Json::object();
  for (const Property& property : type.properties) {
    const bool is_default_text = property.type == Edm::string;
    stored[property.name] = is_default_text ? Json("") : Json();
    if (posted.contains(property.name) && !property.is_read_only) {
      stored[property.name] = stored_value(property, posted[property.name]);
    }
  }
  return stored;
}

std::string padded(std::size_t number, int width) {
  std::string text = std::to_string(number);
  if (text.size() < static_cast<std::size_t>(width)) {
    text.insert(0, static_cast<std::size_t>(width) - text.size(), '0');
  }
  return text;
}

// Price times quantity in minor units; the price conditions of renewals are per one unit.
std::int64_t line_minor(const Json& line, int digits) {
  const double quantity = std::strtod(text_of(line, "RequestedQuantity").c_str(), nullptr);
  double total = 0;
  for (const Json& element : nested_rows(line, "to_PricingElement")) {
    const std::string type = text_of(element, "ConditionType");
    if (type != "PPR0" && type != "PR00" && type != "PMP0") continue;
    const double per = std::strtod(text_of(element, "ConditionQuantity").c_str(), nullptr);
    const double rate = std::strtod(text_of(element, "ConditionRateValue").c_str(), nullptr);
    total += rate * quantity / (per > 0 ? per : 1);
  }
  const double scale = digits == 0 ? 1 : (digits == 3 ? 1000 : 100);
  return static_cast<std::int64_t>(total * scale + 0.5);
}

// The plan of a line with its dates; one plan, kept as a list of one.
Json stored_plan(const Service& service, const Json& posted, const Json& line) {
  Json plans = Json::array();
  if (!posted.is_object()) return plans;
  const auto keyed = [&](const std::string& type, const Json& given) {
    Json stored = stored_entity(*service.by_type(type), given);
    stored["SalesOrder"] = line["SalesOrder"];
    stored["SalesOrderItem"] = line["SalesOrderItem"];
    stored["BillingPlan"] = "0000000001";
    return stored;
  };
  Json plan = keyed("A_SalesOrderItemBillingPlanType", posted);
  Json dates = Json::array();
  for (const Json& row : nested_rows(posted, "to_BillingPlanItem")) {
    Json date = keyed("A_SlsOrderItemBillingPlanItemType", row);
    date["BillingPlanItem"] = std::to_string(dates.size() + 1);
    dates.push_back(std::move(date));
  }
  plan["to_BillingPlanItem"] = std::move(dates);
  plans.push_back(std::move(plan));
  return plans;
}

Json stored_lines(const Service& service, const Json& posted, const std::string& order_number,
                  std::int64_t* total) {
  const EntityType& type = *service.by_type("A_SalesOrderItemType");
  const EntityType& price_type = *service.by_type("A_SalesOrderItemPrElementType");
  Json lines = Json::array();
  std::size_t position = 0;
  const std::string currency = text_of(posted, "TransactionCurrency");
  for (const Json& row : nested_rows(posted, "to_Item")) {
    position += 10;
    Json line = stored_entity(type, row);
    line["SalesOrder"] = order_number;
    if (text_of(line, "SalesOrderItem").empty()) line["SalesOrderItem"] = std::to_string(position);
    const std::int64_t minor = line_minor(row, minor_digits(currency));
    *total += minor;
    line["NetAmount"] = format_minor(minor, minor_digits(currency));
    line["TransactionCurrency"] = currency;
    Json elements = Json::array();
    for (const Json& element : nested_rows(row, "to_PricingElement")) {
      Json stored = stored_entity(price_type, element);
      stored["SalesOrder"] = order_number;
      stored["SalesOrderItem"] = line["SalesOrderItem"];
      elements.push_back(std::move(stored));
    }
    line["to_PricingElement"] = std::move(elements);
    line["to_BillingPlan"] = stored_plan(service, member_of(row, "to_BillingPlan"), line);
    lines.push_back(std::move(line));
  }
  return lines;
}

bool is_same_lines(const Json& order, const PlannedRenewal& renewal, const EstatePlan& plan) {
  const Json& rows = nested_rows(order, "to_Item");
  if (rows.size() != renewal.lines.size()) return false;
  return std::all_of(renewal.lines.begin(), renewal.lines.end(), [&](const PlannedLine& line) {
    return std::any_of(rows.begin(), rows.end(), [&](const Json& row) {
      return text_of(row, "Material") == plan.products[line.product].code &&
             std::strtod(text_of(row, "RequestedQuantity").c_str(), nullptr) == line.quantity;
    });
  });
}

}  // namespace

std::string Erp::renewal_of_order(const Json& order) const {
  std::string number = find_renewal_number(order);
  if (!number.empty()) return number;
  const std::string customer = text_of(order, "SoldToParty");
  for (const PlannedRenewal& renewal : estate_.plan.renewals) {
    if (estate_.account_of(renewal).erp_customer != customer) continue;
    if (order.dump().find(renewal.contract_number) != std::string::npos ||
        is_same_lines(order, renewal, estate_.plan)) {
      return renewal.number;
    }
  }
  return {};
}

Response Erp::write(const Request& request, const Service& service, const EntityPath& path,
                    const std::vector<std::string>& rest) {
  const std::string_view tunnelled = request.header("X-HTTP-Method");
  const std::string method = tunnelled.empty() ? request.method : std::string(tunnelled);
  const bool is_create = method == "POST" && !path.has_keys;
  const bool is_change =
      (method == "PATCH" || method == "MERGE" || method == "PUT") && path.has_keys;
  if (path.set == "A_SalesOrder" && is_create) return create_order(request);
  if (path.set == "A_SalesOrder" && is_change) return change_order(request, path);
  if (path.set == "ExternalInvoice" && is_create) return create_invoice(request);
  if (path.set == "ExternalInvoice" && is_change) return change_invoice(request, path);
  const bool is_action = rest.size() == 2 && method == "POST";
  if (path.set == "BillingDocument" && is_action && rest[1] == "SAP__self.CreateFromSDDocument") {
    return create_billing_documents(request);
  }
  return failed(request, {501, "/IWBEP/CM_MGW_RT/021",
                          "Method " + method + " of " + service.space + "." + path.set +
                              " is not implemented in the data provider class",
                          ""});
}

std::optional<Response> Erp::precondition(const Request& request, const Json& record) const {
  const std::string_view tag = request.header("If-Match");
  if (tag.empty()) {
    const bool is_v4 = request.path.find("/odata4/") != std::string::npos;
    return failed(request,
                  is_v4 ? ErpError{428, "/IWBEP/CM_V4_APPS/017",
                                   "The request has to be conditional (ETag required)", ""}
                        : ErpError{428, "/IWBEP/CM_MGW_RT/194", "Precondition required", ""});
  }
  if (tag == "*" || tag == etag_of(record)) return std::nullopt;
  return failed(request, {412, "/IWBEP/CM_MGW_RT/190",
                          "State of the resource (entity) was already changed (If-Match)", ""});
}

Response Erp::created(const Request& request, const Service& service, const EntityType& type,
                      const Json& record, const std::string& nested) {
  QueryOptions options;
  if (!nested_rows(record, nested).empty()) options.expand.push_back(nested);
  Json shown = render(request, service, type, record, options);
  const std::string key = text_of(record, type.properties.front().name);
  const std::string location =
      service.is_v4 ? type.set + "(" + key + ")" : text_of(shown["__metadata"], "uri");
  if (service.is_v4) shown["@odata.context"] = "$metadata#" + type.set + "/$entity";
  Response response = answer(request, 201, service.is_v4 ? shown : Json{{"d", shown}});
  response.with("Location", location).with("ETag", etag_of(record));
  return response;
}

std::optional<ErpError> Erp::check_order(const Json& order) const {
  for (const char* name : {"SalesOrderType", "SalesOrganization", "DistributionChannel",
                           "OrganizationDivision", "SoldToParty"}) {
    if (text_of(order, name).empty()) {
      return ErpError{400, "V1/302", std::string("Enter a value for ") + name, name};
    }
  }
  const std::string customer = text_of(order, "SoldToParty");
  const auto& accounts = estate_.plan.accounts;
  const bool is_known = std::any_of(accounts.begin(), accounts.end(), [&](const auto& account) {
    return account.erp_customer == customer;
  });
  if (!is_known) {
    return ErpError{400, "VP/112",
                    "Sold-to party " + customer + " not maintained for sales area 1010 10 00",
                    "SoldToParty"};
  }
  if (blocked_customers.count(customer) > 0) {
    return ErpError{400, "V1/854", "Customer " + customer + " is blocked for sales orders",
                    "SoldToParty"};
  }
  for (const Json& line : nested_rows(order, "to_Item")) {
    const std::string material = text_of(line, "Material");
    const auto& products = estate_.plan.products;
    const bool is_sold = std::any_of(products.begin(), products.end(),
                                     [&](const auto& product) { return product.code == material; });
    if (!is_sold || missing_materials.count({customer, material}) > 0) {
      return ErpError{400, "V1/382",
                      "Material " + material +
                          " is not defined for sales org.1010, "
                          "distr.chan.10, language EN",
                      "to_Item/Material"};
    }
  }
  return std::nullopt;
}

Response Erp::create_order(const Request& request) {
  const Service& service = sales_order_service();
  const EntityType& type = *service.by_set("A_SalesOrder");
  const auto posted = parse_json(request.body);
  if (!posted) {
    return failed(request, {400, "/IWCOR/CX_OD_BAD_REQUEST/005056A509B11EE1B9A8FEC11C21D78E",
                            "Error while parsing a JSON stream", ""});
  }
  if (const auto problem = check_entity(service, type, *posted)) {
    return failed(request, {400, bad_value_code, *problem, ""});
  }
  if (const auto problem = check_order(*posted)) return failed(request, *problem);
  if (is_rehearsal_) return answer(request, 204, nullptr);
  const std::string number = std::to_string(next_order_++);
  Json order = stored_entity(type, *posted);
  std::int64_t total = 0;
  order["to_Item"] = stored_lines(service, *posted, number, &total);
  order["to_Text"] = nested_rows(*posted, "to_Text");
  order["to_Partner"] = nested_rows(*posted, "to_Partner");
  order["SalesOrder"] = number;
  const Instant now = estate_.clock.now();
  order["CreationDate"] = format_day(day_of(now));
  order["CreatedByUser"] = "CC0000000001";
  order["LastChangeDate"] = format_day(day_of(now));
  order["LastChangeDateTime"] = format_instant(now);
  order["_changes"] = 1;
  if (order["SalesOrderDate"].is_null()) order["SalesOrderDate"] = format_day(day_of(now));
  order["TotalNetAmount"] =
      format_minor(total, minor_digits(text_of(order, "TransactionCurrency")));
  order["OverallSDProcessStatus"] = "A";
  order["OverallOrdReltdBillgStatus"] = "A";
  const bool is_held = credit_held_customers.count(text_of(order, "SoldToParty")) > 0;
  order["TotalCreditCheckStatus"] = is_held ? "B" : "A";
  const std::string renewal = renewal_of_order(order);
  estate_.trace(number, renewal);
  estate_.ledger.record({"erp",
                         "create_order",
                         renewal,
                         text_of(order, "PurchaseOrderByCustomer"),
                         number,
                         {{"sold_to", order["SoldToParty"]}}});
  orders_.put(number, order);
  Response response = created(request, service, type, order, "to_Item");
  const std::string block = text_of(order, "HeaderBillingBlockReason");
  if (!block.empty()) {
    response.with("sap-message", Json{{"code", "V1/556"},
                                      {"message", "Document is blocked for billing: " + block},
                                      {"severity", "warning"},
                                      {"target", "HeaderBillingBlockReason"},
                                      {"details", Json::array()}}
                                     .dump());
  }
  return response;
}

int Erp::release_credit(const std::string& customer) {
  std::vector<Json> released;
  orders_.for_each_newest([&](const std::string&, const Json& order) {
    if (text_of(order, "SoldToParty") == customer &&
        text_of(order, "TotalCreditCheckStatus") == "B") {
      released.push_back(order);
    }
  });
  for (Json& order : released) {
    order["TotalCreditCheckStatus"] = "D";
    order["LastChangeDateTime"] = format_instant(estate_.clock.now());
    order["_changes"] = number_of(order, "_changes") + 1;
    orders_.put(text_of(order, "SalesOrder"), order);
  }
  return static_cast<int>(released.size());
}

Response Erp::change_order(const Request& request, const EntityPath& path) {
  const Service& service = sales_order_service();
  const EntityType& type = *service.by_set("A_SalesOrder");
  const std::string number = path.keys.empty() ? "" : path.keys.front().second;
  const Json* current = orders_.newest(number);
  if (current == nullptr) {
    return failed(request, {404, "/IWBEP/CM_MGW_RT/020",
                            "Resource not found for segment 'A_SalesOrderType'", ""});
  }
  if (auto refused = precondition(request, *current)) return *refused;
  auto posted = parse_json(request.body);
  if (posted && member_of(*posted, "d").is_object()) posted = (*posted)["d"];
  if (!posted) {
    return failed(request, {400, "/IWCOR/CX_OD_BAD_REQUEST/005056A509B11EE1B9A8FEC11C21D78E",
                            "Error while parsing a JSON stream", ""});
  }
  if (const auto problem = check_entity(service, type, *posted)) {
    return failed(request, {400, bad_value_code, *problem, ""});
  }
  if (is_rehearsal_) return answer(request, 204, nullptr);
  Json order = *current;
  for (const auto& [name, value] : posted->items()) {
    const Property* property = type.property(name);
    if (property == nullptr || property->is_read_only) continue;
    order[name] = stored_value(*property, value);
  }
  const Instant now = estate_.clock.now();
  order["LastChangeDate"] = format_day(day_of(now));
  order["LastChangeDateTime"] = format_instant(now);
  order["_changes"] = number_of(order, "_changes") + 1;
  estate_.ledger.record({"erp", "change_order", renewal_of_order(order),
                         text_of(order, "PurchaseOrderByCustomer"), number, *posted});
  const std::string tag = etag_of(order);
  orders_.put(number, std::move(order));
  Response response = answer(request, 204, nullptr);
  response.with("ETag", tag);
  return response;
}

std::optional<ErpError> Erp::check_invoice(const Json& invoice) const {
  const EntityType& type = *external_invoice_service().by_set("ExternalInvoice");
  for (const Property& property : type.properties) {
    const Json& value = member_of(invoice, property.name);
    if (property.is_required && (value.is_null() || value == Json(""))) {
      return ErpError{400, "ZEXT_INVOICE/001", "Property '" + property.name + "' is mandatory",
                      property.name};
    }
  }
  const std::string order = text_of(invoice, "SalesOrder");
  if (!order.empty() && orders_.newest(order) == nullptr) {
    return ErpError{400, "ZEXT_INVOICE/002", "Sales order " + order + " does not exist",
                    "SalesOrder"};
  }
  return std::nullopt;
}

Response Erp::create_invoice(const Request& request) {
  const Service& service = external_invoice_service();
  const EntityType& type = *service.by_set("ExternalInvoice");
  const auto posted = parse_json(request.body);
  if (!posted) {
    return failed(request, {400, "/IWBEP/CM_V4_COS/014", "The request body is no valid JSON", ""});
  }
  if (const auto problem = check_entity(service, type, *posted)) {
    return failed(request, {400, "/IWBEP/CM_V4_COS/021", *problem, ""});
  }
  if (const auto problem = check_invoice(*posted)) return failed(request, *problem);
  if (is_rehearsal_) return answer(request, 204, nullptr);
  Json invoice = stored_entity(type, *posted);
  const std::string id = estate_.random.uuid();
  const Instant now = estate_.clock.now();
  invoice["InvoiceUUID"] = id;
  invoice["InvoiceDocument"] = std::to_string(next_invoice_++);
  invoice["Status"] = "P";
  invoice["CompanyCode"] = company_code;
  if (invoice["PostingDate"].is_null()) invoice["PostingDate"] = format_day(day_of(now));
  if (!invoice["IsCustomerFacing"].is_boolean()) invoice["IsCustomerFacing"] = false;
  invoice["AccountingDocument"] = std::to_string(next_document_++);
  invoice["FiscalYear"] = text_of(invoice, "PostingDate").substr(0, 4);
  invoice["CreatedAt"] = format_instant(now);
  invoice["LastChangeDateTime"] = format_instant(now);
  invoice["_changes"] = 1;
  Json lines = Json::array();
  for (const Json& row : nested_rows(*posted, "_Item")) {
    Json line = stored_entity(*service.by_type("ExternalInvoiceItemType"), row);
    line["InvoiceUUID"] = id;
    if (text_of(line, "InvoiceItem").empty()) {
      line["InvoiceItem"] = std::to_string((lines.size() + 1) * 10);
    }
    lines.push_back(std::move(line));
  }
  invoice["_Item"] = std::move(lines);
  std::string renewal = find_renewal_number(invoice);
  if (renewal.empty()) renewal = estate_.traced(text_of(invoice, "SalesOrder"));
  estate_.trace(id, renewal);
  estate_.ledger.record(
      {"erp",
       "book_invoice",
       renewal,
       text_of(invoice, "InvoiceReference"),
       id,
       {{"document", invoice["InvoiceDocument"]}, {"gross", invoice["GrossAmount"]}}});
  invoices_.put(id, invoice);
  post_to_accounting(invoice);
  std::vector<Json> planned;
  for (const Json& line : invoice["_Item"]) {
    planned.push_back(
        {{"amount", line["Amount"]}, {"start", line["PeriodStart"]}, {"end", line["PeriodEnd"]}});
  }
  plan_revenue(renewal, text_of(invoice, "TransactionCurrency"), planned);
  return created(request, service, type, invoice, "_Item");
}

Response Erp::change_invoice(const Request& request, const EntityPath& path) {
  const Service& service = external_invoice_service();
  const EntityType& type = *service.by_set("ExternalInvoice");
  const std::string id = path.keys.empty() ? "" : lower_case(path.keys.front().second);
  const Json* current = invoices_.newest(id);
  if (current == nullptr) {
    return failed(request, {404, "/IWBEP/CM_V4_RUNTIME/015", "The entity does not exist", ""});
  }
  if (auto refused = precondition(request, *current)) return *refused;
  const auto posted = parse_json(request.body);
  if (!posted) {
    return failed(request, {400, "/IWBEP/CM_V4_COS/014", "The request body is no valid JSON", ""});
  }
  if (const auto problem = check_entity(service, type, *posted)) {
    return failed(request, {400, "/IWBEP/CM_V4_COS/021", *problem, ""});
  }
  if (is_rehearsal_) return answer(request, 204, nullptr);
  Json invoice = *current;
  for (const auto& [name, value] : posted->items()) {
    const Property* property = type.property(name);
    if (property == nullptr || property->is_read_only) continue;
    invoice[name] = stored_value(*property, value);
  }
  invoice["LastChangeDateTime"] = format_instant(estate_.clock.now());
  invoice["_changes"] = number_of(invoice, "_changes") + 1;
  estate_.ledger.record({"erp", "change_invoice", estate_.traced(id),
                         text_of(invoice, "InvoiceReference"), id, *posted});
  invoices_.put(id, invoice);
  Response response = answer(request, 200, render(request, service, type, invoice, QueryOptions()));
  response.with("ETag", etag_of(invoice));
  return response;
}

// One debit of the customer and one credit of revenue for each line, as the posting of the booking.
void Erp::post_to_accounting(const Json& invoice) {
  const std::string document = text_of(invoice, "AccountingDocument");
  const std::string reference = text_of(invoice, "InvoiceNumber").empty()
                                    ? text_of(invoice, "InvoiceReference")
                                    : text_of(invoice, "InvoiceNumber");
  std::size_t number = 0;
  const auto post = [&](const Json& line, const std::string& amount, bool is_debit) {
    Json row{{"CompanyCode", company_code},
             {"FiscalYear", invoice["FiscalYear"]},
             {"AccountingDocument", document},
             {"AccountingDocumentItem", padded(++number, 3)},
             {"FiscalPeriod", "0" + text_of(invoice, "PostingDate").substr(5, 2)},
             {"PostingDate", invoice["PostingDate"]},
             {"DocumentDate",
              invoice["DocumentDate"].is_null() ? invoice["PostingDate"] : invoice["DocumentDate"]},
             {"AccountingDocumentType", "DR"},
             {"AccountingDocumentCreationDate", format_day(day_of(estate_.clock.now()))},
             {"AccountingDocCreatedByUser", "CC0000000001"},
             {"DocumentReferenceID", reference.substr(0, 16)},
             {"PaymentReference", text_of(invoice, "InvoiceReference").substr(0, 30)},
             {"AccountingDocumentHeaderText", text_of(invoice, "DocumentHeaderText").substr(0, 25)},
             {"AssignmentReference", text_of(invoice, "RenewalNumber").substr(0, 18)},
             {"DocumentItemText", text_of(line, "Description").substr(0, 50)},
             {"GLAccount", is_debit ? "0012100000" : "0041000000"},
             {"Customer", is_debit ? invoice["SoldToParty"] : Json("")},
             {"FinancialAccountType", is_debit ? "D" : "S"},
             {"PostingKey", is_debit ? "01" : "50"},
             {"DebitCreditCode", is_debit ? "S" : "H"},
             {"AmountInTransactionCurrency", is_debit ? amount : "-" + amount},
             {"TransactionCurrency", invoice["TransactionCurrency"]},
             {"AmountInCompanyCodeCurrency", is_debit ? amount : "-" + amount},
             {"CompanyCodeCurrency", invoice["TransactionCurrency"]},
             {"SalesDocument", invoice["SalesOrder"]},
             {"SalesDocumentItem", text_of(line, "SalesOrderItem")},
             {"OriginalReferenceDocument", invoice["InvoiceDocument"]},
             {"Material", text_of(line, "Material")}};
    const std::string key = document + text_of(row, "AccountingDocumentItem");
    postings_.put(key, std::move(row));
  };
  post(Json::object(), text_of(invoice, "GrossAmount"), true);
  const Json& lines = member_of(invoice, "_Item");
  if (lines.empty()) post(Json::object(), text_of(invoice, "GrossAmount"), false);
  for (const Json& line : lines) {
    std::string amount = text_of(line, "Amount");
    if (amount.empty()) amount = text_of(line, "NetAmount");
    if (amount.empty()) amount = text_of(line, "GrossAmount");
    post(line, amount.empty() ? "0.00" : amount, false);
  }
}

}  // namespace perennial::sandbox::sap
