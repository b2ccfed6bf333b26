#include "plugins/billing/caller.hpp"

#include "plugins/billing/faults.hpp"
#include "plugins/common/url.hpp"

namespace perennial::plugins::billing {

using common::Answer;
using common::Json;

Caller::Caller(const Config& config, common::SecretReader secrets, common::Transport& transport)
    : config_(config), secrets_(std::move(secrets)), transport_(transport) {}

Answer<common::HttpRequest> Caller::request(std::string method, const std::string& path) const {
  const auto key = secrets_("api_key");
  if (!key || key->empty()) {
    return tl::unexpected(common::Fault{common::kinds::unauthorized, "secret_missing",
                                        "the secret of the config field `api_key` is not set"});
  }
  common::HttpRequest request;
  request.method = std::move(method);
  request.url = common::joined_url(config_.connection.base_url, path);
  request.headers.add("Authorization", "Bearer " + *key);
  request.headers.add("Stripe-Version", config_.api_version);
  if (!config_.account.empty()) request.headers.add("Stripe-Account", config_.account);
  return request;
}

Answer<Json> Caller::send(common::HttpRequest request, const common::Deadline& deadline,
                          bool is_read) {
  const Answer<common::HttpResponse> answer =
      common::send_within(transport_, std::move(request), deadline, config_.connection.timeout_ms);
  if (!answer) return tl::unexpected(is_read ? common::as_read(answer.error()) : answer.error());
  if (!common::is_success(answer->status)) return tl::unexpected(fault_of(*answer, is_read));
  common::Parsed<Json> body = common::parse_json(answer->body);
  if (body && body->is_object()) return std::move(*body);
  const common::Fault fault = common::unreadable_answer(body ? "no JSON object" : body.error());
  return tl::unexpected(is_read ? common::as_read(fault) : fault);
}

Answer<Json> Caller::get(const std::string& path,
                         const std::vector<std::pair<std::string, std::string>>& query,
                         const common::Deadline& deadline) {
  Answer<common::HttpRequest> request = this->request("GET", path);
  if (!request) return tl::unexpected(request.error());
  if (!query.empty()) request->url += "?" + common::query_of(query);
  return send(std::move(*request), deadline, true);
}

Answer<Json> Caller::post(const std::string& path, const Json& parameters,
                          const std::string& idempotency_key, const common::Deadline& deadline) {
  Answer<common::HttpRequest> request = this->request("POST", path);
  if (!request) return tl::unexpected(request.error());
  request->headers.add("Idempotency-Key", idempotency_key);
  request->headers.add("Content-Type", "application/x-www-form-urlencoded");
  request->body = common::form_of(parameters);
  return send(std::move(*request), deadline, false);
}

Answer<Json> Caller::remove(const std::string& path, const common::Deadline& deadline) {
  Answer<common::HttpRequest> request = this->request("DELETE", path);
  if (!request) return tl::unexpected(request.error());
  return send(std::move(*request), deadline, false);
}

}  // namespace perennial::plugins::billing
