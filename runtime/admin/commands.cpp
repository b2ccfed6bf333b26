#include "runtime/admin/commands.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "runtime/admin/gather.hpp"
#include "runtime/admin/problem.hpp"
#include "runtime/admin/render.hpp"
#include "runtime/wire/routing.hpp"

namespace perennial::admin {
namespace {

using pipeline::CommandOutput;
using pipeline::CommandVerb;

constexpr std::size_t why_bytes_max = 2048;

struct ExceptionId {
  std::uint32_t partition = 0;
  Position position = 0;
};

// "X<partition>-<position>", as exception_id() writes it.
std::optional<ExceptionId> parse_exception_id(std::string_view text) {
  ExceptionId id;
  if (!text.starts_with('X')) return std::nullopt;
  const char* end = text.data() + text.size();
  auto read = std::from_chars(text.data() + 1, end, id.partition);
  if (read.ec != std::errc() || read.ptr == end || *read.ptr != '-') return std::nullopt;
  read = std::from_chars(read.ptr + 1, end, id.position);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return id;
}

// The reason in the body {"why": "..."}; an empty body gives none.
tl::expected<std::string, Response> read_why(const Request& request) {
  if (request.body.empty()) return std::string();
  const auto refuse = [](const std::string& came) {
    return tl::unexpected(
        problem(400, "bad_command", "expected a body {\"why\": \"...\"}, but " + came));
  };
  const Json body = Json::parse(request.body, nullptr, false);
  if (body.is_discarded()) return refuse("it is no JSON");
  if (!body.is_object()) return refuse("it is no object");
  std::string why;
  for (const auto& [name, value] : body.items()) {
    if (name != "why") return refuse("it has a member '" + name.substr(0, 80) + "'");
    if (!value.is_string()) return refuse("its why is no text");
    why = value.get<std::string>();
  }
  if (why.size() > why_bytes_max) {
    return refuse("its why has more than " + std::to_string(why_bytes_max) + " bytes");
  }
  return why;
}

bool is_configured(const Services& services, const std::string& connector) {
  return std::find(services.connectors.begin(), services.connectors.end(), connector) !=
         services.connectors.end();
}

Response no_connector(const std::string& connector) {
  return problem(404, "not_found",
                 "expected a configured connector, but there is no '" + connector + "'");
}

Response answer_of(const std::string& name, const std::string& id, const CommandOutput& output) {
  if (!output.is_done) return problem(Error{output.code, output.text});
  return ok({{"schema_version", 1}, {name, id}, {"text", output.text}});
}

void command_exception(const Services& services, CommandVerb verb, const Request& request,
                       const Reply& reply) {
  const std::string& text = request.params.at(0);
  const auto id = parse_exception_id(text);
  if (!id || id->partition >= services.partitions.size()) {
    reply(problem(
        404, "not_found",
        "expected the id of an exception like X0-123, but there is none with id '" + text + "'"));
    return;
  }
  const auto why = read_why(request);
  if (!why) {
    reply(why.error());
    return;
  }
  if (verb == CommandVerb::resolve && why->empty()) {
    reply(problem(400, "bad_command",
                  "expected a reason in the body {\"why\": \"...\"}, but there is none: resolving "
                  "gives a delivery up, and people will ask"));
    return;
  }
  pipeline::CommandCall call;
  call.verb = verb;
  call.exception = id->position;
  call.by = request.caller;
  call.why = *why;
  services.partitions[id->partition]->command(
      std::move(call),
      [reply, text](const CommandOutput& output) { reply(answer_of("exception", text, output)); });
}

// Where a source is to read: {"cursor": ...} or {"start": ...}, and why.
struct NewCursor {
  std::string cursor;
  std::string start;
  std::string why;
};

tl::expected<NewCursor, Response> read_new_cursor(const Request& request) {
  const auto refuse = [](const std::string& came) {
    return tl::unexpected(problem(400, "bad_command",
                                  "expected a body {\"cursor\" or \"start\": \"...\", \"why\": "
                                  "\"...\"}, but " +
                                      came));
  };
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return refuse("it is no JSON object");
  NewCursor read;
  for (const auto& [name, value] : body.items()) {
    std::string* const field = name == "cursor"  ? &read.cursor
                               : name == "start" ? &read.start
                               : name == "why"   ? &read.why
                                                 : nullptr;
    if (field == nullptr) return refuse("it has a member '" + name.substr(0, 80) + "'");
    if (!value.is_string()) return refuse("its " + name + " is no text");
    *field = value.get<std::string>();
  }
  if (read.why.empty() || read.why.size() > why_bytes_max) {
    return refuse("its why has " + std::to_string(read.why.size()) + " bytes");
  }
  return read;
}

void set_cursor(const Services& services, const Request& request, const Reply& reply) {
  const std::string& connector = request.params.at(0);
  const std::string& source = request.params.at(1);
  if (!is_configured(services, connector)) {
    reply(no_connector(connector));
    return;
  }
  auto read = read_new_cursor(request);
  if (!read) {
    reply(read.error());
    return;
  }
  pipeline::CommandCall call;
  call.verb = CommandVerb::set_cursor;
  call.connector = connector;
  call.source = source;
  call.cursor = read->cursor;
  call.start = read->start;
  call.by = request.caller;
  call.why = read->why;
  const std::size_t home = wire::home_partition(connector, source, services.partitions.size());
  services.partitions[home]->command(std::move(call),
                                     [reply, connector](const CommandOutput& output) {
                                       reply(answer_of("connector", connector, output));
                                     });
}

// Every partition has its own word on what flows to a connector; all are told.
void command_connector(const Services& services, CommandVerb verb, const Request& request,
                       const Reply& reply) {
  const std::string& connector = request.params.at(0);
  if (!is_configured(services, connector)) {
    reply(no_connector(connector));
    return;
  }
  const auto why = read_why(request);
  if (!why) {
    reply(why.error());
    return;
  }
  auto gather = std::make_shared<Gather<CommandOutput>>(
      services.partitions.size(), [reply, connector](const std::vector<CommandOutput>& outputs) {
        const auto refused = std::find_if(outputs.begin(), outputs.end(),
                                          [](const CommandOutput& one) { return !one.is_done; });
        const CommandOutput& told = refused == outputs.end() ? outputs.front() : *refused;
        reply(answer_of("connector", connector, told));
      });
  for (std::size_t index = 0; index < services.partitions.size(); ++index) {
    pipeline::CommandCall call;
    call.verb = verb;
    call.connector = connector;
    call.by = request.caller;
    call.why = *why;
    services.partitions[index]->command(
        std::move(call),
        [gather, index](const CommandOutput& output) { gather->put(index, output); });
  }
}

// The levels of the plugin boundary (plugin_api/include/perennial/status.h).
std::string_view level_word(std::uint32_t level) {
  constexpr std::array<std::string_view, 5> words = {"unknown", "debug", "ok", "warning", "error"};
  return level < words.size() ? words[level] : words[0];
}

void check_connector(const Services& services, const Request& request, const Reply& reply) {
  const std::string& connector = request.params.at(0);
  if (!is_configured(services, connector)) {
    reply(no_connector(connector));
    return;
  }
  services.home_of(connector).check(connector, [reply, connector](bool is_there,
                                                                  const auto& findings) {
    if (!is_there) {
      reply(problem(503, "unavailable",
                    "expected the host of connector " + connector +
                        " to be connected, but it is not: see /status for the reason"));
      return;
    }
    Json list = Json::array();
    bool is_well = true;
    for (const pipeline::FindingReply& finding : findings) {
      is_well = is_well && level_word(finding.level) != "error";
      list.push_back(
          {{"level", level_word(finding.level)}, {"name", finding.name}, {"text", finding.text}});
    }
    reply(ok({{"schema_version", 1},
              {"connector", connector},
              {"is_well", is_well},
              {"findings", list}}));
  });
}

Response webhook_response(const pipeline::WebhookReply& reply) {
  Response response;
  const bool is_status = reply.status >= 200 && reply.status <= 599;
  response.status = is_status ? reply.status : 500;
  // What a plugin says becomes a header: it may not begin another one.
  const bool is_plain = std::all_of(reply.content_type.begin(), reply.content_type.end(),
                                    [](char symbol) { return symbol >= ' ' && symbol < 0x7f; });
  response.content_type =
      is_plain && !reply.content_type.empty() ? reply.content_type : "text/plain";
  response.body = reply.body;
  if (response.status == 503) response.headers.emplace_back("Retry-After", "5");
  return response;
}

void call_webhook(const Services& services, const Request& request, const Reply& reply) {
  const std::string& connector = request.params.at(0);
  if (!is_configured(services, connector)) {
    reply(no_connector(connector));
    return;
  }
  pipeline::WebhookCall call;
  call.connector = connector;
  call.webhook = request.params.at(1);
  call.method = request.method;
  call.query = request.query_text;
  call.body = request.body;
  call.headers = request.headers;
  services.home_of(connector).webhook(
      std::move(call),
      [reply](const pipeline::WebhookReply& answer) { reply(webhook_response(answer)); });
}

}  // namespace

std::vector<Route> command_routes(const Services& services) {
  std::vector<Route> routes;
  const auto add = [&](const std::string& pattern, auto act, CommandVerb verb) {
    Route route;
    route.method = "POST";
    route.pattern = pattern;
    route.access = Access::operate;
    route.body_max = command_body_max;
    route.handler = [&services, act, verb](const Request& request, const Reply& reply) {
      act(services, verb, request, reply);
    };
    routes.push_back(std::move(route));
  };
  add("/v1/exceptions/{id}/retry", command_exception, CommandVerb::retry);
  add("/v1/exceptions/{id}/resolve", command_exception, CommandVerb::resolve);
  add("/v1/connectors/{name}/pause", command_connector, CommandVerb::pause);
  add("/v1/connectors/{name}/resume", command_connector, CommandVerb::resume);
  add("/v1/connectors/{name}/drain", command_connector, CommandVerb::drain);
  Route cursor;
  cursor.method = "POST";
  cursor.pattern = "/v1/connectors/{name}/cursors/{source}";
  cursor.access = Access::operate;
  cursor.body_max = command_body_max;
  cursor.handler = [&services](const Request& request, const Reply& reply) {
    set_cursor(services, request, reply);
  };
  routes.push_back(std::move(cursor));
  Route check;
  check.method = "GET";
  check.pattern = "/v1/connectors/{name}/check";
  check.handler = [&services](const Request& request, const Reply& reply) {
    check_connector(services, request, reply);
  };
  routes.push_back(std::move(check));
  return routes;
}

std::vector<Route> webhook_routes(const Services& services) {
  std::vector<Route> routes;
  for (const char* method : {"POST", "GET"}) {
    Route route;
    route.method = method;
    route.pattern = "/webhooks/{connector}/{webhook}";
    // No token: the plugin checks the sender's signature.
    route.access = Access::open;
    route.body_max = webhook_body_max;
    route.takes_any_query = true;
    route.handler = [&services](const Request& request, const Reply& reply) {
      call_webhook(services, request, reply);
    };
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace perennial::admin
