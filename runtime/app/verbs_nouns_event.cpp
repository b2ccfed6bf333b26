// The noun `event`: what came in, and sending more.
#include <fstream>
#include <iostream>
#include <iterator>

#include "runtime/app/text_table.hpp"
#include "runtime/app/verbs_nouns.hpp"

namespace perennial::app {
namespace {

constexpr const char* usage =
    "event list [--type T] [--correlation ID] | event show ID | event send FILE";

std::string list_text(const Json& body) {
  if (body["events"].empty()) return "no events\n";
  TextTable table({"ACCEPTED", "TYPE", "RENEWAL", "FROM", "ID"});
  for (const Json& row : body["events"]) {
    table.add({short_time(row, "accepted"), cell(row, "type"), cell(row, "correlation"),
               cell(row, "connector") + "." + cell(row, "channel"), cell(row, "id")});
  }
  const std::string next = cell(body, "next");
  return table.text() + (next.empty() ? "" : "more: --cursor " + next + "\n");
}

std::string one_text(const Json& body) {
  std::string text;
  for (const Json& row : body["events"]) {
    text += "accepted " + cell(row, "accepted") + " from " + cell(row, "connector") + "." +
            cell(row, "channel") + " at position " + cell(row, "partition") + "/" +
            cell(row, "position") + "\n" +
            row["event"].dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return text;
}

std::string sent_text(const Json& body) {
  std::string text;
  for (const Json& one : body["events"])
    text += cell(one, "verdict") + "  " + cell(one, "id") + "\n";
  return text;
}

// One event or a batch, by its first character; the runtime judges the rest.
int send(const Invocation& invocation, const std::string& file) {
  std::ifstream stream;
  if (file != "-") stream.open(file, std::ios::binary);
  std::istream& from = file == "-" ? std::cin : stream;
  const std::string text{std::istreambuf_iterator<char>(from), {}};
  if (file != "-" && !stream.is_open()) {
    return explain(invocation, "expected to read " + file + ", but it cannot be opened",
                   exit_environment);
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_batch = first != std::string::npos && text[first] == '[';
  return tell(invocation, "/v1/events", text,
              is_batch ? "application/cloudevents-batch+json" : "application/cloudevents+json",
              sent_text);
}

int event(const Invocation& invocation) {
  const std::string what = word_at(invocation, 0);
  const std::string id = word_at(invocation, 1);
  if (what == "list" && id.empty()) {
    return ask(invocation,
               "/v1/events" + query_of(invocation, {"type", "correlation", "limit", "cursor"}),
               list_text);
  }
  if (what == "show" && !id.empty()) {
    return ask(invocation, "/v1/events/" + admin::percent_encode(id), one_text);
  }
  if (what == "send" && !id.empty()) return send(invocation, id);
  return refuse_usage(invocation, usage);
}

}  // namespace

Verb event_verb() {
  return {"event",
          usage,
          "lists and shows events, or sends a file of them (- for standard input)",
          {"type", "correlation", "limit", "cursor"},
          {},
          event};
}

}  // namespace perennial::app
