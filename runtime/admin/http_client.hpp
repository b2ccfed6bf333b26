// A blocking HTTP client for the API of a runtime on this machine.
//
// Place:   the command line; the only files of admin that include libcurl.
// Thread:  one at a time.
// Errors:  Code::unavailable when nothing answers; an answer of any status is an answer.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "runtime/admin/exchange.hpp"
#include "runtime/base/status.hpp"

namespace perennial::admin {

class HttpClient {
 public:
  // `base` is "http://127.0.0.1:7400"; an empty token sends none.
  HttpClient(std::string base, std::string token,
             std::chrono::milliseconds deadline = std::chrono::seconds(35));
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `target` is path and query, escaped already.
  [[nodiscard]] Result<Response> call(const std::string& method, const std::string& target,
                                      const std::string& body = {}, const Headers& headers = {});

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  const std::string base_;
  const std::string token_;
  const std::chrono::milliseconds deadline_;
};

// For paths and queries: everything but letters, digits and -._~ as %XX (RFC 3986, 2.3).
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace perennial::admin
