#include "sandbox/salesforce/crm.hpp"

#include <algorithm>
#include <cstdlib>

#include "sandbox/salesforce/soql_run.hpp"

namespace perennial::sandbox::salesforce {
namespace {

constexpr int version_oldest = 31;
constexpr int version_newest = 66;

bool is_token_path(const Request& request) {
  return request.path == "/services/oauth2/token";
}

bool is_composite(const Request& request) {
  return request.path.find("/composite/sobjects") != std::string::npos;
}

// 61 for "v61.0"; 0 for anything that is no version.
int version_of(const std::string& segment) {
  if (segment.size() < 4 || segment.front() != 'v') return 0;
  if (segment.substr(segment.size() - 2) != ".0") return 0;
  return std::atoi(segment.c_str() + 1);
}

}  // namespace

Crm::Crm(Estate& estate) : estate_(estate), org_(estate), tokens_(estate) {}

CallKind Crm::kind_of(const Request& request) const {
  CallKind kind;
  kind.is_authentication = is_token_path(request);
  kind.is_write = !kind.is_authentication && request.method != "GET" && request.method != "HEAD";
  kind.is_batch = kind.is_write && is_composite(request);
  kind.can_expire = !bearer_token(request).empty();
  return kind;
}

bool Crm::accept(PlannedRenewal& renewal) {
  if (renewal.accepted) return false;
  renewal.accepted = true;
  org_.close_won(renewal);
  return true;
}

Response Crm::answer(int status, const Json& body) const {
  Response response;
  response.status = status;
  response.content_type = "application/json;charset=UTF-8";
  if (!body.is_discarded() && status != 204) response.body = body.dump();
  response.with("Sforce-Limit-Info", "api-usage=" + std::to_string(api_requests_) + "/" +
                                         std::to_string(daily_requests_max_));
  return response;
}

Response Crm::failed(int status, const std::string& code, const std::string& text,
                     const std::vector<std::string>& fields) const {
  Json error{{"message", text}, {"errorCode", code}};
  if (!fields.empty()) error["fields"] = fields;
  return answer(status, Json::array({error}));
}

Response Crm::refuse(Refusal refusal, const Request& request) {
  switch (refusal) {
    case Refusal::throttled: {
      if (is_token_path(request)) {
        Response response;
        response.status = 429;
        response.content_type = "application/json;charset=UTF-8";
        response.with("Retry-After", "1");
        response.body =
            R"({"error":"rate_limit_exceeded","error_description":"login rate exceeded"})";
        return response;
      }
      return failed(403, "REQUEST_LIMIT_EXCEEDED",
                    "ConcurrentRequests (Concurrent API Requests) Limit exceeded.");
    }
    case Refusal::expired:
      tokens_.revoke(bearer_token(request));
      return failed(401, "INVALID_SESSION_ID", "Session expired or invalid");
    case Refusal::locked:
      return failed(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record");
    case Refusal::broken:
      return failed(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.");
    case Refusal::unavailable:
      break;
  }
  return failed(503, "SERVER_UNAVAILABLE",
                "We are down for maintenance. Sorry for the inconvenience.");
}

Response Crm::versions() const {
  Json list = Json::array();
  for (int version = version_oldest; version <= version_newest; ++version) {
    const std::string number = std::to_string(version) + ".0";
    list.push_back({{"label", "Release " + number},
                    {"url", "/services/data/v" + number},
                    {"version", number}});
  }
  return answer(200, list);
}

Response Crm::identity() const {
  return answer(200, {{"id", url_ + "/id/" + org_id + "/0055g000001IntegrAAA"},
                      {"user_id", "0055g000001IntegrAAA"},
                      {"organization_id", org_id},
                      {"username", username},
                      {"display_name", "Integration User"},
                      {"urls", {{"rest", url_ + "/services/data/v{version}/"}}}});
}

Json Crm::limits() const {
  const auto limit = [](std::uint64_t max, std::uint64_t used) {
    return Json{{"Max", max}, {"Remaining", max - std::min(used, max)}};
  };
  return {{"DailyApiRequests", limit(daily_requests_max_, api_requests_)},
          {"DailyBulkApiBatches", limit(15000, 0)},
          {"DataStorageMB", limit(10240, 12)},
          {"HourlyODataCallout", limit(20000, 0)}};
}

Response Crm::handle(const Request& request, bool fails_some) {
  if (is_token_path(request)) {
    if (request.method != "POST") {
      return failed(405, "METHOD_NOT_ALLOWED", "HTTP Method '" + request.method + "' not allowed");
    }
    return tokens_.grant(request, url_);
  }
  const std::vector<std::string> path = request.segments();
  const bool is_api = path.size() >= 2 && path[0] == "services" && path[1] == "data";
  if (is_api && path.size() == 2) return versions();
  const bool is_identity =
      (!path.empty() && path[0] == "id") || request.path == "/services/oauth2/userinfo";
  if (!is_api && !is_identity) {
    return failed(404, "NOT_FOUND", "The requested resource does not exist");
  }
  if (!tokens_.is_valid(bearer_token(request))) {
    return failed(401, "INVALID_SESSION_ID", "Session expired or invalid");
  }
  if (!is_identity) return admit(request, fails_some);
  ++api_requests_;
  return identity();
}

bool Crm::is_admitted(const Request& request) const {
  const bool is_api = request.path.rfind("/services/data/v", 0) == 0;
  return is_api && tokens_.is_valid(bearer_token(request));
}

Response Crm::land(const Request& request) {
  return admit(request, false);
}

// The call of a caller whose token was good.
Response Crm::admit(const Request& request, bool fails_some) {
  if (api_requests_ >= daily_requests_max_) {
    return failed(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
  }
  ++api_requests_;
  const std::vector<std::string> path = request.segments();
  const int version = version_of(path[2]);
  if (version > 0 && version < version_oldest) {
    return failed(410, "UNSUPPORTED_API_VERSION", "The requested resource is no longer available");
  }
  if (version == 0 || version > version_newest) {
    return failed(404, "NOT_FOUND", "The requested resource does not exist");
  }
  const Call call{request, {path.begin() + 3, path.end()}, "/services/data/" + path[2], fails_some};
  return route(call);
}

Response Crm::route(const Call& call) {
  const std::vector<std::string>& rest = call.rest;
  const bool is_get = call.request.method == "GET" || call.request.method == "HEAD";
  if (rest.empty()) {
    return answer(200, {{"query", call.base + "/query"},
                        {"queryAll", call.base + "/queryAll"},
                        {"sobjects", call.base + "/sobjects"},
                        {"composite", call.base + "/composite"},
                        {"limits", call.base + "/limits"},
                        {"identity", url_ + "/id/" + org_id + "/0055g000001IntegrAAA"}});
  }
  if (rest[0] == "sobjects") return route_sobjects(call);
  if (rest[0] == "composite" && rest.size() >= 2 && rest[1] == "sobjects") return collections(call);
  const bool is_query = rest[0] == "query" || rest[0] == "queryAll";
  if ((is_query || rest[0] == "limits") && !is_get) {
    return failed(405, "METHOD_NOT_ALLOWED",
                  "HTTP Method '" + call.request.method + "' not allowed. Allowed are GET,HEAD");
  }
  if (is_query && rest.size() == 1) return query(call, rest[0] == "queryAll");
  if (is_query && rest.size() == 2) return next_page(rest[1], call.base);
  if (rest[0] == "limits") return answer(200, limits());
  return failed(404, "NOT_FOUND", "The requested resource does not exist");
}

std::size_t Crm::expire_locators() {
  const std::size_t known = cursors_.size();
  cursors_.clear();
  return known;
}

// Field-level security: a hidden field is not described, one that may only be read is not updateable.
Json Crm::describe(const ObjectSpec& object, const std::string& base) const {
  Json description = describe_object(object, base);
  Json visible = Json::array();
  for (Json& field : description["fields"]) {
    const auto access = org_.field_access.find(object.name + "." + text_of(field, "name"));
    if (access != org_.field_access.end()) {
      if (access->second == "none") continue;
      field["createable"] = false;
      field["updateable"] = false;
    }
    visible.push_back(std::move(field));
  }
  description["fields"] = std::move(visible);
  return description;
}

Response Crm::query(const Call& call, bool with_deleted) {
  const auto text = call.request.parameter("q");
  if (!text) {
    return failed(400, "MALFORMED_QUERY", "SOQL query must be given in the parameter q");
  }
  const auto parsed = parse_soql(*text, day_of(estate_.clock.now()));
  if (!parsed) return failed(400, parsed.error().code, parsed.error().text);
  auto rows = run_soql(org_, *parsed, {with_deleted, call.base});
  if (!rows) return failed(400, rows.error().code, rows.error().text);
  if (parsed->is_count) {
    return answer(200, {{"totalSize", rows->total}, {"done", true}, {"records", Json::array()}});
  }
  // developer.salesforce.com, Query Options Header: batchSize between 200 and 2,000.
  Cursor cursor;
  const std::string options(call.request.header("Sforce-Query-Options"));
  const std::size_t at = options.find("batchSize=");
  if (at != std::string::npos) {
    const int wanted = std::atoi(options.c_str() + at + 10);
    cursor.batch = static_cast<std::size_t>(std::clamp(wanted, 200, 2000));
  }
  cursor.records = std::move(rows->records);
  const std::string locator = "01g" + estate_.random.letters_and_digits(15);
  cursors_[locator] = std::move(cursor);
  Response response = page(locator, 0, call.base);
  if (cursors_[locator].is_complete) cursors_.erase(locator);
  return response;
}

Response Crm::next_page(const std::string& locator, const std::string& base) {
  const std::size_t dash = locator.rfind('-');
  const std::string id = locator.substr(0, dash);
  if (dash == std::string::npos || cursors_.find(id) == cursors_.end()) {
    return failed(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
  }
  return page(id, static_cast<std::size_t>(std::atoll(locator.c_str() + dash + 1)), base);
}

Response Crm::page(const std::string& locator, std::size_t from, const std::string& base) {
  Cursor& cursor = cursors_[locator];
  const std::size_t total = cursor.records.size();
  const std::size_t begin = std::min(from, total);
  const std::size_t end = std::min(begin + cursor.batch, total);
  Json records = Json::array();
  for (std::size_t i = begin; i < end; ++i) records.push_back(cursor.records[i]);
  cursor.is_complete = begin == 0 && end == total;
  Json body{{"totalSize", total}, {"done", end == total}, {"records", std::move(records)}};
  if (end < total) {
    body["nextRecordsUrl"] = base + "/query/" + locator + "-" + std::to_string(end);
  }
  return answer(200, body);
}

void Crm::record(const std::string& kind, const ObjectSpec& object, const WriteResult& result,
                 const Json& fields) {
  if (result.error) return;
  const Json* stored = org_.table(object).newest(result.id);
  const std::string number = stored == nullptr ? "" : text_of(*stored, "Renewal_Number__c");
  Json detail = fields;
  detail.erase("attributes");
  estate_.ledger.record({"crm",
                         kind,
                         number.empty() ? estate_.traced(result.id) : number,
                         number,
                         result.id,
                         {{"object", object.name}, {"fields", std::move(detail)}}});
}

}  // namespace perennial::sandbox::salesforce
