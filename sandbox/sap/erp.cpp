#include "sandbox/sap/erp.hpp"

#include <algorithm>
#include <cstdlib>

namespace perennial::sandbox::sap {
namespace {

constexpr const char* token_path = "/sap/bc/sec/oauth2/token";
constexpr std::size_t v4_page_rows = 100;

const Service* service_of(const std::string& path) {
  for (const Service* service :
       {&sales_order_service(), &accounting_service(), &external_invoice_service(),
        &billing_document_service(), &revenue_schedule_service(), &business_partner_service()}) {
    if (path.rfind(service->path, 0) == 0) return service;
  }
  return nullptr;
}

bool is_v4(const Request& request) {
  const Service* service = service_of(request.path);
  return service != nullptr && service->is_v4;
}

bool is_read(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

bool accepts_json(const Request& request) {
  if (request.parameter("$format").value_or("") == "json") return true;
  return request.header("Accept").find("json") != std::string_view::npos;
}

// The server's own page size, or less when the caller prefers that (OData 4.01 Protocol, 8.2.8.4).
std::size_t page_rows_of(const Request& request) {
  constexpr std::string_view name = "maxpagesize=";
  const std::string_view prefer = request.header("Prefer");
  const std::size_t at = prefer.find(name);
  if (at == std::string_view::npos) return v4_page_rows;
  const int rows = std::atoi(std::string(prefer.substr(at + name.size(), 6)).c_str());
  return rows > 0 ? std::min(v4_page_rows, static_cast<std::size_t>(rows)) : v4_page_rows;
}

// The set with the query of this request, but where it is to go on.
std::string link_of(const Request& request, const std::string& set, bool is_delta) {
  std::string link = set + "?";
  for (const auto& [name, value] : parse_query(request.query)) {
    const bool is_place = name == "$skiptoken" || name == "$skip";
    if (is_place || (is_delta && name == "$deltatoken")) continue;
    link += name + "=" + percent_encode(value) + "&";
  }
  return link;
}

Response logon_failed() {
  Response response;
  response.status = 401;
  response.content_type = "text/html; charset=utf-8";
  response.with("WWW-Authenticate", "Basic realm=\"SAP NetWeaver Application Server [S4H/100]\"");
  response.body =
      "<html><head><title>Logon Error Message</title></head><body>"
      "<h1>401 Unauthorized</h1><p>Anmeldung fehlgeschlagen</p></body></html>";
  return response;
}

Response token_required() {
  Response response;
  response.status = 403;
  response.content_type = "text/plain;charset=utf-8";
  response.with("x-csrf-token", "Required");
  response.body = "CSRF token validation failed";
  return response;
}

}  // namespace

Erp::Erp(Estate& estate)
    : estate_(estate),
      sessions_(estate),
      orders_(estate.visibility),
      invoices_(estate.visibility),
      postings_(estate.visibility),
      billing_documents_(estate.visibility),
      schedules_(estate.visibility),
      customers_(estate.visibility) {}

CallKind Erp::kind_of(const Request& request) const {
  CallKind kind;
  kind.is_authentication = request.path == token_path;
  kind.is_write = !kind.is_authentication && !is_read(request);
  kind.is_batch =
      request.path.size() > 7 && request.path.rfind("/$batch") == request.path.size() - 7;
  // With Basic log-on only the session can expire, and only a change notices that.
  kind.can_expire = kind.is_write || !bearer_token(request).empty();
  return kind;
}

Response Erp::answer(const Request& request, int status, const Json& body) const {
  Response response;
  response.status = status;
  const bool v4 = is_v4(request);
  response.with(v4 ? "OData-Version" : "dataserviceversion", v4 ? "4.0" : "2.0");
  if (status == 204) return response;
  response.content_type = v4 ? "application/json;odata.metadata=minimal;charset=utf-8"
                             : "application/json;charset=utf-8";
  response.body = body.dump();
  return response;
}

Response Erp::failed(const Request& request, const ErpError& error) const {
  if (is_v4(request)) {
    Json body{{"error",
               {{"code", error.code},
                {"message", error.text},
                {"target", error.target},
                {"details", Json::array()},
                {"@SAP__common.ExceptionCategory", "Client_Error"}}}};
    return answer(request, error.status, body);
  }
  const Json detail{{"code", error.code}, {"message", error.text}, {"longtext_url", ""},
                    {"propertyref", ""},  {"severity", "error"},   {"target", error.target},
                    {"transition", false}};
  const Json body{{"error",
                   {{"code", error.code},
                    {"message", {{"lang", "en"}, {"value", error.text}}},
                    {"innererror",
                     {{"application",
                       {{"component_id", "SD-SLS"},
                        {"service_namespace", "/SAP/"},
                        {"service_id", "API_SALES_ORDER_SRV"},
                        {"service_version", "0001"}}},
                      {"transactionid", "52B8BA9E9D8C0220E0068FCD3F7C7D64"},
                      {"timestamp", format_instant(estate_.clock.now())},
                      {"Error_Resolution",
                       {{"SAP_Transaction", "Run transaction /IWFND/ERROR_LOG on the SAP system"},
                        {"SAP_Note", "See SAP Note 1797736 for error analysis"}}},
                      {"errordetails", Json::array({detail})}}}}}};
  Response response = answer(request, error.status, body);
  return response;
}

Response Erp::refuse(Refusal refusal, const Request& request) {
  switch (refusal) {
    case Refusal::throttled: {
      Response response =
          failed(request, {429, "429", "Too many requests; the rate limit was exceeded", ""});
      response.with("Retry-After", "1");
      return response;
    }
    case Refusal::expired:
      if (!bearer_token(request).empty()) {
        sessions_.revoke_token(bearer_token(request));
        return logon_failed();
      }
      sessions_.end_session(request);
      return token_required();
    case Refusal::locked: {
      const std::string text = "Object requested is currently locked by user DIALOG01";
      return failed(request, {is_v4(request) ? 409 : 400, "MC/601", text, ""});
    }
    case Refusal::broken:
      return failed(request, {500, "SY/530", "An internal error has occurred", ""});
    case Refusal::unavailable:
      break;
  }
  Response response;
  response.status = 503;
  response.content_type = "text/html";
  response.body =
      "<html><body><h1>503 Service Unavailable</h1>"
      "<p>The server is temporarily unable to service your request.</p></body></html>";
  return response;
}

bool Erp::is_admitted(const Request& request) const {
  return sessions_.is_logged_on(request) && sessions_.has_valid_token(request);
}

Response Erp::handle(const Request& request, bool fails_some) {
  if (request.path == token_path) return sessions_.grant_token(request);
  if (!sessions_.is_logged_on(request)) return logon_failed();
  if (!is_read(request) && !sessions_.has_valid_token(request)) return token_required();
  Response response = route(request, fails_some);
  if (is_read(request) && equal_ignoring_case(request.header("x-csrf-token"), "fetch")) {
    sessions_.fetch_token(request, response);
  }
  return response;
}

Response Erp::route(const Request& request, bool fails_some) {
  const Service* service = service_of(request.path);
  if (service == nullptr) {
    Response response;
    response.status = 404;
    response.content_type = "text/html";
    response.body = "<html><body><h1>404 Not found</h1><p>No service found for " + request.path +
                    "</p></body></html>";
    return response;
  }
  const std::size_t depth = make_request("GET", service->path).segments().size();
  const std::vector<std::string> all = request.segments();
  const std::vector<std::string> rest(all.begin() + static_cast<std::ptrdiff_t>(depth), all.end());
  if (rest.empty()) return service_document(*service, request);
  if (rest[0] == "$metadata") {
    Response response;
    response.content_type = "application/xml;charset=utf-8";
    response.with(service->is_v4 ? "OData-Version" : "dataserviceversion",
                  service->is_v4 ? "4.0" : "2.0");
    response.body = metadata_xml(*service);
    return response;
  }
  if (rest[0] == "$batch" && request.method == "POST") {
    return run_batch(request, *service, fails_some);
  }
  return route_entity(request, *service, rest);
}

Response Erp::service_document(const Service& service, const Request& request) const {
  Json sets = Json::array();
  for (const EntityType& type : service.types) {
    if (service.is_v4)
      sets.push_back({{"name", type.set}, {"url", type.set}});
    else
      sets.push_back(type.set);
  }
  if (service.is_v4)
    return answer(request, 200, {{"@odata.context", "$metadata"}, {"value", sets}});
  return answer(request, 200, {{"d", {{"EntitySets", sets}}}});
}

Response Erp::route_entity(const Request& request, const Service& service,
                           const std::vector<std::string>& rest) {
  const EntityPath path = parse_entity_path(rest[0], service);
  const EntityType* type = service.by_set(path.set);
  if (type == nullptr) {
    return failed(request, {404, "005056A509B11EE1B9A8FEC11C21578E",
                            "Resource not found for the segment '" + path.set + "'", ""});
  }
  // The services can answer Atom too; the sandbox speaks JSON alone and says so.
  if (!service.is_v4 && !accepts_json(request)) {
    return failed(request, {406, "005056A509B11EE1B9A8FEC11C21778E",
                            "Ask for JSON with Accept: application/json or $format=json", ""});
  }
  if (is_read(request)) return read(request, service, path, rest);
  return write(request, service, path, rest);
}

std::vector<Json> Erp::records_of(const std::string& set) const {
  std::vector<Json> records;
  const bool is_lines = set == "A_SalesOrderItem" || set == "ExternalInvoiceItem" ||
                        set == "BillingDocumentItem" || set == "A_CustomerSalesArea";
  const std::string nested = set == "A_SalesOrderItem"      ? "to_Item"
                             : set == "A_CustomerSalesArea" ? "to_CustomerSalesArea"
                                                            : "_Item";
  const Table* table = nullptr;
  if (set == "A_SalesOrder" || set == "A_SalesOrderItem") table = &orders_;
  if (set == "ExternalInvoice" || set == "ExternalInvoiceItem") table = &invoices_;
  if (set == "BillingDocument" || set == "BillingDocumentItem") table = &billing_documents_;
  if (set == "RevenueSchedule") table = &schedules_;
  if (set == "A_Customer" || set == "A_CustomerSalesArea") table = &customers_;
  if (set == "A_OperationalAcctgDocItemCube") table = &postings_;
  if (table == nullptr) return records;
  table->for_each([&](const std::string&, const Json& record) {
    if (!is_lines)
      records.push_back(record);
    else
      for (const Json& line : member_of(record, nested)) records.push_back(line);
  });
  return records;
}

const Json* Erp::find(const std::string& set, const EntityPath& path) const {
  if (path.keys.empty()) return nullptr;
  const std::string key = lower_case(path.keys.front().second);
  if (set == "A_SalesOrder") return orders_.find(key);
  if (set == "RevenueSchedule") return schedules_.find(key);
  if (set == "A_Customer") return customers_.find(key);
  if (set == "BillingDocument") return billing_documents_.find(key);
  return set == "ExternalInvoice" ? invoices_.find(key) : nullptr;
}

Response Erp::read(const Request& request, const Service& service, const EntityPath& path,
                   const std::vector<std::string>& rest) {
  const EntityType& type = *service.by_set(path.set);
  if (&service == &business_partner_service()) refresh_customers();
  if (!path.has_keys) {
    const bool is_count = rest.size() == 2 && rest[1] == "$count";
    const auto token = request.parameter("$deltatoken");
    if (token && path.set == "RevenueSchedule") {
      auto changed = changed_since(*token);
      if (!changed) return failed(request, changed.error());
      return read_set(request, service, type, std::move(*changed), false);
    }
    return read_set(request, service, type, records_of(path.set), is_count);
  }
  if (const Json* record = find(path.set, path)) {
    return read_one(request, service, type, *record, rest);
  }
  for (const Json& record : records_of(path.set)) {
    const bool is_it = std::all_of(path.keys.begin(), path.keys.end(), [&](const auto& key) {
      return equal_ignoring_case(text_of(record, key.first), key.second);
    });
    if (is_it && path.keys.size() > 1) return read_one(request, service, type, record, rest);
  }
  return failed(request, {404, "/IWBEP/CM_MGW_RT/020",
                          "Resource not found for segment '" + type.name + "'", ""});
}

Response Erp::read_one(const Request& request, const Service& service, const EntityType& type,
                       const Json& record, const std::vector<std::string>& rest) {
  if (rest.size() >= 2) {
    const Navigation* navigation = type.navigation(rest[1]);
    if (navigation == nullptr) {
      return failed(request, {404, "005056A509B11EE1B9A8FEC11C21578E",
                              "Resource not found for the segment '" + rest[1] + "'", ""});
    }
    const Json& rows = member_of(record, rest[1]);
    std::vector<Json> nested;
    if (rows.is_array()) nested.assign(rows.begin(), rows.end());
    return read_set(request, service, *service.by_type(navigation->type), std::move(nested),
                    rest.size() == 3 && rest[2] == "$count");
  }
  const auto options = parse_options(request, type);
  if (!options)
    return failed(request, {400, "005056A509B11EE1B9A8FEC11C21D78E", options.error(), ""});
  Json shown = render(request, service, type, record, *options);
  if (service.is_v4) shown["@odata.context"] = "$metadata#" + type.set + "/$entity";
  Response response = answer(request, 200, service.is_v4 ? shown : Json{{"d", shown}});
  if (record.contains("LastChangeDateTime")) response.with("ETag", etag_of(record));
  return response;
}

Response Erp::read_set(const Request& request, const Service& service, const EntityType& type,
                       std::vector<Json> records, bool is_count) {
  const auto options = parse_options(request, type);
  if (!options)
    return failed(request, {400, "005056A509B11EE1B9A8FEC11C21D78E", options.error(), ""});
  if (options->filter) {
    std::erase_if(records,
                  [&](const Json& record) { return !is_matching(*options->filter, type, record); });
  }
  const std::size_t total = records.size();
  if (is_count) {
    Response response;
    response.content_type = "text/plain;charset=utf-8";
    response.body = std::to_string(total);
    return response;
  }
  sort_records(options->order, type, records);
  const std::size_t begin = std::min(options->skip + options->skip_token, total);
  std::size_t end = options->top ? std::min(begin + *options->top, total) : total;
  const std::size_t page_rows = page_rows_of(request);
  const bool is_paged = service.is_v4 && end - begin > page_rows;
  if (is_paged) end = begin + page_rows;
  Json rows = Json::array();
  for (std::size_t i = begin; i < end; ++i) {
    rows.push_back(render(request, service, type, records[i], *options));
  }
  if (!service.is_v4) {
    Json body{{"results", std::move(rows)}};
    if (options->wants_count) body["__count"] = std::to_string(total);
    return answer(request, 200, {{"d", std::move(body)}});
  }
  Json body{{"@odata.context", "$metadata#" + type.set}, {"value", std::move(rows)}};
  if (options->wants_count) body["@odata.count"] = total;
  if (is_paged) {
    body["@odata.nextLink"] =
        link_of(request, type.set, false) + "$skiptoken=" + std::to_string(end);
  } else if (type.set == "RevenueSchedule" &&
             (request.parameter("$deltatoken") ||
              request.header("Prefer").find("track-changes") != std::string_view::npos)) {
    body["@odata.deltaLink"] =
        link_of(request, type.set, true) + "$deltatoken=" + std::to_string(schedule_changes_);
  }
  return answer(request, 200, body);
}

Json Erp::render(const Request& request, const Service& service, const EntityType& type,
                 const Json& record, const QueryOptions& options) const {
  const bool as_text =
      request.header("Accept").find("IEEE754Compatible=true") != std::string_view::npos;
  Json shown =
      service.is_v4 ? render_v4(type, record, as_text) : render_v2(service, type, record, url_);
  for (const std::string& name : options.expand) {
    const std::string head = name.substr(0, name.find_first_of("/("));
    const Navigation& navigation = *type.navigation(head);
    const EntityType& nested = *service.by_type(navigation.type);
    QueryOptions deeper;
    if (name.size() > head.size() && name[head.size()] == '/') {
      deeper.expand.push_back(name.substr(head.size() + 1));
    }
    Json rows = Json::array();
    for (const Json& row : member_of(record, head)) {
      rows.push_back(render(request, service, nested, row, deeper));
    }
    if (navigation.is_single)
      shown[head] = rows.empty() ? Json() : rows.front();
    else if (service.is_v4)
      shown[head] = std::move(rows);
    else
      shown[head] = {{"results", std::move(rows)}};
  }
  if (options.select.empty() || options.select.front() == "*") return shown;
  Json picked = Json::object();
  for (const auto& [name, value] : shown.items()) {
    const bool is_picked = std::any_of(
        options.select.begin(), options.select.end(),
        [&](const std::string& wanted) { return wanted.substr(0, wanted.find('/')) == name; });
    const bool is_annotation = name == "__metadata" || name.rfind('@', 0) == 0;
    const bool is_expanded =
        std::any_of(options.expand.begin(), options.expand.end(), [&](const std::string& wanted) {
          return wanted.substr(0, wanted.find_first_of("/(")) == name;
        });
    if (is_picked || is_annotation || (is_expanded && service.is_v4)) picked[name] = value;
  }
  return picked;
}

}  // namespace perennial::sandbox::sap
