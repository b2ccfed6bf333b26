#include "plugins/salesforce/org.hpp"

#include "plugins/common/url.hpp"
#include "plugins/salesforce/faults.hpp"

namespace perennial::plugins::salesforce {

using common::Answer;
using common::HttpResponse;
using common::Json;

Org::Org(const Config& config, common::SecretReader secrets, common::Transport& transport)
    : config_(config),
      transport_(transport),
      tokens_(config.oauth, std::move(secrets), transport) {}

void Org::notice_clock(std::optional<std::int64_t> server_ms, const Moment& moment) {
  if (server_ms) clock_difference_ms_ = *server_ms - moment.local_ms();
}

Answer<HttpResponse> Org::send_with(const common::Token& token, const std::string& method,
                                    const std::string& path, const std::string& body,
                                    const Moment& moment) {
  common::HttpRequest request;
  request.method = method;
  // The token answer names the host that serves this org; the login host need not.
  const std::string& host =
      token.instance_url.empty() ? config_.connection.base_url : token.instance_url;
  const bool is_absolute = path.rfind("/services/", 0) == 0;
  request.url = common::joined_url(
      host, is_absolute ? path : "/services/data/v" + config_.api_version + "/" + path);
  request.headers.add("Authorization", "Bearer " + token.value);
  request.headers.add("Accept", "application/json");
  if (!body.empty()) request.headers.add("Content-Type", "application/json");
  request.body = body;
  Answer<HttpResponse> answer = common::send_within(transport_, std::move(request), moment.deadline,
                                                    config_.connection.timeout_ms);
  if (answer) {
    const auto date = answer->headers.find("date");
    notice_clock(date ? common::ms_of_http_date(*date) : std::nullopt, moment);
  }
  return answer;
}

Answer<HttpResponse> Org::send(const std::string& method, const std::string& path,
                               const std::string& body, const Moment& moment) {
  const Answer<common::Token> token = tokens_.token(moment.deadline, moment.local_ms());
  if (!token) return tl::unexpected(token.error());
  notice_clock(token->server_ms, moment);
  Answer<HttpResponse> answer = send_with(*token, method, path, body, moment);
  if (!answer || answer->status != 401) return answer;
  const Answer<common::Token> renewed =
      tokens_.replacement(token->value, moment.deadline, moment.local_ms());
  if (!renewed) return tl::unexpected(renewed.error());
  return send_with(*renewed, method, path, body, moment);
}

Answer<Json> Org::get(const std::string& path, const Moment& moment) {
  const Answer<HttpResponse> answer = send("GET", path, "", moment);
  if (!answer) return tl::unexpected(common::as_read(answer.error()));
  if (!common::is_success(answer->status)) return tl::unexpected(fault_of(*answer, true));
  common::Parsed<Json> body = common::parse_json(answer->body);
  if (!body) return tl::unexpected(common::as_read(common::unreadable_answer(body.error())));
  return std::move(*body);
}

Answer<Json> Org::patch(const std::string& path, const Json& body, const Moment& moment) {
  const Answer<HttpResponse> answer = send("PATCH", path, common::text_of(body), moment);
  if (!answer) return tl::unexpected(answer.error());
  if (!common::is_success(answer->status)) return tl::unexpected(fault_of(*answer, false));
  common::Parsed<Json> parsed = common::parse_json(answer->body);
  if (!parsed) return tl::unexpected(common::unreadable_answer(parsed.error()));
  return std::move(*parsed);
}

Answer<Json> Org::query(const std::string& soql, const Moment& moment) {
  return first_page("query", soql, moment);
}

Answer<Json> Org::query_all(const std::string& soql, const Moment& moment) {
  return first_page("queryAll", soql, moment);
}

Answer<Json> Org::first_page(const std::string& resource, const std::string& soql,
                             const Moment& moment) {
  Answer<Json> page = get(resource + "?q=" + common::percent_encoded(soql), moment);
  if (!page) return page;
  const Json* records = common::find_at(*page, {"records"});
  if (records == nullptr || !records->is_array()) {
    return tl::unexpected(common::as_read(common::unreadable_answer("a query without `records`")));
  }
  return page;
}

Answer<std::int64_t> Org::server_ms(const Moment& moment) {
  if (clock_difference_ms_ == unseen) {
    const Answer<common::Token> token = tokens_.token(moment.deadline, moment.local_ms());
    if (!token) return tl::unexpected(token.error());
    notice_clock(token->server_ms, moment);
  }
  const std::int64_t difference_ms = clock_difference_ms_;
  return moment.local_ms() + (difference_ms == unseen ? 0 : difference_ms);
}

std::string soql_literal(std::string_view text) {
  std::string quoted = "'";
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') quoted += '\\';
    if (letter == '\n') {
      quoted += "\\n";
      continue;
    }
    quoted += letter;
  }
  return quoted + "'";
}

}  // namespace perennial::plugins::salesforce
