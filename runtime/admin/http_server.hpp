// The HTTP/1.1 server: accepts, reads, limits, times out, and hands requests to the router.
//
// Place:   started by app; the only files that include Boost.Beast.
// Thread:  one of its own for all connections. Handlers run on it and must not block; replies may
//          come from any thread.
// Owns:    its connections. Stopping ends them; a reply that comes later is dropped.
// Errors:  listen() says why the address cannot be used. A request that breaks a limit gets a
//          problem response and its connection is closed.
// Limits:  HttpLimits.
// Format:  RFC 9112.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/admin/router.hpp"
#include "runtime/base/status.hpp"

namespace perennial::admin {

struct HttpLimits {
  std::size_t header_bytes = 16ULL * 1024;
  std::size_t connections = 1024;
  std::chrono::milliseconds read{30'000};    // of one request, from its first byte
  std::chrono::milliseconds idle{60'000};    // between requests
  std::chrono::milliseconds answer{30'000};  // of a handler
};

class HttpServer {
 public:
  // Port 0 takes a free one.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> listen(const std::string& host,
                                                                  std::uint16_t port, Router router,
                                                                  HttpLimits limits = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;

 private:
  class Core;
  explicit HttpServer(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace perennial::admin
