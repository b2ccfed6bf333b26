#include "plugins/http/caller.hpp"

#include "plugins/common/url.hpp"

namespace perennial::plugins::http {
namespace {

using common::Answer;
using common::Fault;
using common::HttpRequest;
using common::Json;

// Shorter values are no secrets, and hiding them would spoil every answer.
constexpr std::size_t hidden_bytes_min = 6;

Fault unfilled(const Call& call, const std::string& what, const Unfilled& why) {
  return {common::kinds::rejected, "field_unusable",
          "call " + call.name + " cannot be made: the field {" + why.field + "} of its " + what +
              " " + why.why};
}

// Adds what the pairs give; the first that cannot be filled and is not optional is an error.
template <class Add>
std::optional<Fault> add_pairs(const Call& call, const std::vector<Pair>& pairs, const Scope& scope,
                               Target target, const std::string& what, Add add) {
  for (const Pair& pair : pairs) {
    auto value = pair.value.expand(scope, target);
    if (value) {
      add(pair.name, std::move(*value));
    } else if (!pair.is_optional) {
      return unfilled(call, what + " " + pair.name, value.error());
    }
  }
  return std::nullopt;
}

std::optional<Fault> put_body(const Call& call, const Scope& scope, HttpRequest& request) {
  const Json* part = call.body.find(scope.payload);
  if (part == nullptr) {
    return Fault{common::kinds::rejected, "body_missing",
                 "call " + call.name + " sends what the payload has at " + call.body.text() +
                     ", but the mapping gave nothing there"};
  }
  Json body = *part;
  if (call.key_field && !call.key_field->put(body, std::string(scope.key))) {
    return Fault{common::kinds::rejected, "key_unplaced",
                 "call " + call.name + " puts the key at " + call.key_field->text() +
                     " of its body, where something else than a map is on the way"};
  }
  request.headers.add("Content-Type", call.content_type);
  request.body = call.body_form == BodyForm::form ? common::form_of(body) : common::text_of(body);
  return std::nullopt;
}

void replace_all(std::string& text, const std::string& secret) {
  if (secret.size() < hidden_bytes_min) return;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
  }
}

}  // namespace

Caller::Caller(const Config& config, common::SecretReader secrets, common::Transport& transport)
    : config_(config),
      secrets_(std::move(secrets)),
      transport_(transport),
      tokens_(config.auth.oauth, secrets_, transport) {}

Answer<HttpRequest> Caller::request(const Call& call, const Scope& scope) const {
  HttpRequest request;
  request.method = call.method;
  const auto path = call.path.expand(scope, Target::path);
  if (!path) return tl::unexpected(unfilled(call, "path", path.error()));
  request.url = common::joined_url(config_.connection.base_url, *path);
  std::vector<std::pair<std::string, std::string>> query;
  const auto add_query = [&](const std::string& name, std::string value) {
    query.emplace_back(name, std::move(value));
  };
  if (auto fault = add_pairs(call, call.query, scope, Target::query, "query", add_query)) {
    return tl::unexpected(std::move(*fault));
  }
  if (!query.empty()) request.url += "?" + common::query_of(query);
  request.headers.add("Accept", call.accept);
  const auto add_header = [&](const std::string& name, std::string value) {
    request.headers.add(name, std::move(value));
  };
  if (auto fault = add_pairs(call, call.headers, scope, Target::header, "header", add_header)) {
    return tl::unexpected(std::move(*fault));
  }
  if (!call.key_header.empty()) request.headers.add(call.key_header, std::string(scope.key));
  if (call.body_form != BodyForm::none) {
    if (auto fault = put_body(call, scope, request)) return tl::unexpected(std::move(*fault));
  }
  if (request.body.size() > config_.request_bytes_max) {
    return tl::unexpected(Fault{common::kinds::rejected, "request_too_large",
                                "call " + call.name + " would send " +
                                    std::to_string(request.body.size()) + " bytes, more than the " +
                                    std::to_string(config_.request_bytes_max) +
                                    " of `request_bytes_max`"});
  }
  return request;
}

std::string Caller::secret_field() const {
  switch (config_.auth.kind) {
    case AuthKind::basic:
      return "auth.password";
    case AuthKind::bearer:
      return "auth.token";
    case AuthKind::api_key:
      return "auth.key";
    case AuthKind::none:
    case AuthKind::oauth2:
      break;
  }
  return {};
}

// A token endpoint that shows the request in its error would carry the client's secret out.
Answer<std::string> Caller::value_of(Answer<common::Token> token) const {
  if (token) return std::move(token->value);
  Fault fault = std::move(token.error());
  const std::string secret = secrets_("auth.client_secret").value_or("");
  for (const std::string& form : {secret, common::percent_encoded(secret)}) {
    replace_all(fault.text, form);
    replace_all(fault.code, form);
  }
  return tl::unexpected(std::move(fault));
}

Answer<std::string> Caller::credential(const common::Deadline& deadline, std::int64_t now_ms) {
  if (config_.auth.kind == AuthKind::none) return std::string();
  if (config_.auth.kind == AuthKind::oauth2) return value_of(tokens_.token(deadline, now_ms));
  const auto secret = secrets_(secret_field());
  if (secret) return *secret;
  return tl::unexpected(
      Fault{common::kinds::unauthorized, "secret_missing",
            "the secret of the config field `" + secret_field() + "` is not set"});
}

// "" when there is nothing but what was refused. A static secret may have been rotated meanwhile.
Answer<std::string> Caller::replacement(const std::string& refused,
                                        const common::Deadline& deadline, std::int64_t now_ms) {
  if (config_.auth.kind == AuthKind::none) return std::string();
  if (config_.auth.kind == AuthKind::oauth2) {
    return value_of(tokens_.replacement(refused, deadline, now_ms));
  }
  const std::string now = secrets_(secret_field()).value_or(refused);
  return now == refused ? std::string() : now;
}

void Caller::put_credential(HttpRequest& request, const std::string& credential) const {
  const Auth& auth = config_.auth;
  switch (auth.kind) {
    case AuthKind::none:
      return;
    case AuthKind::basic:  // RFC 7617
      request.headers.add("Authorization",
                          "Basic " + common::base64_of(auth.user + ":" + credential));
      return;
    case AuthKind::bearer:
    case AuthKind::oauth2:  // RFC 6750
      request.headers.add("Authorization", "Bearer " + credential);
      return;
    case AuthKind::api_key:
      if (!auth.is_in_query) return request.headers.add(auth.name, credential);
      request.url += (request.url.find('?') == std::string::npos ? "?" : "&") +
                     common::percent_encoded(auth.name) + "=" + common::percent_encoded(credential);
      return;
  }
}

// A remote that shows a request in its answer would carry the secret into logs and receipts.
void Caller::hide(common::HttpResponse& response, const std::string& credential) const {
  common::Headers shown;
  const std::string encoded = common::percent_encoded(credential);
  const std::string basic = config_.auth.kind == AuthKind::basic
                                ? common::base64_of(config_.auth.user + ":" + credential)
                                : std::string();
  const auto hidden = [&](std::string text) {
    for (const std::string* secret : {&credential, &encoded, &basic}) replace_all(text, *secret);
    return text;
  };
  for (const auto& [name, value] : response.headers.fields()) shown.add(name, hidden(value));
  response.headers = std::move(shown);
  response.body = hidden(std::move(response.body));
}

Answer<Seen> Caller::send(const HttpRequest& request, const common::Deadline& deadline,
                          std::int64_t now_ms) {
  Answer<std::string> held = credential(deadline, now_ms);
  if (!held) return tl::unexpected(held.error());
  const std::int64_t timeout_ms = config_.connection.timeout_ms;
  HttpRequest first = request;
  put_credential(first, *held);
  Answer<common::HttpResponse> answer =
      common::send_within(transport_, std::move(first), deadline, timeout_ms);
  // Refused credentials were refused before anything was done (RFC 9110, 15.5.2), so one request
  // with new ones is safe.
  if (answer && answer->status == 401) {
    Answer<std::string> renewed = replacement(*held, deadline, now_ms);
    if (!renewed) return tl::unexpected(renewed.error());
    if (!renewed->empty()) {
      held = std::move(renewed);
      HttpRequest second = request;
      put_credential(second, *held);
      answer = common::send_within(transport_, std::move(second), deadline, timeout_ms);
    }
  }
  if (!answer) return tl::unexpected(answer.error());
  hide(*answer, *held);
  return seen_of(std::move(*answer));
}

}  // namespace perennial::plugins::http
