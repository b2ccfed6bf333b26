#include "plugins/billing/caller.hpp"

#include "plugins/billing/faults.hpp"
#include "plugins/common/url.hpp"

namespace perennial::plugins::billing {

using common::Answer;
using common::Json;

namespace {

// 20 pages of 100 objects; beyond that the answer is "cannot tell".
constexpr int pages_max = 20;

Answer<Json> body_of(Answer<Dated> answer) {
  if (!answer) return tl::unexpected(answer.error());
  return std::move(answer->body);
}

}  // namespace

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

Answer<Dated> Caller::send(common::HttpRequest request, const common::Deadline& deadline,
                           bool is_read) {
  const Answer<common::HttpResponse> answer =
      common::send_within(transport_, std::move(request), deadline, config_.connection.timeout_ms);
  if (!answer) return tl::unexpected(is_read ? common::as_read(answer.error()) : answer.error());
  if (!common::is_success(answer->status)) return tl::unexpected(fault_of(*answer, is_read));
  common::Parsed<Json> body = common::parse_json(answer->body);
  if (body && body->is_object()) {
    const auto date = answer->headers.find("date");
    return Dated{std::move(*body), date ? common::ms_of_http_date(*date) : std::nullopt};
  }
  const common::Fault fault = common::unreadable_answer(body ? "no JSON object" : body.error());
  return tl::unexpected(is_read ? common::as_read(fault) : fault);
}

Answer<Json> Caller::get(const std::string& path,
                         const std::vector<std::pair<std::string, std::string>>& query,
                         const common::Deadline& deadline) {
  return body_of(get_dated(path, query, deadline));
}

Answer<Dated> Caller::get_dated(const std::string& path,
                                const std::vector<std::pair<std::string, std::string>>& query,
                                const common::Deadline& deadline) {
  Answer<common::HttpRequest> request = this->request("GET", path);
  if (!request) return tl::unexpected(request.error());
  if (!query.empty()) request->url += "?" + common::query_of(query);
  return send(std::move(*request), deadline, true);
}

// docs.stripe.com/api/pagination: `starting_after` names the last object of the page before.
Answer<std::vector<Json>> Caller::list(
    const std::string& path, const std::vector<std::pair<std::string, std::string>>& query,
    const common::Deadline& deadline) {
  std::vector<Json> all;
  std::string after;
  for (int page = 0; page < pages_max; ++page) {
    std::vector<std::pair<std::string, std::string>> asked = query;
    asked.emplace_back("limit", "100");
    if (!after.empty()) asked.emplace_back("starting_after", after);
    const Answer<Json> list = get(path, asked, deadline);
    if (!list) return tl::unexpected(list.error());
    const Json* rows = common::find_at(*list, {"data"});
    if (rows == nullptr || !rows->is_array()) {
      return tl::unexpected(common::as_read(common::unreadable_answer("a list without `data`")));
    }
    all.insert(all.end(), rows->begin(), rows->end());
    const Json* has_more = common::find_at(*list, {"has_more"});
    if (rows->empty() || has_more == nullptr || *has_more != true) return all;
    after = common::text_at(rows->back(), {"id"});
  }
  return tl::unexpected(common::Fault{common::kinds::try_again, "too_many_objects",
                                      "there are more of " + path + " than a call may read"});
}

Answer<Json> Caller::post(const std::string& path, const Json& parameters,
                          const std::string& idempotency_key, const common::Deadline& deadline) {
  Answer<common::HttpRequest> request = this->request("POST", path);
  if (!request) return tl::unexpected(request.error());
  request->headers.add("Idempotency-Key", idempotency_key);
  request->headers.add("Content-Type", "application/x-www-form-urlencoded");
  request->body = common::form_of(parameters);
  return body_of(send(std::move(*request), deadline, false));
}

Answer<Json> Caller::remove(const std::string& path, const common::Deadline& deadline) {
  Answer<common::HttpRequest> request = this->request("DELETE", path);
  if (!request) return tl::unexpected(request.error());
  return body_of(send(std::move(*request), deadline, false));
}

}  // namespace perennial::plugins::billing
