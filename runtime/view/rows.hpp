// What the view answers with. Plain values; times in milliseconds, bodies as JSON text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/ids.hpp"

namespace perennial::view {

struct RenewalRow {
  std::string correlation;
  TimeMs first = 0;
  TimeMs last = 0;
  std::string state;  // "blocked", "running", "waiting", "settled"
  std::uint64_t events = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t deliveries_open = 0;
  std::uint64_t joins_waiting = 0;
  std::uint64_t exceptions = 0;
  std::uint64_t exceptions_open = 0;
};

struct TimelineRow {
  std::uint32_t partition = 0;
  Position position = 0;
  TimeMs time = 0;
  std::string correlation;
  std::string kind;  // name of the record
  std::string connector;
  std::string operation;
  std::string text;
  std::string detail;  // JSON object
};

struct EventRow {
  std::uint32_t partition = 0;
  Position position = 0;
  TimeMs time = 0;
  std::string connector;
  std::string channel;
  std::string id;
  std::string source;
  std::string type;
  std::string subject;
  std::string correlation;
  std::string causation;
  std::string body;  // the event in JSON format; empty in lists
};

struct DeliveryRow {
  std::uint32_t partition = 0;
  Position id = 0;
  Position event = 0;
  std::string effect;
  std::string connector;
  std::string operation;
  std::string correlation;
  std::string status;
  std::uint64_t attempts = 0;
  std::uint64_t tries = 0;
  TimeMs scheduled = 0;
  TimeMs started = 0;
  TimeMs settled = 0;
  TimeMs due = 0;
  std::string key;
  std::string receipt;  // JSON
  std::string last_code;
  std::string last_text;
  std::string exception;  // id of the latest one; empty = none
};

struct ExceptionRow {
  std::string id;  // "X<partition>-<position>"
  std::uint32_t partition = 0;
  Position position = 0;
  std::string cause;
  std::string connector;
  std::string operation;
  std::string correlation;
  std::string owner;
  TimeMs opened = 0;
  TimeMs due = 0;
  std::string state;  // "open", "trial", "closed"
  std::string code;
  std::string text;
  std::uint64_t count = 1;
  Position delivery = 0;
  TimeMs closed = 0;
  std::string closed_how;
  std::string closed_by;
  std::string closed_why;
  std::string body;  // JSON
};

struct CursorRow {
  std::string source;
  std::string cursor;  // JSON
  TimeMs moved = 0;
};

struct ConnectorRow {
  std::uint32_t partition = 0;
  std::string name;
  std::string flow;
  HostEpoch epoch = 0;  // of the live host; 0 = none
  std::string plugin;
  std::string version;
  std::uint64_t pid = 0;
  std::string last_end;  // why the last host left
  std::vector<CursorRow> cursors;
};

[[nodiscard]] inline std::string exception_id(std::uint32_t partition, Position position) {
  return "X" + std::to_string(partition) + "-" + std::to_string(position);
}

}  // namespace perennial::view
