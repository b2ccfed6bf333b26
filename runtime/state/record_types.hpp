// The facts themselves: one struct for each record type, past tense.
//
// Place:   decided by pipeline/partition, applied by state/state, told by view/projector and
//          journal dump.
// Owns:    nothing; text and bytes are views, into the input while deciding and into the journal
//          while replaying.
// Format:  fields() is the one list of a record's fields, for writing, reading and printing. A
//          field is never removed or reordered; a new one is appended and reads as its default from
//          older records.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/state/exception_records.hpp"

namespace perennial::state {

// Words that apply() looks at; the others are for people.
inline constexpr std::string_view cause_absent =
    "absent";  // a lookup proved that nothing was applied
inline constexpr std::string_view cause_in_doubt =
    "in_doubt";  // perhaps applied, and sending again is safe
inline constexpr std::string_view cause_rejected =
    "rejected";  // surely not applied, by the remote's decision

// An event was taken in: its key is claimed and its bytes are kept.
struct EventAccepted {
  static constexpr std::uint8_t type = 1;
  static constexpr std::string_view name = "event.accepted";
  Fingerprint key;             // of (source, id): the claim that makes a second one a duplicate
  std::string_view connector;  // whose source or operation gave it; "http" for ingest
  std::string_view channel;    // source or operation name
  ByteView event;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(key)(connector)(channel)(event);
  }
};

// An event that the runtime itself made of others (a completed join).
struct EventDerived {
  static constexpr std::uint8_t type = 2;
  static constexpr std::string_view name = "event.derived";
  ByteView event;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(event);
  }
};

struct CursorMoved {
  static constexpr std::uint8_t type = 3;
  static constexpr std::string_view name = "cursor.moved";
  std::string_view connector;
  std::string_view source;
  ByteView cursor;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(connector)(source)(cursor);
  }
};

// An operator moved a source: it reads from `cursor`, or from `start` when that is empty.
struct CursorSet {
  static constexpr std::uint8_t type = 24;
  static constexpr std::string_view name = "cursor.set";
  std::string_view connector;
  std::string_view source;
  ByteView cursor;
  std::string_view start;  // "now", "all" or an RFC 3339 time; instead of the configured one
  std::string_view by;
  std::string_view why;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(connector)(source)(cursor)(start)(by)(why);
  }
};

struct HostStarted {
  static constexpr std::uint8_t type = 4;
  static constexpr std::string_view name = "host.started";
  std::string_view connector;
  HostEpoch epoch = 0;
  std::string_view plugin;
  std::string_view version;
  std::uint64_t pid = 0;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(connector)(epoch)(plugin)(version)(pid);
  }
};

// Nothing that was started under this epoch runs any more.
struct HostEnded {
  static constexpr std::uint8_t type = 5;
  static constexpr std::string_view name = "host.ended";
  std::string_view connector;
  HostEpoch epoch = 0;
  std::string_view reason;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(connector)(epoch)(reason);
  }
};

// A routing decision. The position of this record is the delivery's id.
struct DeliveryScheduled {
  static constexpr std::uint8_t type = 6;
  static constexpr std::string_view name = "delivery.scheduled";
  Fingerprint identity;
  std::string_view effect;
  std::string_view connector;
  std::string_view operation;
  std::string_view map;
  std::string_view lane;  // key within the connector's order group; empty = no order
  Position event = 0;     // position of the event's record
  std::string_view revision;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(identity)(effect)(connector)(operation)(map)(lane)(event)(revision);
  }
};

// From here on the attempt counts as perhaps sent.
struct DeliveryStarted {
  static constexpr std::uint8_t type = 7;
  static constexpr std::string_view name = "delivery.started";
  Position delivery = 0;
  std::uint32_t attempt = 0;
  HostEpoch epoch = 0;
  TimeMs deadline = 0;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(delivery)(attempt)(epoch)(deadline);
  }
};

enum class Settled : std::uint8_t { done = 1, already_done = 2, found = 3 };  // found = by lookup

struct DeliveryDone {
  static constexpr std::uint8_t type = 8;
  static constexpr std::string_view name = "delivery.done";
  Position delivery = 0;
  std::uint32_t attempt = 0;
  Settled how = Settled::done;
  ByteView receipt;
  std::string_view text;
  // When set, the remote is asked once more then, because an earlier attempt was believed absent
  // before this one was sent: the earlier one may still have landed.
  TimeMs confirm_due = 0;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(delivery)(attempt)(how)(receipt)(text)(confirm_due);
  }
};

// Surely not applied; due again.
struct DeliveryDeferred {
  static constexpr std::uint8_t type = 9;
  static constexpr std::string_view name = "delivery.deferred";
  Position delivery = 0;
  std::uint32_t attempt = 0;
  std::string_view
      cause;  // outcome word: "try_again", "throttled", ..., cause_absent, cause_in_doubt
  std::string_view code;
  std::string_view text;
  TimeMs due = 0;
  std::uint32_t tries = 0;  // attempts that count against the policy's maximum
  std::string_view map_revision;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(delivery)(attempt)(cause)(code)(text)(due)(tries)(map_revision);
  }
};

// May or may not have been applied; a lookup is due.
struct DeliveryUncertain {
  static constexpr std::uint8_t type = 10;
  static constexpr std::string_view name = "delivery.uncertain";
  Position delivery = 0;
  std::uint32_t attempt = 0;
  std::string_view code;
  std::string_view text;
  TimeMs due = 0;
  std::uint32_t lookups = 0;  // asked so far
  std::string_view map_revision;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(delivery)(attempt)(code)(text)(due)(lookups)(map_revision);
  }
};

// The remote works on it; asked again when due, or resumed by a webhook that quotes the token.
struct DeliveryPending {
  static constexpr std::uint8_t type = 11;
  static constexpr std::string_view name = "delivery.pending";
  Position delivery = 0;
  std::uint32_t attempt = 0;
  std::string_view token;
  TimeMs due = 0;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(delivery)(attempt)(token)(due);
  }
};

// An operator asked for another attempt (a trial: its exception closes only on observed success).
struct DeliveryRetried {
  static constexpr std::uint8_t type = 12;
  static constexpr std::string_view name = "delivery.retried";
  Position delivery = 0;
  std::uint32_t generation = 0;  // part of the key given to the remote
  bool by_lookup = false;        // ask the remote first: the last attempt is still in doubt
  std::string_view by;
  std::string_view why;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(delivery)(generation)(by_lookup)(by)(why);
  }
};

// Given up by decision: the lane goes on.
struct DeliverySkipped {
  static constexpr std::uint8_t type = 13;
  static constexpr std::string_view name = "delivery.skipped";
  Position delivery = 0;
  std::string_view by;
  std::string_view why;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(delivery)(by)(why);
  }
};

// The second look after confirm_due found one effect only.
struct DeliveryConfirmed {
  static constexpr std::uint8_t type = 14;
  static constexpr std::string_view name = "delivery.confirmed";
  Position delivery = 0;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(delivery);
  }
};

// An answer to an attempt that was over already.
struct OutcomeLate {
  static constexpr std::uint8_t type = 15;
  static constexpr std::string_view name = "outcome.late";
  Position delivery = 0;
  std::uint32_t attempt = 0;
  std::string_view kind;
  std::string_view code;
  ByteView receipt;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(delivery)(attempt)(kind)(code)(receipt);
  }
};

struct JoinFilled {
  static constexpr std::uint8_t type = 16;
  static constexpr std::string_view name = "join.filled";
  std::string_view join;
  std::string_view key;
  std::string_view event_type;
  Position event = 0;
  TimeMs due = 0;  // when the join is overdue; set by its first event
  template <typename Visit>
  void fields(Visit& visit) {
    visit(join)(key)(event_type)(event)(due);
  }
};

struct JoinClosed {
  static constexpr std::uint8_t type = 17;
  static constexpr std::string_view name = "join.closed";
  std::string_view join;
  std::string_view key;
  std::string_view how;  // "completed", "resolved"
  template <typename Visit>
  void fields(Visit& visit) {
    visit(join)(key)(how);
  }
};

enum class Flow : std::uint8_t { running = 1, paused = 2, draining = 3 };

struct ConnectorFlowSet {
  static constexpr std::uint8_t type = 21;
  static constexpr std::string_view name = "connector.flow_set";
  std::string_view connector;
  Flow flow = Flow::running;
  std::string_view by;
  std::string_view why;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(connector)(flow)(by)(why);
  }
};

// A source record moved from one projected state to another one that counts. The event that tells
// it, if one is configured, was accepted just before.
struct TransitionMade {
  static constexpr std::uint8_t type = 23;
  static constexpr std::string_view name = "transition.made";
  Fingerprint record;  // of (transition, event source, subject)
  std::string_view transition;
  std::string_view subject;
  std::string_view kind;     // "entered", "changed", "left", "returned"
  bool is_held = false;      // what the configured condition says now
  Fingerprint facts;         // of the values that count
  std::string_view version;  // the source's own, when one is configured
  template <typename Visit>
  void fields(Visit& visit) {
    visit(record)(transition)(subject)(kind)(is_held)(facts)(version);
  }
};

struct ConfigActivated {
  static constexpr std::uint8_t type = 22;
  static constexpr std::string_view name = "config.activated";
  std::string_view revision;
  template <typename Visit>
  void fields(Visit& visit) {
    visit(revision);
  }
};

}  // namespace perennial::state
