// Which handler takes a request, and whether the caller may.
//
// Place:   asked by http_server once the head of a request is there, before its body is read.
// Thread:  immutable; any.
// Errors:  refusals are whole responses: 400, 401, 403, 404, 405.
// Limits:  the body limit of each route.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "runtime/admin/exchange.hpp"

namespace perennial::admin {

// Each may do what the ones before it may; `open` needs no token.
enum class Access { open, viewer, operate, admin };

struct Token {
  std::string name;
  Access role = Access::viewer;
  std::string secret;
};

struct Route {
  std::string method;
  std::string pattern;  // "/v1/exceptions/{id}/retry"
  Access access = Access::viewer;
  std::size_t body_max = 0;
  std::vector<std::string> options;  // names that the query may have
  Handler handler;
  // The query is the business of the handler: its names are not checked.
  bool takes_any_query = false;
};

class Router {
 public:
  Router(std::vector<Route> routes, std::vector<Token> tokens);

  struct Match {
    const Route* route = nullptr;
    std::optional<Response> refusal;
  };
  // Fills query, params and caller of the request.
  [[nodiscard]] Match match(Request& request) const;
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  [[nodiscard]] std::optional<Response> admit(const Route& route, Request& request) const;

  std::vector<Route> routes_;
  std::vector<std::vector<std::string>> patterns_;  // segments of each route
  std::vector<Token> tokens_;
};

// Nothing when an escape is malformed.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
// Takes the same time wherever the two differ.
[[nodiscard]] bool is_same_secret(std::string_view left, std::string_view right);

}  // namespace perennial::admin
