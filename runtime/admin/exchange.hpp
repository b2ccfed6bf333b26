// One HTTP request and its answer as plain values; no HTTP library in sight.
//
// Place:   between http_server, the router and the handlers.
// Owns:    everything in it, because it crosses threads.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perennial::admin {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;                        // upper case
  std::string path;                          // as sent, without the query
  std::string query_text;                    // as sent
  std::map<std::string, std::string> query;  // decoded; filled by the router
  Headers headers;                           // names in lower case
  std::string body;
  std::vector<std::string> params;  // decoded path segments that a pattern leaves open, in order
  std::string caller;               // name of the token

  // Empty when it was not sent; the first of several.
  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
  [[nodiscard]] std::string option(const std::string& name,
                                   const std::string& otherwise = {}) const {
    const auto found = query.find(name);
    return found == query.end() ? otherwise : found->second;
  }
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  Headers headers;
  std::string body;
};

// May be called from any thread, once; later calls are ignored.
using Reply = std::function<void(Response)>;
using Handler = std::function<void(const Request&, Reply)>;

}  // namespace perennial::admin
