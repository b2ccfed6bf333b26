// What partitions and connector hosts say to each other: one struct a frame, with its bytes.
//
// Place:   encoded and decoded by wire/frames.cpp; spoken by pipeline/partition_service (the
//          partition's side) and by host/connector_host (the connector's side), in process and
//          across processes alike.
// Owns:    decoded frames borrow the bytes they were decoded from.
// Errors:  decode refuses wrong versions, unknown kinds, short or long input; it never trusts a
//          count.
// Limits:  limits::frame_bytes_max for a whole frame, frame_entries_max for each list in it.
// Format:  docs/wire-protocol.md. A frame is one msgpack array:
//          [version, kind, epoch, sequence, body...].
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/status.hpp"

namespace perennial::wire {

inline constexpr std::uint32_t protocol_version = 1;
// Entries of one list in a frame. A hostile count within it costs a few megabytes, no more; honest
// senders split long before.
inline constexpr std::size_t frame_entries_max = std::size_t{64} * 1024;

// Numbers on the wire; never reused. Zero is no kind.
enum class FrameKind : std::uint8_t {
  hello = 1,
  welcome = 2,
  refuse = 3,
  events = 4,
  events_durable = 5,
  cursor_move = 6,
  cursor_durable = 7,
  source_report = 8,
  dispatch = 9,
  outcomes = 10,
  webhook_request = 11,
  webhook_answer = 12,
  control = 13,
  health = 14,
  heartbeat = 15,
  goodbye = 16,
};

// Every frame carries the epoch of the host's start and a sequence that rises by one for each frame
// of one direction of one connection. A gap, or a foreign epoch, ends the connection: the host says
// hello again and gets a new epoch.
struct Header {
  HostEpoch epoch = 0;  // 0 only in hello
  std::uint64_t sequence = 0;
};

// host -> partition, first frame of a connection. Answered by Welcome or Refuse.
struct Hello {
  std::string_view connector;  // name from config
  std::string_view plugin;     // id from the manifest
  std::string_view version;    // of the plugin
  std::string_view token;      // proves that the runtime started this host
  std::uint64_t pid = 0;
};

struct SourceStart {
  std::string_view source;
  ByteView cursor;              // last journaled one; empty = never polled
  std::string_view start = {};  // where to begin without a cursor; empty = as configured
};

// partition -> host. Cursors only for the sources whose home is this partition.
struct Welcome {
  HostEpoch epoch = 0;
  bool is_paused = false;               // sources stay quiet until a Control says otherwise
  std::uint32_t credit_deliveries = 0;  // deliveries that this partition keeps in flight at most
  std::vector<SourceStart> sources;
};

// partition -> host: this host may not speak; it stops and says why.
struct Refuse {
  std::string_view reason;
};

// Something that a source or a mapping could not turn into an event. Becomes an exception with an
// owner.
struct Refusal {
  std::string_view
      cause;  // refusal cause of docs/semantics.md: "mapping_failed", "record_too_large", ...
  std::string_view text;     // what was expected, but what came
  std::string_view subject;  // identity of the record, if known
  ByteView body;             // the vendor record (msgpack), for the exception; may be empty
};

// host -> partition. `batch` rises within (epoch, source). Answered by EventsDurable.
struct Events {
  std::string_view source;
  std::uint64_t batch = 0;
  std::vector<ByteView> events;  // canonical events, complete
  std::vector<Refusal> refusals;
};

// partition -> host: everything of that batch is on disk.
struct EventsDurable {
  std::string_view source;
  std::uint64_t batch = 0;
};

// host -> home partition, after every partition has answered EventsDurable for `batch`. Answered by
// CursorDurable.
struct CursorMove {
  std::string_view source;
  std::uint64_t batch = 0;
  ByteView cursor;
};

struct CursorDurable {
  std::string_view source;
  std::uint64_t batch = 0;
};

// host -> home partition: the state of a source changed (perennial_source_result), e.g. a gap.
struct SourceReport {
  std::string_view source;
  std::uint32_t result = 0;
  std::string_view code;
  std::string_view text;
  std::string_view gap_from;
  std::string_view gap_to;
};

enum class Verb : std::uint8_t { execute = 1, lookup, poll, cancel };

struct DispatchEntry {
  std::uint64_t delivery = 0;  // position of the record that scheduled it: unique in its partition
  std::uint32_t attempt = 0;
  Verb verb = Verb::execute;
  std::int64_t deadline_ms = 0;  // budget of the call
  std::string_view operation;
  std::string_view key;
  std::string_view correlation;
  std::string_view traceparent;
  std::string_view map;  // map to render the payload with; empty = the event's data is the payload
  std::string_view map_revision;  // the mapping program that an earlier, perhaps sent attempt was
                                  // rendered with; empty = current
  std::string_view token;         // poll and cancel
  ByteView event;                 // canonical event
};

// partition -> host.
struct Dispatch {
  std::vector<DispatchEntry> entries;
};

struct OutcomeEntry {
  std::uint64_t delivery = 0;
  std::uint32_t attempt = 0;
  Verb verb = Verb::execute;
  std::uint32_t kind = 0;      // perennial_outcome_kind, or perennial_lookup_kind for Verb::lookup
  std::int64_t after_ms = -1;  // negative = not given
  std::string_view code;
  std::string_view text;
  ByteView receipt;                  // msgpack map (array of maps for "several"), may be empty
  std::string_view token;            // pending
  std::string_view map_revision;     // the program that rendered the payload
  std::vector<ByteView> follow_ups;  // canonical events, complete
};

// host -> partition.
struct Outcomes {
  std::vector<OutcomeEntry> entries;
};

struct WebhookHeader {
  std::string_view name;
  std::string_view value;
};

// partition -> host: one HTTP request for a webhook of this connector. Answered by WebhookAnswer.
struct WebhookRequest {
  std::uint64_t request = 0;
  std::string_view webhook;
  std::string_view method;
  std::string_view query;
  ByteView body;
  std::vector<WebhookHeader> headers;
};

// host -> partition, only after every event that it brought is durable in its partition.
struct WebhookAnswer {
  std::uint64_t request = 0;
  std::uint32_t result = 0;  // perennial_webhook_result
  std::uint32_t status = 0;  // HTTP
  std::string_view content_type;
  ByteView body;
  std::string_view text;  // why refused
};

enum class ControlVerb : std::uint8_t { pause = 1, resume, drain, stop, check };

// partition -> host. `check` is answered by Health; the others take effect and need no answer.
struct Control {
  ControlVerb verb = ControlVerb::pause;
  std::uint64_t request = 0;  // check
};

struct Finding {
  std::uint32_t level = 0;  // perennial_level
  std::string_view name;
  std::string_view text;
};

struct Health {
  std::uint64_t request = 0;
  std::vector<Finding> findings;
};

// Either side; says that it lives. Sent when nothing else was for heartbeat_ms.
struct Heartbeat {};

// host -> partition: an orderly end; everything in flight was answered.
struct Goodbye {
  std::string_view reason;
};

// In the order of FrameKind.
using Body = std::variant<Hello, Welcome, Refuse, Events, EventsDurable, CursorMove, CursorDurable,
                          SourceReport, Dispatch, Outcomes, WebhookRequest, WebhookAnswer, Control,
                          Health, Heartbeat, Goodbye>;

struct Frame {
  Header header;
  Body body;
};

[[nodiscard]] FrameKind kind_of(const Body& body);
[[nodiscard]] std::string_view name_of(FrameKind kind);

// Appends the encoded frame to `out`.
void encode(const Header& header, const Body& body, Bytes& out);
// Borrows `bytes`.
[[nodiscard]] Result<Frame> decode(ByteView bytes);

}  // namespace perennial::wire
