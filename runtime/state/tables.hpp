// The rows that a partition remembers. Plain values; only State changes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/state/records.hpp"

namespace perennial::state {

// An interned name: config has few, deliveries have many.
using Symbol = std::uint32_t;

enum class DeliveryStatus : std::uint8_t {
  scheduled = 1,  // surely not sent; due at `due`
  started,        // perhaps sent under `epoch`
  uncertain,      // perhaps applied; a lookup is due at `due`
  pending,        // the remote works on it; a poll is due at `due`
  parked,         // waits for a person (`exception`)
  confirming,     // settled; one more look at the remote is due at `due`
};

struct Delivery {
  Position id = 0;
  Fingerprint identity;
  Position event = 0;
  Symbol effect = 0;
  Symbol connector = 0;
  Symbol operation = 0;
  Symbol map = 0;
  DeliveryStatus status = DeliveryStatus::scheduled;
  bool was_absent = false;  // an attempt was believed absent by lookup and another one followed
  bool was_rejected =
      false;  // the last known outcome: surely not applied, a new generation is allowed
  std::uint32_t generation = 0;
  std::uint32_t attempt = 0;  // started so far
  std::uint32_t tries = 0;    // those that count against the policy
  std::uint32_t lookups = 0;
  TimeMs due = 0;
  HostEpoch epoch = 0;
  TimeMs deadline = 0;
  TimeMs doubt_since =
      0;  // since when an attempt of this generation may have been applied; 0 = surely none
  Fingerprint lane;  // not set = no order
  bool leads_lane = false;
  Position next_in_lane = 0;
  Position exception = 0;
  std::string token;
  std::string map_revision;  // program that rendered a perhaps-sent attempt of this generation
  Bytes receipt;             // confirming: what the settled attempt gave
};

// Deliveries of one order key, oldest first, linked through Delivery::next_in_lane.
struct Lane {
  Position head = 0;
  Position tail = 0;
};

// Bytes of an event that open deliveries and joins still need.
struct HeldEvent {
  Bytes bytes;
  std::uint32_t references = 0;
};

struct Join {
  TimeMs due = 0;
  bool is_closed = false;  // a later event of the same key opens no second one until `due`
  Position exception = 0;  // overdue
  std::map<std::string, Position, std::less<>> events;  // type -> position of its event
};

struct ExceptionRow {
  Position id = 0;
  std::string cause;
  std::string connector;
  std::string operation;
  std::string correlation;
  std::string owner;
  std::string code;
  std::string text;
  std::string join;
  std::string key;
  std::string group;
  TimeMs opened = 0;
  TimeMs due = 0;
  Position delivery = 0;
  bool is_parking = false;
  bool is_on_trial = false;
  std::uint64_t count = 1;
  Bytes body;
};

// The last projected state of a source record, as far as it counts.
struct Tracked {
  bool is_held = false;
  Fingerprint facts;
  std::uint32_t turns = 0;  // transitions made so far
  std::string version;
};

struct ConnectorRow {
  HostEpoch epoch = 0;  // of the live host; 0 = none
  Flow flow = Flow::running;
  std::map<std::string, Bytes, std::less<>> cursors;
  // Where a source without a cursor begins, said by an operator; over with its first cursor.
  std::map<std::string, std::string, std::less<>> starts;
};

}  // namespace perennial::state
