#include "runtime/app/verbs_nouns.hpp"

#include <iostream>

namespace perennial::app {
namespace {

int exit_code_of(const admin::Response& response, const Json& body) {
  if (response.status < 300) return exit_ok;
  if (body.is_object() && body.value("code", "") == "bad_query") return exit_usage;
  const bool is_environment =
      response.status == 401 || response.status == 403 || response.status >= 500;
  return is_environment ? exit_environment : exit_findings;
}

// The reasons that the API gave, one a line.
std::string reasons_of(const admin::Response& response, const Json& body) {
  if (!body.is_object()) return "the runtime answered " + std::to_string(response.status);
  std::string text = cell(body, "detail");
  if (body.contains("events") && body["events"].is_array()) {
    for (const Json& one : body["events"]) {
      if (!one.contains("reason")) continue;
      const std::string name = one.contains("id") ? cell(one, "id") : "index " + cell(one, "index");
      text += "\n  " + name + ": " + cell(one, "reason");
    }
  }
  return text;
}

int show(const Invocation& invocation, const Result<admin::Response>& answer,
         const ToText& to_text) {
  if (!answer) return explain(invocation, answer.error().reason, exit_environment);
  const Json body = Json::parse(answer->body, nullptr, false);
  const int code = exit_code_of(*answer, body);
  if (code != exit_ok && invocation.is_json && body.is_object()) {
    Json shown = {{"schema_version", 1}, {"error", cell(body, "detail")}};
    shown.update(body);
    std::cout << shown.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
    return code;
  }
  if (code != exit_ok) return explain(invocation, reasons_of(*answer, body), code);
  if (body.is_discarded()) {
    return explain(invocation, "expected JSON of the runtime, but something else came",
                   exit_environment);
  }
  std::cout << (invocation.is_json ? answer->body + "\n" : to_text(body));
  // A check that found an error is a finding, though the runtime answered.
  const auto is_well = body.find("is_well");
  return is_well != body.end() && *is_well == false ? exit_findings : exit_ok;
}

}  // namespace

std::string word_at(const Invocation& invocation, std::size_t index) {
  return index < invocation.arguments.size() ? invocation.arguments[index] : std::string();
}

std::string cell(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string short_time(const Json& object, const std::string& name) {
  std::string text = cell(object, name);
  if (text.size() < 19) return text;
  text.resize(19);
  text[10] = ' ';
  return text;
}

std::string query_of(const Invocation& invocation, const std::vector<std::string>& names) {
  std::string query;
  for (const std::string& name : names) {
    if (!invocation.has(name)) continue;
    query +=
        (query.empty() ? "?" : "&") + name + "=" + admin::percent_encode(invocation.option(name));
  }
  return query;
}

int ask(const Invocation& invocation, const std::string& target, const ToText& to_text) {
  const auto config = load_or_explain(invocation);
  if (!config) return exit_findings;
  const auto desk = Desk::open(*config, Role::viewer);
  if (!desk) return explain(invocation, desk.error().reason, exit_environment);
  return show(invocation, (*desk)->get(target), to_text);
}

int tell(const Invocation& invocation, const std::string& target, const std::string& body,
         const std::string& content_type, const ToText& to_text) {
  const auto config = load_or_explain(invocation);
  if (!config) return exit_findings;
  const auto desk = Desk::open(*config, Role::operate);
  if (!desk) return explain(invocation, desk.error().reason, exit_environment);
  return show(invocation, (*desk)->post(target, body, content_type), to_text);
}

int refuse_usage(const Invocation& invocation, const std::string& usage) {
  std::string came;
  for (const std::string& word : invocation.arguments) came += " " + word;
  return explain(invocation,
                 "expected " + usage + ", but '" + (came.empty() ? "" : came.substr(1)) + "' came",
                 exit_usage);
}

std::vector<Verb> noun_verbs() {
  return {renewal_verb(), exception_verb(), event_verb(), connector_verb(), plugin_verb()};
}

}  // namespace perennial::app
