// The noun `renewal`: which there are, and the story of one across all systems.
#include "runtime/app/text_table.hpp"
#include "runtime/app/verbs_nouns.hpp"

namespace perennial::app {
namespace {

constexpr const char* usage = "renewal list [--state S] [--limit N] | renewal show ID";

std::string list_text(const Json& body) {
  TextTable table({"ID", "STATE", "EVENTS", "DELIVERIES", "OPEN", "EXCEPTIONS", "LAST"});
  for (const Json& row : body["renewals"]) {
    table.add({cell(row, "id"), cell(row, "state"), cell(row, "events"), cell(row, "deliveries"),
               cell(row, "deliveries_open"), cell(row, "exceptions_open"),
               short_time(row, "last")});
  }
  std::string text = body["renewals"].empty() ? "no renewals\n" : table.text();
  const std::string next = cell(body, "next");
  if (!next.empty()) text += "more: --cursor " + next + "\n";
  return text;
}

std::string receipt_of(const Json& receipt) {
  std::string text;
  if (!receipt.is_object()) return text;
  for (const auto& [name, value] : receipt.items()) {
    text += (text.empty() ? "" : ", ") + name + " " + cell(receipt, name);
  }
  return text;
}

// One line of the story: what happened, and the remote's own ids where it left some.
void add_line(TextTable& table, const Json& row) {
  const Json& detail = row["detail"];
  const bool is_done = cell(row, "kind") == "delivery.done";
  std::string what = cell(row, "operation");
  std::string said = cell(row, "text");
  if (cell(row, "kind") == "event.accepted") what = "event";
  if (is_done) what += " " + cell(detail, "how");
  if (is_done) said = receipt_of(detail.value("receipt", Json()));
  if (!is_done && what != "event") what += " " + cell(row, "kind");
  const std::string attempts = is_done ? cell(detail, "attempts") : std::string();
  std::string time = cell(row, "time");
  if (time.size() >= 23) time = time.substr(0, 10) + " " + time.substr(11, 12);
  table.add({time, cell(row, "connector"), what, attempts, said});
}

std::string story_text(const Json& body) {
  const Json& renewal = body["renewal"];
  std::string text = cell(renewal, "id") + "  " + cell(renewal, "state") + ", " +
                     cell(renewal, "events") + " events, " + cell(renewal, "deliveries") +
                     " deliveries (" + cell(renewal, "deliveries_open") + " open), " +
                     cell(renewal, "exceptions_open") + " open exceptions\n\n";
  TextTable timeline({"TIME", "SYSTEM", "WHAT", "ATTEMPTS", "RECEIPT OR TEXT"});
  for (const Json& row : body["timeline"]) add_line(timeline, row);
  text += timeline.text();
  TextTable open({"OPEN", "STATUS", "ATTEMPTS", "DUE", "EXCEPTION", "LAST ANSWER"});
  bool has_open = false;
  for (const Json& row : body["deliveries"]) {
    const std::string status = cell(row, "status");
    if (status == "done" || status == "skipped") continue;
    has_open = true;
    open.add({cell(row, "connector") + "." + cell(row, "operation"), status, cell(row, "attempts"),
              short_time(row, "due"), cell(row, "exception"), cell(row, "last_text")});
  }
  if (has_open) text += "\n" + open.text();
  return text;
}

int renewal(const Invocation& invocation) {
  const std::string what = word_at(invocation, 0);
  const std::string id = word_at(invocation, 1);
  if (what == "list" && id.empty()) {
    return ask(invocation, "/v1/renewals" + query_of(invocation, {"state", "limit", "cursor"}),
               list_text);
  }
  if (what == "show" && !id.empty()) {
    return ask(invocation, "/v1/renewals/" + admin::percent_encode(id), story_text);
  }
  return refuse_usage(invocation, usage);
}

}  // namespace

Verb renewal_verb() {
  return {"renewal",
          usage,
          "lists renewals, or tells the story of one by any of its ids",
          {"state", "limit", "cursor"},
          {},
          renewal};
}

}  // namespace perennial::app
