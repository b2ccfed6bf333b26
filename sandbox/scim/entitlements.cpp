#include "sandbox/scim/entitlements.hpp"

#include <algorithm>
#include <cstdlib>

namespace perennial::sandbox::scim {
namespace {

constexpr std::size_t page_rows_max = 200;
constexpr const char* list_urn = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
constexpr const char* error_urn = "urn:ietf:params:scim:api:messages:2.0:Error";

std::string version_of(const Json& user) {
  return text_of(member_of(user, "meta"), "version");
}

// The resource cut down to the attributes the caller asked for (RFC 7644, section 3.9).
Json picked(const Json& user, const std::optional<std::string>& attributes) {
  if (!attributes || attributes->empty()) return user;
  Json result{{"schemas", user["schemas"]}, {"id", user["id"]}, {"meta", user["meta"]}};
  std::size_t begin = 0;
  while (begin < attributes->size()) {
    const std::size_t end = std::min(attributes->find(',', begin), attributes->size());
    const auto path = parse_path(attributes->substr(begin, end - begin));
    begin = end + 1;
    if (!path) continue;
    const std::string name = actual_name(user, path->steps.front());
    if (!name.empty()) result[name] = user[name];
  }
  return result;
}

}  // namespace

Entitlements::Entitlements(Estate& estate) : estate_(estate), users_(estate.visibility) {
  seed();
}

void Entitlements::seed() {
  const std::string now = format_instant(estate_.clock.now());
  for (const PlannedAccount& account : estate_.plan.accounts) {
    const std::string id = estate_.random.uuid();
    std::string contract;
    for (const PlannedRenewal& renewal : estate_.plan.renewals) {
      if (estate_.account_of(renewal).crm_id == account.crm_id) {
        contract = renewal.contract_number;
        break;
      }
    }
    users_.put(id, {{"schemas", {core_urn, entitlement_urn}},
                    {"id", id},
                    {"externalId", account.entitlement_user},
                    {"userName", "admin@" + account.domain},
                    {"displayName", account.name},
                    {"active", true},
                    {"emails",
                     {{{"value", "admin@" + account.domain}, {"type", "work"}, {"primary", true}}}},
                    {entitlement_urn,
                     {{"contract", contract},
                      {"validFrom", format_day(add_months(account.entitled_until, -12))},
                      {"validUntil", format_day(account.entitled_until)},
                      {"plan", "standard"},
                      {"status", "active"}}},
                    {"meta",
                     {{"resourceType", "User"},
                      {"created", now},
                      {"lastModified", now},
                      {"version", "W/\"1\""}}}});
    if (account.renewals == 1) estate_.trace(id, estate_.traced(account.entitlement_user));
  }
}

CallKind Entitlements::kind_of(const Request& request) const {
  CallKind kind;
  kind.is_write = request.method != "GET" && request.method != "HEAD";
  return kind;
}

const Json* Entitlements::by_external_id(const std::string& external_id) const {
  const Json* found = nullptr;
  users_.for_each_newest([&](const std::string&, const Json& user) {
    if (text_of(user, "externalId") == external_id) found = &user;
  });
  return found;
}

void Entitlements::take_away(const std::string& external_id) {
  const Json* user = by_external_id(external_id);
  if (user == nullptr) return;
  const std::string id = text_of(*user, "id");
  taken_[external_id] = {id, *user};
  users_.erase(id);
}

void Entitlements::give_back(const std::string& external_id) {
  const auto found = taken_.find(external_id);
  if (found == taken_.end()) return;
  users_.put(found->second.first, found->second.second);
  taken_.erase(found);
}

Response Entitlements::answer(int status, const Json& body) const {
  Response response;
  response.status = status;
  response.content_type = "application/scim+json";
  if (status != 204 && status != 304) response.body = body.dump();
  return response;
}

Response Entitlements::failed(const ScimError& error) const {
  Json body{
      {"schemas", {error_urn}}, {"status", std::to_string(error.status)}, {"detail", error.detail}};
  if (!error.scim_type.empty()) body["scimType"] = error.scim_type;
  return answer(error.status, body);
}

Response Entitlements::show(const Json& user, int status) const {
  Json shown = user;
  shown["meta"]["location"] = url_ + "/scim/v2/Users/" + text_of(user, "id");
  Response response = answer(status, shown);
  response.with("ETag", version_of(user));
  if (status == 201) response.with("Location", text_of(shown["meta"], "location"));
  return response;
}

Response Entitlements::refuse(Refusal refusal, const Request&) {
  switch (refusal) {
    case Refusal::throttled:
      return failed({429, "", "too many requests; try again after the time in Retry-After"})
          .with("Retry-After", "1");
    case Refusal::expired:
      return failed({401, "", "the bearer token has expired"})
          .with("WWW-Authenticate", "Bearer realm=\"scim\", error=\"invalid_token\"");
    case Refusal::locked:
      return failed({409, "", "the resource is being changed by another request; try again"});
    case Refusal::broken:
      return failed({500, "", "an internal error has occurred"});
    case Refusal::unavailable:
      break;
  }
  return failed({503, "", "the service is temporarily unavailable"}).with("Retry-After", "1");
}

Response Entitlements::handle(const Request& request, bool) {
  const std::vector<std::string> path = request.segments();
  if (path.size() < 3 || path[0] != "scim" || path[1] != "v2") {
    return failed({404, "", "the base address of this service is /scim/v2"});
  }
  if (bearer_token(request) != bearer) {
    return failed({401, "", "authorization failure: a valid bearer token is required"})
        .with("WWW-Authenticate", "Bearer realm=\"scim\"");
  }
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (path[2] == "Users") return route_users(request, path);
  if (is_get && path[2] == "ServiceProviderConfig") return answer(200, configuration());
  const bool is_types = path[2] == "ResourceTypes";
  if (is_get && (is_types || path[2] == "Schemas")) {
    const Json all = is_types ? resource_types() : schemas();
    if (path.size() == 3) {
      return answer(200, {{"schemas", {list_urn}},
                          {"totalResults", all.size()},
                          {"startIndex", 1},
                          {"itemsPerPage", all.size()},
                          {"Resources", all}});
    }
    for (const Json& one : all) {
      if (text_of(one, "id") == path[3]) return answer(200, one);
    }
  }
  return failed({404, "", "no resource at " + request.path});
}

Response Entitlements::route_users(const Request& request, const std::vector<std::string>& path) {
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (path.size() == 3 && is_get) return list(request);
  if (path.size() == 3 && request.method == "POST") return create(request);
  if (path.size() != 4) return failed({404, "", "no resource at " + request.path});
  if (!is_get) return change(request, path[3]);
  const Json* user = users_.find(path[3]);
  if (user == nullptr) return failed({404, "", "Resource " + path[3] + " not found"});
  if (request.header("If-None-Match") == version_of(*user)) return answer(304, nullptr);
  return show(picked(*user, request.parameter("attributes")), 200);
}

Response Entitlements::list(const Request& request) {
  std::optional<FilterNode> filter;
  if (const auto text = request.parameter("filter")) {
    auto parsed = parse_filter(*text);
    if (!parsed) return failed({400, "invalidFilter", parsed.error()});
    filter = std::move(*parsed);
  }
  // Paging counts from 1; a smaller start means 1, a negative count means 0 (RFC 7644, 3.4.2.4).
  const int start = std::max(1, std::atoi(request.parameter("startIndex").value_or("1").c_str()));
  const std::string count_text = request.parameter("count").value_or(std::to_string(page_rows_max));
  const auto count = static_cast<std::size_t>(
      std::clamp(std::atoi(count_text.c_str()), 0, static_cast<int>(page_rows_max)));
  const auto attributes = request.parameter("attributes");
  std::size_t total = 0;
  Json rows = Json::array();
  users_.for_each([&](const std::string&, const Json& user) {
    if (filter && !is_matching(*filter, user)) return;
    ++total;
    if (total < static_cast<std::size_t>(start) || rows.size() >= count) return;
    Json shown = picked(user, attributes);
    shown["meta"]["location"] = url_ + "/scim/v2/Users/" + text_of(user, "id");
    rows.push_back(std::move(shown));
  });
  const std::size_t shown_count = rows.size();
  return answer(200, {{"schemas", {list_urn}},
                      {"totalResults", total},
                      {"startIndex", start},
                      {"itemsPerPage", shown_count},
                      {"Resources", std::move(rows)}});
}

Response Entitlements::store(const Request& request, const std::string& kind, Json user,
                             int status) {
  const std::string id = text_of(user, "id");
  const Json& entitlement = member_of(user, entitlement_urn);
  // The call names its renewal more surely than the user does, who may hold several contracts.
  std::string renewal = find_renewal_number(std::string_view(request.body));
  if (renewal.empty()) renewal = estate_.traced(id);
  estate_.ledger.record({"entitlement",
                         kind,
                         renewal,
                         text_of(entitlement, "validUntil"),
                         id,
                         {{"external_id", text_of(user, "externalId")},
                          {"valid_until", text_of(entitlement, "validUntil")}}});
  users_.put(id, user);
  return show(user, status);
}

Response Entitlements::create(const Request& request) {
  const auto posted = parse_json(request.body);
  if (!posted) return failed({400, "invalidSyntax", "the request body is no valid JSON"});
  if (const auto problem = check_user(*posted)) return failed(*problem);
  bool is_taken = false;
  users_.for_each_newest([&](const std::string&, const Json& user) {
    is_taken =
        is_taken || equal_ignoring_case(text_of(user, "userName"), text_of(*posted, "userName"));
    const std::string external_id = text_of(*posted, "externalId");
    is_taken = is_taken || (!external_id.empty() && text_of(user, "externalId") == external_id);
  });
  if (is_taken) {
    return failed({409, "uniqueness", "a User with this userName or externalId already exists"});
  }
  Json user = *posted;
  const std::string now = format_instant(estate_.clock.now());
  user["id"] = estate_.random.uuid();
  user["meta"] = {
      {"resourceType", "User"}, {"created", now}, {"lastModified", now}, {"version", "W/\"1\""}};
  return store(request, "create_user", std::move(user), 201);
}

Response Entitlements::change(const Request& request, const std::string& id) {
  const Json* found = users_.newest(id);
  if (found == nullptr) return failed({404, "", "Resource " + id + " not found"});
  const std::string_view tag = request.header("If-Match");
  if (!tag.empty() && tag != "*" && tag != version_of(*found)) {
    return failed({412, "", "the resource has changed on the server"});
  }
  if (locked_users.count(text_of(*found, "externalId")) > 0) {
    return failed({400, "mutability", "the user is locked by an administrator and cannot change"});
  }
  Json user = *found;
  if (request.method == "DELETE") {
    estate_.ledger.record({"entitlement", "delete_user", estate_.traced(id), "", id, {}});
    users_.erase(id);
    return answer(204, nullptr);
  }
  const auto posted = parse_json(request.body);
  if (!posted) return failed({400, "invalidSyntax", "the request body is no valid JSON"});
  if (request.method == "PATCH") {
    if (const auto problem = apply_patch(*posted, user)) return failed(*problem);
  } else if (request.method == "PUT") {
    if (const auto problem = check_user(*posted)) return failed(*problem);
    user = *posted;
    user["id"] = id;
    user["meta"] = (*found)["meta"];
  } else {
    return failed({405, "", "method " + request.method + " is not allowed here"});
  }
  const int version = std::atoi(version_of(*found).c_str() + 3);
  user["meta"]["lastModified"] = format_instant(estate_.clock.now());
  user["meta"]["version"] = "W/\"" + std::to_string(version + 1) + "\"";
  return store(request, request.method == "PATCH" ? "patch_user" : "put_user", std::move(user),
               200);
}

}  // namespace perennial::sandbox::scim
