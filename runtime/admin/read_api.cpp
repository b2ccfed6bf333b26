#include "runtime/admin/read_api.hpp"

#include <charconv>
#include <iterator>

#include "runtime/admin/problem.hpp"
#include "runtime/admin/render.hpp"

namespace perennial::admin {
namespace {

constexpr std::size_t page_rows = 100;

std::optional<Response> refuse_unlisted(const Request& request, const std::string& option,
                                        std::initializer_list<std::string_view> words) {
  const std::string value = request.option(option);
  std::string known;
  for (std::string_view word : words) {
    if (value == word) return std::nullopt;
    known += (known.empty() ? "" : ", ") + std::string(word);
  }
  if (value.empty()) return std::nullopt;
  return problem(400, "bad_query",
                 "expected " + option + " to be one of " + known + ", but '" + value + "' came");
}

template <typename Row>
Json page_json(const std::string& name, const view::Page<Row>& page) {
  return {{"schema_version", 1}, {name, to_json_list(page.rows)}, {"next", page.next}};
}

}  // namespace

tl::expected<std::size_t, Response> limit_of(const Request& request, std::size_t otherwise) {
  const std::string text = request.option("limit");
  if (text.empty()) return otherwise;
  std::size_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_sound = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (is_sound && value >= 1 && value <= limit_max) return value;
  return tl::unexpected(problem(
      400, "bad_query",
      "expected limit to be 1 to " + std::to_string(limit_max) + ", but '" + text + "' came"));
}

Response ReadApi::renewals(const Request& request) const {
  if (auto refusal =
          refuse_unlisted(request, "state", {"blocked", "running", "waiting", "settled"})) {
    return *refusal;
  }
  const auto limit = limit_of(request, page_rows);
  if (!limit) return limit.error();
  const auto page = view_.renewals({request.option("state"), request.option("cursor"), *limit});
  return page ? ok(page_json("renewals", *page)) : problem(page.error());
}

Response ReadApi::renewal(const Request& request) const {
  const auto correlation = view_.resolve(request.params.at(0));
  if (!correlation) return problem(correlation.error());
  const auto story = view_.renewal(*correlation);
  if (!story) return problem(story.error());
  Json exceptions = Json::array();
  for (const auto& row : story->exceptions) exceptions.push_back(to_json(row, false));
  return ok({{"schema_version", 1},
             {"renewal", to_json(story->renewal)},
             {"timeline", to_json_list(story->timeline)},
             {"deliveries", to_json_list(story->deliveries)},
             {"exceptions", exceptions}});
}

Response ReadApi::timeline(const Request& request) const {
  const auto limit = limit_of(request, page_rows);
  if (!limit) return limit.error();
  const auto page = view_.timeline(request.option("after"), *limit);
  return page ? ok(page_json("timeline", *page)) : problem(page.error());
}

Response ReadApi::events(const Request& request) const {
  const auto limit = limit_of(request, page_rows);
  if (!limit) return limit.error();
  const auto page = view_.events(
      {request.option("type"), request.option("correlation"), request.option("cursor"), *limit});
  return page ? ok(page_json("events", *page)) : problem(page.error());
}

Response ReadApi::event(const Request& request) const {
  const auto rows = view_.event(request.params.at(0));
  if (!rows) return problem(rows.error());
  return ok({{"schema_version", 1}, {"events", to_json_list(*rows)}});
}

Response ReadApi::exceptions(const Request& request) const {
  if (auto refusal = refuse_unlisted(request, "state", {"open", "trial", "closed"})) {
    return *refusal;
  }
  const auto limit = limit_of(request, page_rows);
  if (!limit) return limit.error();
  const auto rows =
      view_.exceptions({request.option("state"), request.option("owner"), request.option("cause"),
                        request.option("connector"), request.option("correlation"), *limit});
  if (!rows) return problem(rows.error());
  Json list = Json::array();
  for (const auto& row : *rows) list.push_back(to_json(row, false));
  return ok({{"schema_version", 1}, {"exceptions", list}});
}

Response ReadApi::exception(const Request& request) const {
  const auto row = view_.exception(request.params.at(0));
  if (!row) return problem(row.error());
  return ok({{"schema_version", 1}, {"exception", to_json(*row, true)}});
}

// Partitions journal their own cursors and flows; a person asks for the connector.
Response ReadApi::connectors(const Request& /*request*/) const {
  const auto rows = view_.connectors();
  if (!rows) return problem(rows.error());
  std::vector<view::ConnectorRow> merged;
  for (const view::ConnectorRow& row : *rows) {
    if (merged.empty() || merged.back().name != row.name) {
      merged.push_back(row);
      continue;
    }
    view::ConnectorRow& known = merged.back();
    if (row.flow != "running") known.flow = row.flow;
    known.cursors.insert(known.cursors.end(), row.cursors.begin(), row.cursors.end());
  }
  return ok({{"schema_version", 1}, {"connectors", to_json_list(merged)}});
}

namespace {

using Method = Response (ReadApi::*)(const Request&) const;

struct Read {
  const char* pattern;
  std::vector<std::string> options;
  Method method;
};

std::vector<Route> routes_of(const ReadApi& api, const Run& run, const std::vector<Read>& reads) {
  std::vector<Route> routes;
  for (const Read& read : reads) {
    Route route;
    route.method = "GET";
    route.pattern = read.pattern;
    route.options = read.options;
    route.handler = [&api, run, method = read.method](const Request& request, Reply reply) {
      run([&api, method, request, reply = std::move(reply)] { reply((api.*method)(request)); });
    };
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace

std::vector<Route> read_routes(const ReadApi& api, const Run& run) {
  return routes_of(api, run,
                   {{"/v1/renewals", {"state", "cursor", "limit"}, &ReadApi::renewals},
                    {"/v1/renewals/{id}", {}, &ReadApi::renewal},
                    {"/v1/timeline", {"after", "limit"}, &ReadApi::timeline},
                    {"/v1/events", {"type", "correlation", "cursor", "limit"}, &ReadApi::events},
                    {"/v1/events/{id}", {}, &ReadApi::event}});
}

std::vector<Route> offline_routes(const ReadApi& api) {
  const Run at_once = [](const std::function<void()>& act) { act(); };
  std::vector<Route> routes = read_routes(api, at_once);
  auto more = routes_of(api, at_once,
                        {{"/v1/exceptions",
                          {"state", "owner", "cause", "connector", "correlation", "limit"},
                          &ReadApi::exceptions},
                         {"/v1/exceptions/{id}", {}, &ReadApi::exception},
                         {"/v1/connectors", {}, &ReadApi::connectors}});
  std::move(more.begin(), more.end(), std::back_inserter(routes));
  for (Route& route : routes) route.access = Access::open;
  return routes;
}

}  // namespace perennial::admin
