#include "tests/plugins/support/scripted_transport.hpp"

#include <gtest/gtest.h>

namespace perennial::tests {
namespace {

using plugins::common::Exchange;
using plugins::common::Headers;
using plugins::common::HttpRequest;
using plugins::common::Phase;
using plugins::common::TransportFailure;

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] == '%' && index + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(index + 1, 2)), nullptr, 16));
      index += 2;
    } else {
      out += text[index] == '+' ? ' ' : text[index];
    }
  }
  return out;
}

}  // namespace

ScriptedTransport& ScriptedTransport::answer(int status, std::string body, Headers headers) {
  script_.emplace_back(plugins::common::HttpResponse{status, std::move(headers), std::move(body)});
  return *this;
}

ScriptedTransport& ScriptedTransport::fail(Phase phase, std::string code) {
  script_.emplace_back(tl::unexpected(TransportFailure{phase, std::move(code), "scripted"}));
  return *this;
}

Exchange ScriptedTransport::send(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  if (script_.empty()) {
    ADD_FAILURE() << "no answer scripted for " << request.method << " " << request.url;
    return tl::unexpected(TransportFailure{Phase::surely_not_sent, "script_over", "script over"});
  }
  Exchange next = std::move(script_.front());
  script_.pop_front();
  return next;
}

plugins::common::SecretReader all_secrets() {
  return [](std::string_view field) { return "secret-of-" + std::string(field); };
}

plugins::common::SecretReader no_secrets() {
  return [](std::string_view) { return std::optional<std::string>(); };
}

std::vector<std::pair<std::string, std::string>> form_fields(const std::string& body) {
  std::vector<std::pair<std::string, std::string>> fields;
  std::size_t start = 0;
  while (start < body.size()) {
    const std::size_t end = std::min(body.find('&', start), body.size());
    const std::string pair = body.substr(start, end - start);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    fields.emplace_back(decoded(pair.substr(0, equals)),
                        equals < pair.size() ? decoded(pair.substr(equals + 1)) : "");
    start = end + 1;
  }
  return fields;
}

std::string form_value(const std::string& body, const std::string& name) {
  for (const auto& [field, value] : form_fields(body)) {
    if (field == name) return value;
  }
  return {};
}

std::string query_value(const std::string& url, const std::string& name) {
  const std::size_t mark = url.find('?');
  return mark == std::string::npos ? "" : form_value(url.substr(mark + 1), name);
}

}  // namespace perennial::tests
