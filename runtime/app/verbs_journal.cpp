// The noun `journal`: looks at the bytes on disk, whether a runtime is up or not.
#include <iostream>
#include <nlohmann/json.hpp>

#include "runtime/app/cli.hpp"
#include "runtime/app/data_directory.hpp"
#include "runtime/event/event.hpp"
#include "runtime/state/records.hpp"
#include "runtime/store/journal_reader.hpp"

namespace perennial::app {
namespace {

using Json = nlohmann::ordered_json;

// What one record says, for people and scripts: the members that many records share, by name.
Json describe(std::uint32_t partition, Position position, const state::Stamped& stamped) {
  Json out = {{"partition", partition},
              {"position", position},
              {"time", stamped.time},
              {"type", std::string(state::name_of(stamped.record))}};
  std::visit(
      [&](const auto& record) {
        if constexpr (requires { record.delivery; }) out["delivery"] = record.delivery;
        if constexpr (requires { record.attempt; }) out["attempt"] = record.attempt;
        if constexpr (requires { record.exception; }) out["exception"] = record.exception;
        if constexpr (requires { record.connector; })
          out["connector"] = std::string(record.connector);
        if constexpr (requires { record.operation; })
          out["operation"] = std::string(record.operation);
        if constexpr (requires { record.effect; }) out["effect"] = std::string(record.effect);
        if constexpr (requires { record.join; }) out["join"] = std::string(record.join);
        if constexpr (requires { record.source; }) out["source"] = std::string(record.source);
        if constexpr (requires { record.start; }) out["start"] = std::string(record.start);
        if constexpr (requires { record.subject; }) out["subject"] = std::string(record.subject);
        if constexpr (requires { record.kind; }) out["kind"] = std::string(record.kind);
        if constexpr (requires { record.by; }) out["by"] = std::string(record.by);
        if constexpr (requires { record.why; }) out["why"] = std::string(record.why);
        if constexpr (requires { record.cause; }) out["cause"] = std::string(record.cause);
        if constexpr (requires { record.code; }) out["code"] = std::string(record.code);
        if constexpr (requires { record.epoch; }) out["epoch"] = record.epoch;
        if constexpr (requires { record.event.size(); }) {
          const event::EventView event = event::trusted_event(record.event);
          out["event"] = {{"id", std::string(event.id)},
                          {"source", std::string(event.source)},
                          {"type", std::string(event.type)},
                          {"correlationid", std::string(event.correlation)}};
        } else if constexpr (requires { record.event; }) {
          out["event"] = record.event;
        }
      },
      stamped.record);
  return out;
}

void print(const Invocation& invocation, const Json& record) {
  if (invocation.is_json) {
    std::cout << record.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
    return;
  }
  std::string line;
  for (const auto& [name, value] : record.items()) {
    const bool is_empty = value.is_string() && value.get_ref<const std::string&>().empty();
    if (!is_empty)
      line += (line.empty() ? "" : " ") + name + "=" +
              (value.is_string() ? value.get<std::string>()
                                 : value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  std::cout << line << "\n";
}

struct Walk {
  Position from = 1;
  std::uint64_t limit = ~std::uint64_t{0};
  bool prints = false;
};

struct Seen {
  std::uint64_t batches = 0;
  std::uint64_t records = 0;
  Position last = 0;
  std::string tail;
};

// Reads every batch; `walk.prints` shows the records.
Result<Seen> read_journal(const Invocation& invocation, const std::string& directory,
                          std::uint32_t partition, Walk& walk) {
  store::PosixFileSystem file_system;
  auto reader = store::JournalReader::open(file_system, directory);
  if (!reader) return tl::unexpected(reader.error());
  Seen seen;
  for (;;) {
    auto batch = (*reader)->next();
    if (!batch) return tl::unexpected(batch.error());
    if (!*batch) break;
    ++seen.batches;
    auto records = store::split_records((*batch)->body, (*batch)->header.records);
    if (!records) return tl::unexpected(records.error());
    Position position = (*batch)->header.first;
    for (ByteView bytes : *records) {
      auto stamped = state::decode(bytes);
      if (!stamped) return fail_within("position " + std::to_string(position), stamped.error());
      ++seen.records;
      seen.last = position;
      if (walk.prints && position >= walk.from && walk.limit > 0) {
        --walk.limit;
        print(invocation, describe(partition, position, *stamped));
      }
      ++position;
    }
  }
  seen.tail = (*reader)->damage();
  return seen;
}

std::uint64_t number_option(const Invocation& invocation, std::string_view name,
                            std::uint64_t fallback) {
  const std::string text = invocation.option(name);
  return text.empty() ? fallback : std::strtoull(text.c_str(), nullptr, 10);
}

int verify(const Invocation& invocation, const DataDirectory& data) {
  bool is_sound = true;
  for (std::uint32_t partition = 0; partition < data.partitions(); ++partition) {
    Walk walk;
    auto seen = read_journal(invocation, data.journal_directory(partition), partition, walk);
    Json row = {{"partition", partition}, {"sound", seen.has_value()}};
    if (seen) {
      row.update({{"batches", seen->batches},
                  {"records", seen->records},
                  {"last", seen->last},
                  {"torn_tail", seen->tail}});
    } else {
      is_sound = false;
      row["reason"] = seen.error().reason;
    }
    print(invocation, row);
  }
  return is_sound ? exit_ok : exit_findings;
}

int dump(const Invocation& invocation, const DataDirectory& data) {
  Walk walk{number_option(invocation, "from", 1),
            number_option(invocation, "limit", ~std::uint64_t{0}), true};
  for (std::uint32_t partition = 0; partition < data.partitions(); ++partition) {
    auto seen = read_journal(invocation, data.journal_directory(partition), partition, walk);
    if (!seen) return explain(invocation, seen.error().reason, exit_findings);
  }
  return exit_ok;
}

int journal(const Invocation& invocation) {
  const std::string what = invocation.arguments.empty() ? "" : invocation.arguments[0];
  if (what != "verify" && what != "dump") {
    return explain(invocation, "expected journal verify or journal dump, but '" + what + "' came",
                   exit_usage);
  }
  const auto config = load_or_explain(invocation);
  if (!config) return exit_findings;
  auto data =
      DataDirectory::open(config->data_directory, config->partitions, DataDirectory::Access::look);
  if (!data) return explain(invocation, data.error().reason, exit_environment);
  return what == "verify" ? verify(invocation, **data) : dump(invocation, **data);
}

}  // namespace

std::vector<Verb> journal_verbs() {
  return {{"journal",
           "journal verify|dump [--from N] [--limit N]",
           "checks or prints the journals",
           {"from", "limit"},
           {},
           journal}};
}

}  // namespace perennial::app
