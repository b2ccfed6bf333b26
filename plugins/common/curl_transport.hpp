// HTTP over libcurl: kept-alive connections, verified TLS, bounded answers, no hidden repeats.
//
// Place:   made in a plugin's start(), given to its client.
// Thread:  send() may be called from several threads; each call borrows a handle of its own.
// Owns:    a handle with its live connections for each call that ever ran at the same time.
// Errors:  TransportFailure; libcurl's codes do not leave this folder.
// Limits:  CurlSettings::response_bytes_max of body, 64 KiB and 256 header fields.
#ifndef PERENNIAL_PLUGINS_COMMON_CURL_TRANSPORT_HPP
#define PERENNIAL_PLUGINS_COMMON_CURL_TRANSPORT_HPP

#include <memory>
#include <mutex>
#include <vector>

#include "plugins/common/transport.hpp"

namespace perennial::plugins::common {

struct CurlSettings {
  std::string proxy;               // empty: none; environment variables are not consulted
  std::string ca_file;             // empty: the system's certificates
  std::string client_certificate;  // PEM file; empty: none
  std::string client_key;          // PEM file
  std::int64_t connect_timeout_ms = 5'000;
  std::size_t response_bytes_max = std::size_t{16} << 20u;
};

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(CurlSettings settings);
  ~CurlTransport() override;

  Exchange send(const HttpRequest& request) override;

 private:
  struct Handle;

  std::unique_ptr<Handle> borrow();
  void give_back(std::unique_ptr<Handle> handle);

  const CurlSettings settings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;  // guarded by mutex_
};

}  // namespace perennial::plugins::common

#endif
