// The noun `connector`: how they are, whether they reach their remote, and stopping their flow.
#include "runtime/app/text_table.hpp"
#include "runtime/app/verbs_nouns.hpp"

namespace perennial::app {
namespace {

constexpr const char* usage =
    "connector list | connector check|pause|resume|drain NAME | connector cursor show NAME | "
    "connector cursor set NAME SOURCE (--cursor TEXT | --start now|all|TIME) --why TEXT";

// Offline rows know no host: they tell what the journal last said.
std::string host_text(const Json& row) {
  if (!row.contains("is_running")) return "no runtime";
  if (!row["is_running"].get<bool>()) return "down";
  return row["is_connected"].get<bool>() ? "connected" : "starting";
}

std::string list_text(const Json& body) {
  if (body["connectors"].empty()) return "no connectors\n";
  TextTable table({"NAME", "PLUGIN", "VERSION", "FLOW", "HOST", "PID", "RESTARTS", "LAST EXIT"});
  for (const Json& row : body["connectors"]) {
    const bool is_live = row.contains("is_running");
    table.add({cell(row, "connector"), cell(row, "plugin"), cell(row, "version"), cell(row, "flow"),
               host_text(row), cell(row, "pid"), is_live ? cell(row, "restarts") : "",
               is_live ? cell(row, "last_exit") : cell(row, "last_end")});
  }
  return table.text();
}

std::string check_text(const Json& body) {
  TextTable table({"LEVEL", "WHAT", "TEXT"});
  for (const Json& finding : body["findings"]) {
    table.add({cell(finding, "level"), cell(finding, "name"), cell(finding, "text")});
  }
  return body["findings"].empty() ? "the plugin has nothing to say\n" : table.text();
}

std::string cursors_text(const Json& body, const std::string& name) {
  TextTable table({"SOURCE", "CURSOR", "MOVED"});
  for (const Json& row : body["connectors"]) {
    if (cell(row, "connector") != name) continue;
    for (const Json& cursor : row["cursors"]) {
      table.add({cell(cursor, "source"), cell(cursor, "cursor"), short_time(cursor, "moved")});
    }
  }
  return table.text();
}

int cursor(const Invocation& invocation) {
  const std::string what = word_at(invocation, 1);
  const std::string name = word_at(invocation, 2);
  const std::string source = word_at(invocation, 3);
  if (what == "show" && !name.empty() && source.empty()) {
    return ask(invocation, "/v1/connectors",
               [&](const Json& body) { return cursors_text(body, name); });
  }
  const bool is_set = what == "set" && !source.empty() && !invocation.why.empty() &&
                      invocation.has("cursor") != invocation.has("start");
  if (!is_set) return refuse_usage(invocation, usage);
  const std::string place = invocation.has("cursor") ? "cursor" : "start";
  const Json body = {{place, invocation.option(place)}, {"why", invocation.why}};
  return tell(
      invocation,
      "/v1/connectors/" + admin::percent_encode(name) + "/cursors/" + admin::percent_encode(source),
      body.dump(-1, ' ', false, Json::error_handler_t::replace), "application/json",
      [&](const Json& answer) { return name + ": " + cell(answer, "text") + "\n"; });
}

int connector(const Invocation& invocation) {
  const std::string what = word_at(invocation, 0);
  const std::string name = word_at(invocation, 1);
  if (what == "cursor") return cursor(invocation);
  if (what == "list" && name.empty()) return ask(invocation, "/v1/connectors", list_text);
  const std::string path = "/v1/connectors/" + admin::percent_encode(name);
  if (what == "check" && !name.empty()) return ask(invocation, path + "/check", check_text);
  const bool is_command = (what == "pause" || what == "resume" || what == "drain") && !name.empty();
  if (!is_command) return refuse_usage(invocation, usage);
  return tell(invocation, path + "/" + what, Json{{"why", invocation.why}}.dump(),
              "application/json",
              [&](const Json& body) { return name + ": " + cell(body, "text") + "\n"; });
}

}  // namespace

Verb connector_verb() {
  return {"connector",
          usage,
          "lists connectors, checks them, stops and starts their flow, moves their sources",
          {"cursor", "start"},
          {},
          connector};
}

}  // namespace perennial::app
