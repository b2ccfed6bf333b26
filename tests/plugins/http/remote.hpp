// A remote of the http connector's tests: a server on loopback and a connector that is told of it.
#ifndef PERENNIAL_TESTS_PLUGINS_HTTP_REMOTE_HPP
#define PERENNIAL_TESTS_PLUGINS_HTTP_REMOTE_HPP

#include <gtest/gtest.h>

#include "plugins/common/curl_transport.hpp"
#include "plugins/http/client.hpp"
#include "plugins/http/records.hpp"
#include "tests/plugins/support/loopback_server.hpp"
#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::tests {

using Answers = LoopbackServer::Handler;

// "GET /items?page=2" of a request.
inline std::string line_of(const LoopbackServer::Request& request) {
  return request.head.substr(0, request.head.find(" HTTP/1.1"));
}

// The value of a header field of a request, or "".
inline std::string field_of(const LoopbackServer::Request& request, const std::string& name) {
  const std::size_t at = request.head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return request.head.substr(begin, request.head.find("\r\n", begin) - begin);
}

inline LoopbackServer::Answer json_answer(int status, const Json& body,
                                          const std::string& headers = "") {
  return {.bytes = http_answer(status, body.dump(), headers)};
}

class Remote {
 public:
  // `config` gets the server's address as its base_url, and no authentication if it states none.
  Remote(Answers answers, Json config, plugins::common::SecretReader secrets = tests::all_secrets())
      : server_(std::move(answers)) {
    config["base_url"] = server_.url() + "/api";
    if (!config.contains("auth")) config["auth"] = {{"kind", "none"}};
    if (config["auth"]["kind"] == "oauth2") config["auth"]["token_url"] = server_.url() + "/token";
    auto read = plugins::http::read_config(config_value(config));
    if (!read) throw std::runtime_error(read.error());
    config_ = std::move(*read);
    transport_ = std::make_unique<plugins::common::CurlTransport>(config_.connection.curl);
    caller_ = std::make_unique<plugins::http::Caller>(config_, std::move(secrets), *transport_);
    client_ = std::make_unique<plugins::http::Client>(config_, *caller_);
    records_ = std::make_unique<plugins::http::Records>(config_, *caller_);
  }

  sdk::Outcome execute(std::string_view operation, const Json& payload,
                       const std::string& key = "key-1") {
    return client_->execute(operation, Case(payload, key).request());
  }
  sdk::LookupAnswer find(std::string_view operation, const Json& payload,
                         const std::string& key = "key-1") {
    return client_->find(operation, Case(payload, key).request());
  }
  plugins::http::Client& client() { return *client_; }

  // One poll; what it gave is in the recorder.
  sdk::SourceResult poll(SourceRecorder& recorder, const std::string& cursor = "",
                         const std::string& start = "all") {
    sdk::SourceReply reply(recorder.reply());
    return records_->poll({.source = "records",
                           .cursor = cursor,
                           .start = start,
                           .now_ms = test_now_ms,
                           .deadline_ms = 30'000,
                           .records_max = 500,
                           .bytes_max = 1'000'000},
                          reply);
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& request : server_.requests()) all.push_back(line_of(request));
    return all;
  }
  std::vector<LoopbackServer::Request> requests() const { return server_.requests(); }
  const LoopbackServer& server() const { return server_; }

 private:
  LoopbackServer server_;
  plugins::http::Config config_;
  std::unique_ptr<plugins::common::CurlTransport> transport_;
  std::unique_ptr<plugins::http::Caller> caller_;
  std::unique_ptr<plugins::http::Client> client_;
  std::unique_ptr<plugins::http::Records> records_;
};

}  // namespace perennial::tests

#endif
