// The door to the network, as connectors see it: one request, one answer or one failure.
//
// Place:   implemented by curl_transport in plugins and by a script in tests.
// Thread:  send() may be called from several threads at once.
// Errors:  a TransportFailure says whether the request can have reached the remote; that one bit
//          decides between "send it again" and "look it up first".
#ifndef PERENNIAL_PLUGINS_COMMON_TRANSPORT_HPP
#define PERENNIAL_PLUGINS_COMMON_TRANSPORT_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace perennial::plugins::common {

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // The first value of a field; names compare without regard to case (RFC 9110, 5.1).
  std::optional<std::string> find(std::string_view name) const;
  // All values, for fields that may not be joined, such as Set-Cookie.
  std::vector<std::string> find_all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  std::int64_t timeout_ms = 30'000;  // the whole exchange
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

enum class Phase {
  surely_not_sent,  // no byte of the request left this machine
  maybe_sent        // the remote may have acted on it
};

struct TransportFailure {
  Phase phase = Phase::maybe_sent;
  std::string code;  // stable, lower case: "connect_failed", "timeout", ...
  std::string text;
};

using Exchange = tl::expected<HttpResponse, TransportFailure>;

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Exchange send(const HttpRequest& request) = 0;
};

bool equals_ignoring_case(std::string_view left, std::string_view right);

}  // namespace perennial::plugins::common

#endif
