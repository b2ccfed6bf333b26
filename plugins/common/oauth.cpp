#include "plugins/common/oauth.hpp"

#include <algorithm>

#include "plugins/common/jwt.hpp"
#include "plugins/common/rate_hint.hpp"
#include "plugins/common/url.hpp"

namespace perennial::plugins::common {
namespace {

using Clock = std::chrono::steady_clock;

// Salesforce accepts an assertion for at most three minutes ("OAuth 2.0 JWT Bearer Flow for
// Server-to-Server Integration", help.salesforce.com).
constexpr std::int64_t assertion_seconds = 180;
// A token is renewed this much before its end, so that it does not expire on its way.
constexpr std::int64_t expiry_margin_seconds = 30;
// A token answer without expires_in (Salesforce sends none) is used until it is refused.
constexpr std::int64_t open_end_seconds = 86'400;

struct TokenErrorRow {
  std::string_view error;
  sdk::OutcomeKind kind;
};

// RFC 6749 5.2 (token endpoint) and 4.1.2.1 for the two server-side ones, which several servers
// send from the token endpoint too.
constexpr TokenErrorRow token_errors[] = {
    {"invalid_request", kinds::unauthorized},      {"invalid_client", kinds::unauthorized},
    {"invalid_client_id", kinds::unauthorized},    {"invalid_grant", kinds::unauthorized},
    {"invalid_assertion", kinds::unauthorized},    {"invalid_app_access", kinds::unauthorized},
    {"inactive_user", kinds::unauthorized},        {"inactive_org", kinds::unauthorized},
    {"unauthorized_client", kinds::unauthorized},  {"unsupported_grant_type", kinds::unauthorized},
    {"invalid_scope", kinds::unauthorized},        {"access_denied", kinds::unauthorized},
    {"rate_limit_exceeded", kinds::throttled},     {"server_error", kinds::try_again},
    {"temporarily_unavailable", kinds::try_again},
};

Fault missing_secret(const std::string& field) {
  return {kinds::unauthorized, "secret_missing",
          "the secret of the config field `" + field + "` is not set"};
}

Answer<Token> token_of(const HttpResponse& response) {
  const Parsed<Json> body = parse_json(response.body);
  const std::string value = body ? text_at(*body, {"access_token"}) : "";
  if (value.empty()) {
    return tl::unexpected(Fault{kinds::try_again, "token_unreadable",
                                "the token endpoint answered without an access_token"});
  }
  Token token;
  token.value = value;
  token.instance_url = text_at(*body, {"instance_url"});
  if (const auto date = response.headers.find("date")) token.server_ms = ms_of_http_date(*date);
  const std::string lifetime = text_at(*body, {"expires_in"});
  const std::int64_t seconds =
      lifetime.empty() ? open_end_seconds : std::atoll(lifetime.c_str()) - expiry_margin_seconds;
  token.fresh_until = Clock::now() + std::chrono::seconds(std::max<std::int64_t>(seconds, 1));
  return token;
}

}  // namespace

Fault token_fault(const HttpResponse& response) {
  Fault fault = fault_of_status(response, true);
  const Parsed<Json> body = parse_json(response.body);
  const std::string error = body ? text_at(*body, {"error"}) : "";
  const auto row = std::find_if(std::begin(token_errors), std::end(token_errors),
                                [&](const TokenErrorRow& known) { return known.error == error; });
  if (row != std::end(token_errors)) {
    fault.kind = row->kind;
  } else if (fault.kind == kinds::rejected) {
    // A token endpoint that refuses for a reason we do not know is still a matter of credentials.
    fault.kind = kinds::unauthorized;
  }
  // Salesforce reports its login rate as an invalid_grant with this description.
  const std::string description = body ? text_at(*body, {"error_description"}) : "";
  if (description == "login rate exceeded") fault.kind = kinds::throttled;
  if (!error.empty()) {
    fault.code = error;
    fault.text = "no access token: " + error + (description.empty() ? "" : ": " + description);
  }
  return fault;
}

TokenSource::TokenSource(OauthSettings settings, SecretReader secrets, Transport& transport)
    : settings_(std::move(settings)), secrets_(std::move(secrets)), transport_(transport) {}

Answer<Token> TokenSource::token(const Deadline& deadline, std::int64_t now_ms) {
  const std::unique_lock lock(mutex_, deadline.end());
  if (!lock) return tl::unexpected(deadline_passed());
  if (cached_ && Clock::now() < cached_->fresh_until) return *cached_;
  return fetch(deadline, now_ms);
}

Answer<Token> TokenSource::replacement(const std::string& refused, const Deadline& deadline,
                                       std::int64_t now_ms) {
  const std::unique_lock lock(mutex_, deadline.end());
  if (!lock) return tl::unexpected(deadline_passed());
  if (cached_ && cached_->value != refused) return *cached_;
  cached_.reset();
  return fetch(deadline, now_ms);
}

Answer<Json> TokenSource::parameters(std::int64_t now_ms) const {
  Json form = Json::object();
  if (settings_.grant == Grant::jwt_bearer) {
    const auto key = secrets_(settings_.key_field);
    if (!key) return tl::unexpected(missing_secret(settings_.key_field));
    const Json claims = {{"iss", settings_.client_id},
                         {"sub", settings_.subject},
                         {"aud", settings_.audience},
                         {"exp", now_ms / 1000 + assertion_seconds}};
    const Parsed<std::string> assertion = signed_jwt(claims, *key);
    if (!assertion) {
      return tl::unexpected(Fault{kinds::unauthorized, "private_key_unusable", assertion.error()});
    }
    form["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    form["assertion"] = *assertion;
    return form;
  }
  form["grant_type"] = "client_credentials";
  if (!settings_.scope.empty()) form["scope"] = settings_.scope;
  return form;
}

Answer<Token> TokenSource::fetch(const Deadline& deadline, std::int64_t now_ms) {
  Answer<Json> form = parameters(now_ms);
  if (!form) return tl::unexpected(form.error());
  HttpRequest request;
  request.method = "POST";
  request.url = settings_.token_url;
  request.headers = settings_.headers;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.headers.add("Accept", "application/json");
  if (settings_.grant == Grant::client_credentials) {
    const auto secret = secrets_(settings_.secret_field);
    if (!secret) return tl::unexpected(missing_secret(settings_.secret_field));
    if (settings_.is_secret_in_header) {
      request.headers.add("Authorization",
                          "Basic " + base64_of(percent_encoded(settings_.client_id) + ":" +
                                               percent_encoded(*secret)));
    } else {
      (*form)["client_id"] = settings_.client_id;
      (*form)["client_secret"] = *secret;
    }
  }
  request.body = form_of(*form);
  const Answer<HttpResponse> response =
      send_within(transport_, std::move(request), deadline, settings_.timeout_ms);
  if (!response) return tl::unexpected(as_read(response.error()));
  if (!is_success(response->status)) return tl::unexpected(token_fault(*response));
  Answer<Token> token = token_of(*response);
  if (token) cached_ = *token;
  return token;
}

}  // namespace perennial::plugins::common
