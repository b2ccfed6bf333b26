#include "sandbox/sap/sessions.hpp"

namespace perennial::sandbox::sap {
namespace {

constexpr std::chrono::hours token_length{1};
constexpr const char* session_cookie = "SAP_SESSIONID_S4H_100";
constexpr const char* xsrf_cookie = "sap-XSRF_S4H_100";

// A cookie's value from any Cookie header of the request.
std::string cookie_of(const Request& request, std::string_view name) {
  for (const auto& [header, value] : request.headers) {
    if (!equal_ignoring_case(header, "Cookie")) continue;
    std::size_t begin = 0;
    while (begin < value.size()) {
      const std::size_t end = std::min(value.find(';', begin), value.size());
      std::string_view part = std::string_view(value).substr(begin, end - begin);
      while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
      const std::size_t equals = part.find('=');
      if (equals != std::string_view::npos && part.substr(0, equals) == name) {
        return std::string(part.substr(equals + 1));
      }
      begin = end + 1;
    }
  }
  return {};
}

std::string form_value(const Request& request, std::string_view name) {
  for (const auto& [key, value] : parse_query(request.body)) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

Response Sessions::grant_token(const Request& request) {
  Response response;
  response.content_type = "application/json";
  response.with("Cache-Control", "no-store");
  std::string id = form_value(request, "client_id");
  std::string secret = form_value(request, "client_secret");
  if (const auto basic = basic_credentials(request)) {
    id = basic->first;
    secret = basic->second;
  }
  if (form_value(request, "grant_type") != "client_credentials") {
    response.status = 400;
    response.body = R"({"error":"unsupported_grant_type"})";
    return response;
  }
  if (id != client_id || secret != client_secret) {
    response.status = 401;
    response.with("WWW-Authenticate", "Basic realm=\"SAP OAuth2\"");
    response.body =
        R"({"error":"invalid_client","error_description":"Client authentication failed"})";
    return response;
  }
  const std::string token = "sap." + estate_.random.letters_and_digits(40);
  tokens_[token] = estate_.clock.wall() + token_length;
  response.body = Json{{"access_token", token},
                       {"token_type", "Bearer"},
                       {"expires_in", 3600},
                       {"scope", "API_SALES_ORDER_SRV_0001"}}
                      .dump();
  return response;
}

bool Sessions::is_logged_on(const Request& request) const {
  const std::string client =
      request.parameter("sap-client").value_or(std::string(request.header("sap-client")));
  if (!client.empty() && client != sap_client) return false;
  const std::string token = bearer_token(request);
  if (!token.empty()) {
    const auto found = tokens_.find(token);
    return found != tokens_.end() && estate_.clock.wall() < found->second;
  }
  const auto basic = basic_credentials(request);
  return basic && basic->first == user && basic->second == password;
}

const Sessions::Session* Sessions::session_of(const Request& request) const {
  const auto found = sessions_.find(cookie_of(request, session_cookie));
  return found == sessions_.end() ? nullptr : &found->second;
}

void Sessions::fetch_token(const Request& request, Response& response) {
  std::string id = cookie_of(request, session_cookie);
  if (sessions_.find(id) == sessions_.end()) {
    id = estate_.random.letters_and_digits(40);
    sessions_[id] = {estate_.random.letters_and_digits(22) + "==",
                     estate_.random.letters_and_digits(20)};
    // The vendor marks these secure; over plain loopback HTTP that would make clients drop them.
    response.with("Set-Cookie", "sap-usercontext=sap-client=100; path=/");
    response.with("Set-Cookie", std::string(session_cookie) + "=" + id + "; path=/; HttpOnly");
    response.with("Set-Cookie", std::string(xsrf_cookie) + "=" + sessions_[id].xsrf_cookie +
                                    "; path=/; HttpOnly");
  }
  response.with("x-csrf-token", sessions_[id].csrf_token);
}

bool Sessions::has_valid_token(const Request& request) const {
  const Session* session = session_of(request);
  return session != nullptr && request.header("x-csrf-token") == session->csrf_token &&
         cookie_of(request, xsrf_cookie) == session->xsrf_cookie;
}

void Sessions::end_session(const Request& request) {
  sessions_.erase(cookie_of(request, session_cookie));
}

}  // namespace perennial::sandbox::sap
