#include "plugins/salesforce/org.hpp"

#include <charconv>

#include "plugins/common/url.hpp"
#include "plugins/salesforce/faults.hpp"

namespace perennial::plugins::salesforce {

namespace {

// One call a minute finds out whether the org has room again.
constexpr std::int64_t probe_every_ms = 60'000;

// "api-usage=18/5000", perhaps followed by further limits.
std::optional<std::pair<std::int64_t, std::int64_t>> usage_of(const std::string& text) {
  const std::size_t at = text.find("api-usage=");
  if (at == std::string::npos) return std::nullopt;
  std::int64_t used = 0;
  std::int64_t max = 0;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data() + at + 10, end, used);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/') return std::nullopt;
  if (std::from_chars(first.ptr + 1, end, max).ec != std::errc()) return std::nullopt;
  return std::pair{used, max};
}

}  // namespace

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
    notice_usage(answer->headers, moment);
  }
  return answer;
}

void Org::notice_usage(const common::Headers& headers, const Moment& moment) {
  const auto info = headers.find("sforce-limit-info");
  const auto usage = info ? usage_of(*info) : std::nullopt;
  if (!usage) return;
  const std::lock_guard lock(usage_mutex_);
  const bool was_over = usage_.used * 100 >= usage_.max * config_.api_usage_percent_max;
  usage_.used = usage->first;
  usage_.max = usage->second;
  if (!was_over || usage_.probe_ms == 0) usage_.probe_ms = moment.local_ms() + probe_every_ms;
}

std::optional<common::Fault> Org::over_limit(const Moment& moment) {
  const std::lock_guard lock(usage_mutex_);
  const bool is_over =
      usage_.max > 0 && usage_.used * 100 >= usage_.max * config_.api_usage_percent_max;
  if (!is_over) return std::nullopt;
  if (moment.local_ms() >= usage_.probe_ms) {
    usage_.probe_ms = moment.local_ms() + probe_every_ms;
    return std::nullopt;
  }
  common::Fault fault;
  fault.kind = common::kinds::throttled;
  fault.code = "api_limit_near";
  fault.text = "the org has used " + std::to_string(usage_.used) + " of its " +
               std::to_string(usage_.max) +
               " daily API calls; `api_usage_percent_max` keeps the rest";
  fault.after_ms = usage_.probe_ms - moment.local_ms();
  return fault;
}

// The list of versions needs no log-on ("Versions", REST API Developer Guide).
common::Fault Org::with_versions(common::Fault fault, const Moment& moment) {
  const Answer<HttpResponse> answer = send("GET", "/services/data", "", moment);
  const common::Parsed<Json> list =
      answer && common::is_success(answer->status)
          ? common::parse_json(answer->body)
          : common::Parsed<Json>(tl::unexpected(std::string("no list of versions")));
  std::string known;
  bool is_offered = false;
  if (list && list->is_array() && !list->empty()) {
    for (const Json& one : *list) {
      is_offered = is_offered || common::text_at(one, {"version"}) == config_.api_version;
    }
    known = common::text_at(list->front(), {"version"}) + " to " +
            common::text_at(list->back(), {"version"});
  }
  if (known.empty() || is_offered) return fault;
  fault.kind = common::kinds::unauthorized;
  fault.code = "UNSUPPORTED_API_VERSION";
  fault.text = "the org does not serve API version " + config_.api_version + ", it serves " +
               known + ": set `api_version`";
  return fault;
}

Answer<HttpResponse> Org::paced_send(const std::string& method, const std::string& path,
                                     const std::string& body, const Moment& moment) {
  if (auto fault = over_limit(moment)) return tl::unexpected(std::move(*fault));
  Answer<HttpResponse> answer = send(method, path, body, moment);
  const bool is_version_in_doubt = answer && (answer->status == 410 || answer->status == 404);
  if (!is_version_in_doubt || path.rfind("/services/", 0) == 0) return answer;
  const common::Fault fault = fault_of(*answer, method == "GET");
  common::Fault explained = with_versions(fault, moment);
  if (explained.text == fault.text) return answer;
  return tl::unexpected(std::move(explained));
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
  const Answer<HttpResponse> answer = paced_send("GET", path, "", moment);
  if (!answer) return tl::unexpected(common::as_read(answer.error()));
  if (!common::is_success(answer->status)) return tl::unexpected(fault_of(*answer, true));
  common::Parsed<Json> body = common::parse_json(answer->body);
  if (!body) return tl::unexpected(common::as_read(common::unreadable_answer(body.error())));
  return std::move(*body);
}

Answer<Json> Org::patch(const std::string& path, const Json& body, const Moment& moment) {
  const Answer<HttpResponse> answer = paced_send("PATCH", path, common::text_of(body), moment);
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
