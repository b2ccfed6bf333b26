// The noun `exception`: what waits for a person, and what the person decides.
#include "runtime/app/text_table.hpp"
#include "runtime/app/verbs_nouns.hpp"

namespace perennial::app {
namespace {

constexpr const char* usage = "exception list|show ID|retry ID [--why TEXT]|resolve ID --why TEXT";

std::string list_text(const Json& body) {
  if (body["exceptions"].empty()) return "no exceptions\n";
  TextTable table({"ID", "STATE", "OWNER", "CAUSE", "WHERE", "RENEWAL", "DUE", "COUNT", "TEXT"});
  for (const Json& row : body["exceptions"]) {
    const std::string operation = cell(row, "operation");
    table.add({cell(row, "id"), cell(row, "state"), cell(row, "owner"), cell(row, "cause"),
               cell(row, "connector") + (operation.empty() ? "" : "." + operation),
               cell(row, "correlation"), short_time(row, "due"), cell(row, "count"),
               cell(row, "text")});
  }
  return table.text();
}

std::string one_text(const Json& body) {
  std::string text;
  for (const auto& [name, value] : body["exception"].items()) {
    const bool is_told =
        !value.is_null() && !(value.is_string() && value.get<std::string>().empty());
    if (!is_told) continue;
    const std::string shown = value.is_structured()
                                  ? value.dump(2, ' ', false, Json::error_handler_t::replace)
                                  : cell(body["exception"], name);
    text += name + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') + shown + "\n";
  }
  return text;
}

int exception(const Invocation& invocation) {
  const std::string what = word_at(invocation, 0);
  const std::string id = word_at(invocation, 1);
  if (what == "list" && id.empty()) {
    const std::string query =
        query_of(invocation, {"state", "owner", "cause", "connector", "correlation", "limit"});
    // Without a filter by state, what is open: that is what people come for.
    const std::string state = (query.empty() ? "?" : "&") + std::string("state=open");
    return ask(invocation,
               "/v1/exceptions" + query + (invocation.has("state") ? std::string() : state),
               list_text);
  }
  const std::string path = "/v1/exceptions/" + admin::percent_encode(id);
  if (what == "show" && !id.empty()) return ask(invocation, path, one_text);
  const bool is_command = (what == "retry" || what == "resolve") && !id.empty();
  if (!is_command) return refuse_usage(invocation, usage);
  if (what == "resolve" && invocation.why.empty()) {
    return explain(invocation,
                   "expected --why TEXT: resolving gives a delivery up, and people "
                   "will ask",
                   exit_usage);
  }
  return tell(invocation, path + "/" + what, Json{{"why", invocation.why}}.dump(),
              "application/json",
              [&](const Json& body) { return id + ": " + cell(body, "text") + "\n"; });
}

}  // namespace

Verb exception_verb() {
  return {"exception",
          usage,
          "lists what waits for a person, tries it again or resolves it",
          {"state", "owner", "cause", "connector", "correlation", "limit"},
          {},
          exception};
}

}  // namespace perennial::app
