// A loopback HTTP/1.1 server with keep-alive, one thread a connection.
//
// Thread:  start and stop from one thread; the handler runs on connection threads concurrently.
// Owns:    its listening socket, its threads and their connections.
// Errors:  start answers a reason when the port cannot be bound.
// Limits:  16 MiB a request body, 64 KiB of headers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sandbox/base/http.hpp"

namespace perennial::sandbox {

class HttpServer {
 public:
  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds 127.0.0.1; port 0 takes a free one. Empty on success, else the reason.
  std::string start(std::uint16_t port);
  std::uint16_t port() const;
  std::string url() const;
  // Closes all connections and joins all threads. Safe to call twice.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace perennial::sandbox
