#include "plugins/erp/session.hpp"

#include "plugins/common/url.hpp"
#include "plugins/erp/faults.hpp"
#include "plugins/erp/odata.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Answer;
using common::Deadline;
using common::HttpResponse;

constexpr std::string_view csrf_header = "x-csrf-token";
// A lookup that needs more is no lookup by a key.
constexpr std::size_t list_pages_max = 20;

// "name=value; path=/; HttpOnly" to its name and value. SAP names its session and XSRF cookies
// after system and client and may change them (SAP KBA 3048103), so every cookie is kept.
std::optional<std::pair<std::string, std::string>> cookie_of(const std::string& line) {
  const std::string pair = line.substr(0, line.find(';'));
  const std::size_t equals = pair.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  return std::pair(pair.substr(0, equals), pair.substr(equals + 1));
}

bool asks_for_token(const HttpResponse& response) {
  const auto header = response.headers.find(csrf_header);
  return response.status == 403 && header && common::equals_ignoring_case(*header, "required");
}

}  // namespace

Session::Session(const Config& config, common::SecretReader secrets, common::Transport& transport)
    : config_(config),
      secrets_(std::move(secrets)),
      transport_(transport),
      tokens_(config.oauth, secrets_, transport) {}

common::HttpRequest Session::request_of(const Access& access, const common::Headers& extra) const {
  common::HttpRequest request;
  request.method = access.method;
  request.url = common::joined_url(config_.connection.base_url, access.service) + "/" + access.path;
  auto query = access.query;
  // A link that the service gave has its own query, which may repeat the client.
  const bool has_query = access.path.find('?') != std::string::npos;
  const bool has_client = access.path.find("sap-client=") != std::string::npos;
  if (!config_.sap_client.empty() && !has_client) {
    query.emplace_back("sap-client", config_.sap_client);
  }
  query.emplace_back("sap-language", config_.language);
  request.url += (has_query ? "&" : "?") + common::query_of(query);
  request.headers = access.headers;
  if (!request.headers.find("Accept")) request.headers.add("Accept", "application/json");
  for (const auto& [name, value] : extra.fields()) request.headers.add(name, value);
  request.body = access.body;
  return request;
}

Answer<std::string> Session::authorization(const Deadline& deadline, std::int64_t now_ms) {
  if (config_.auth == AuthKind::oauth2) {
    const Answer<common::Token> token = tokens_.token(deadline, now_ms);
    if (!token) return tl::unexpected(token.error());
    return "Bearer " + token->value;
  }
  const auto password = secrets_("auth.password");
  if (!password) {
    return tl::unexpected(common::Fault{common::kinds::unauthorized, "secret_missing",
                                        "the secret of the config field `auth.password` is not "
                                        "set"});
  }
  return "Basic " + common::base64_of(config_.user + ":" + *password);
}

Answer<HttpResponse> Session::send(const Access& access, const common::Headers& extra,
                                   const Deadline& deadline, std::int64_t now_ms) {
  const Answer<std::string> first = authorization(deadline, now_ms);
  if (!first) return tl::unexpected(first.error());
  common::HttpRequest request = request_of(access, extra);
  request.headers.add("Authorization", *first);
  const std::int64_t timeout_ms = config_.connection.timeout_ms;
  Answer<HttpResponse> answer = common::send_within(transport_, request, deadline, timeout_ms);
  if (!answer || answer->status != 401 || config_.auth != AuthKind::oauth2) return answer;

  // A refused token was refused before anything was done, so one request with a new one is safe.
  const std::string refused = first->substr(std::string_view("Bearer ").size());
  const Answer<common::Token> token = tokens_.replacement(refused, deadline, now_ms);
  if (!token) return tl::unexpected(token.error());
  request = request_of(access, extra);
  request.headers.add("Authorization", "Bearer " + token->value);
  return common::send_within(transport_, std::move(request), deadline, timeout_ms);
}

Answer<HttpResponse> Session::read(const Access& access, const Deadline& deadline,
                                   std::int64_t now_ms) {
  Answer<HttpResponse> answer = send(access, {}, deadline, now_ms);
  if (!answer) return tl::unexpected(common::as_read(answer.error()));
  if (!common::is_success(answer->status)) return tl::unexpected(fault_of(*answer, true));
  return answer;
}

Answer<common::Json> Session::read_all(const Access& access, const Deadline& deadline,
                                       std::int64_t now_ms) {
  common::Json all = common::Json::array();
  Access page = access;
  for (std::size_t count = 0; count < list_pages_max; ++count) {
    const Answer<HttpResponse> answer = read(page, deadline, now_ms);
    if (!answer) return tl::unexpected(answer.error());
    const common::Parsed<common::Json> entities = entities_of(answer->body);
    const common::Parsed<common::Json> whole = common::parse_json(answer->body);
    if (!entities || !whole) {
      return tl::unexpected(
          common::as_read(common::unreadable_answer(entities ? whole.error() : entities.error())));
    }
    all.insert(all.end(), entities->begin(), entities->end());
    const std::string next = common::text_at(*whole, {"@odata.nextLink"});
    if (next.empty()) return all;
    const auto path = below_service(next, config_.connection.base_url, access.service);
    if (!path) {
      return tl::unexpected(common::Fault{common::kinds::rejected, "link_elsewhere",
                                          "the service gave a link that leads out of it: " + next});
    }
    page.path = *path;
    page.query.clear();
  }
  return tl::unexpected(
      common::Fault{common::kinds::rejected, "list_too_long",
                    access.path + " has more than " + std::to_string(list_pages_max) + " pages"});
}

Answer<Session::Csrf> Session::csrf(const std::string& service,
                                    const std::optional<std::string>& refused,
                                    const Deadline& deadline, std::int64_t now_ms) {
  const std::unique_lock lock(csrf_mutex_, deadline.end());
  if (!lock) return tl::unexpected(common::deadline_passed());
  const auto known = csrf_by_service_.find(service);
  const bool is_known = known != csrf_by_service_.end();
  if (is_known && (!refused || known->second.token != *refused)) return known->second;

  Access access;
  access.service = service;
  const Answer<HttpResponse> answer =
      send(access, {{std::string(csrf_header), "Fetch"}}, deadline, now_ms);
  if (!answer) return tl::unexpected(common::as_read(answer.error()));
  if (!common::is_success(answer->status)) return tl::unexpected(fault_of(*answer, true));
  // A service that gives none has no protection of this kind (SAP Gateway lets it be switched off,
  // other OData servers do not know it) and takes changes without a token.
  Csrf fetched;
  fetched.token = answer->headers.find(csrf_header).value_or("");
  if (fetched.token.empty() && refused) {
    return tl::unexpected(
        common::Fault{common::kinds::try_again, "csrf_token_missing",
                      "the service wants an x-csrf-token and gives none: " + service});
  }
  for (const std::string& line : answer->headers.find_all("set-cookie")) {
    if (auto cookie = cookie_of(line))
      fetched.cookies.insert_or_assign(cookie->first, cookie->second);
  }
  csrf_by_service_.insert_or_assign(service, fetched);
  return fetched;
}

Answer<HttpResponse> Session::change(const Access& access, const Deadline& deadline,
                                     std::int64_t now_ms) {
  std::optional<std::string> refused;
  for (int round = 0; round < 2; ++round) {
    const Answer<Csrf> csrf = this->csrf(access.service, refused, deadline, now_ms);
    if (!csrf) return tl::unexpected(csrf.error());
    std::string cookies;
    for (const auto& [name, value] : csrf->cookies) {
      if (!cookies.empty()) cookies += "; ";
      cookies.append(name).append("=").append(value);
    }
    common::Headers extra;
    if (!csrf->token.empty()) extra.add(std::string(csrf_header), csrf->token);
    if (!cookies.empty()) extra.add("Cookie", cookies);
    Answer<HttpResponse> answer = send(access, extra, deadline, now_ms);
    if (!answer || !asks_for_token(*answer)) return answer;
    refused = csrf->token;
  }
  return tl::unexpected(common::Fault{common::kinds::try_again, "CSRF_TOKEN_VALIDATION_FAILED",
                                      "a fresh CSRF token was refused too"});
}

}  // namespace perennial::plugins::erp
