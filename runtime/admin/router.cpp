#include "runtime/admin/router.hpp"

#include <algorithm>

#include "runtime/admin/problem.hpp"

namespace perennial::admin {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

int hex_digit(char symbol) {
  if (symbol >= '0' && symbol <= '9') return symbol - '0';
  if (symbol >= 'a' && symbol <= 'f') return symbol - 'a' + 10;
  if (symbol >= 'A' && symbol <= 'F') return symbol - 'A' + 10;
  return -1;
}

bool is_open_segment(const std::string& segment) {
  return segment.starts_with('{');
}

// Whether the pattern fits; then `params` holds what stands at its open segments.
bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments,
          std::vector<std::string>& params) {
  if (pattern.size() != segments.size()) return false;
  params.clear();
  for (std::size_t index = 0; index < pattern.size(); ++index) {
    if (is_open_segment(pattern[index])) {
      auto value = percent_decode(segments[index]);
      if (!value || value->empty()) return false;
      params.push_back(std::move(*value));
    } else if (pattern[index] != segments[index]) {
      return false;
    }
  }
  return true;
}

std::optional<Response> read_query(const Route& route, Request& request) {
  if (route.takes_any_query) return std::nullopt;
  for (const std::string& pair : split(request.query_text, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decode(std::string_view(pair).substr(0, equals));
    const auto value =
        percent_decode(std::string_view(pair).substr(std::min(equals + 1, pair.size())));
    if (!name || !value) {
      return problem(400, "bad_query",
                     "expected %XX escapes in the query, but '" + pair + "' came");
    }
    if (std::find(route.options.begin(), route.options.end(), *name) == route.options.end()) {
      std::string known;
      for (const std::string& option : route.options) known += (known.empty() ? "" : ", ") + option;
      return problem(400, "bad_query",
                     "expected no query parameter '" + *name + "' of " + route.pattern + ": " +
                         (known.empty() ? "it takes none" : "it takes " + known));
    }
    request.query[*name] = *value;
  }
  return std::nullopt;
}

std::string_view role_name(Access access) {
  switch (access) {
    case Access::open:
      return "no";
    case Access::viewer:
      return "viewer";
    case Access::operate:
      return "operator";
    case Access::admin:
      return "admin";
  }
  return "admin";
}

Response unauthorized(std::string_view code, std::string_view detail) {
  Response response = problem(401, code, detail);
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"perennial\"");
  return response;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(text[at + 2]);
    if (low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return out;
}

bool is_same_secret(std::string_view left, std::string_view right) {
  std::size_t difference = left.size() ^ right.size();
  for (std::size_t index = 0; index < left.size(); ++index) {
    const char other = right.empty() ? '\0' : right[index % right.size()];
    difference |= static_cast<unsigned char>(left[index] ^ other);
  }
  return difference == 0;
}

Router::Router(std::vector<Route> routes, std::vector<Token> tokens)
    : routes_(std::move(routes)), tokens_(std::move(tokens)) {
  for (const Route& route : routes_) patterns_.push_back(split(route.pattern.substr(1), '/'));
}

Router::Match Router::match(Request& request) const {
  if (!request.path.starts_with('/')) {
    return {nullptr, problem(400, "bad_path", "expected a path that begins with /")};
  }
  const auto segments = split(std::string_view(request.path).substr(1), '/');
  std::string allowed;
  for (std::size_t index = 0; index < routes_.size(); ++index) {
    const Route& route = routes_[index];
    if (!fits(patterns_[index], segments, request.params)) continue;
    if (route.method != request.method) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      continue;
    }
    if (auto refusal = admit(route, request)) return {&route, std::move(refusal)};
    return {&route, read_query(route, request)};
  }
  if (allowed.empty()) {
    return {nullptr, problem(404, "no_route",
                             "expected a path of this API, but there is no '" + request.path +
                                 "': see docs/http-api.md")};
  }
  Response response =
      problem(405, "wrong_method",
              "expected " + allowed + " for this path, but " + request.method + " came");
  response.headers.emplace_back("Allow", allowed);
  return {nullptr, std::move(response)};
}

std::optional<Response> Router::admit(const Route& route, Request& request) const {
  if (route.access == Access::open) return std::nullopt;
  if (tokens_.empty()) {
    return unauthorized("no_tokens",
                        "expected tokens in the configuration, but there is none: add one under "
                        "http: tokens: and start again");
  }
  constexpr std::string_view scheme = "bearer ";
  const std::string_view header = request.header("authorization");
  const bool is_bearer =
      header.size() > scheme.size() &&
      std::equal(scheme.begin(), scheme.end(), header.begin(), [](char ours, char theirs) {
        return ours == (theirs >= 'A' && theirs <= 'Z' ? theirs - 'A' + 'a' : theirs);
      });
  if (!is_bearer) {
    return unauthorized("no_token",
                        "expected a header 'Authorization: Bearer TOKEN', but there is none");
  }
  const std::string_view secret = header.substr(scheme.size());
  const Token* found = nullptr;
  for (const Token& token : tokens_) {
    // Every token is compared, so that time tells nothing about which one was nearly right.
    if (is_same_secret(secret, token.secret)) found = &token;
  }
  if (found == nullptr) {
    return unauthorized("unknown_token", "expected a configured token, but this one is unknown");
  }
  if (found->role < route.access) {
    return problem(403, "wrong_role",
                   "expected the role " + std::string(role_name(route.access)) +
                       " for this, but token '" + found->name + "' has the role " +
                       std::string(role_name(found->role)));
  }
  request.caller = found->name;
  return std::nullopt;
}

}  // namespace perennial::admin
