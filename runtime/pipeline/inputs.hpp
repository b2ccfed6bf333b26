// Everything that can happen to a partition, and everything that it asks for in return.
//
// Owns:    inputs borrow their bytes for the call of Partition::handle; outputs own what they carry
// or name rows of the
//          state, which stand until the output is released on the same thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/store/batch.hpp"
#include "runtime/wire/frames.hpp"

namespace perennial::pipeline {

// ---- inputs
// -----------------------------------------------------------------------------------------------------

// A connector host said hello. Answered by WelcomeOutput.
struct HostJoined {
  std::string_view connector;
  std::string_view plugin;
  std::string_view version;
  std::uint64_t pid = 0;
};

// Nothing of that host runs any more: it said goodbye, its process ended, or a newer one took its
// place.
struct HostLeft {
  std::string_view connector;
  HostEpoch epoch = 0;
  std::string_view reason;
};

struct SourceEvents {
  std::string_view connector;
  const wire::Events* frame = nullptr;
};

struct SourceCursor {
  std::string_view connector;
  const wire::CursorMove* frame = nullptr;
};

struct SourceState {
  std::string_view connector;
  const wire::SourceReport* frame = nullptr;
};

struct OutcomesArrived {
  std::string_view connector;
  HostEpoch epoch = 0;
  const wire::Outcomes* frame = nullptr;
};

// Events of one HTTP request. Answered by IngestOutput.
struct Ingest {
  std::uint64_t token = 0;
  const std::vector<Bytes>* events = nullptr;
};

enum class CommandVerb : std::uint8_t { retry, resolve, pause, resume, drain, set_cursor };

// What an operator asked for. Answered by CommandOutput.
struct Command {
  std::uint64_t token = 0;
  CommandVerb verb = CommandVerb::retry;
  Position exception = 0;      // retry, resolve
  std::string_view connector;  // pause, resume, drain, set_cursor
  std::string_view by;
  std::string_view why;
  // set_cursor: a source of the connector, and one of the next two.
  std::string_view source = {};
  ByteView cursor = {};
  std::string_view start = {};
};

// Time passed; also how a partition learns that it may take in new work again.
struct Tick {
  bool has_reserve = true;  // the journal can still grow
};

using Input = std::variant<HostJoined, HostLeft, SourceEvents, SourceCursor, SourceState,
                           OutcomesArrived, Ingest, Command, Tick>;

// ---- outputs
// ----------------------------------------------------------------------------------------------------

struct WelcomeOutput {
  std::string connector;
  HostEpoch epoch = 0;
};

struct EventsDurableOutput {
  std::string connector;
  std::string source;
  std::uint64_t batch = 0;
};

struct CursorDurableOutput {
  std::string connector;
  std::string source;
  std::uint64_t batch = 0;
};

// The rest is read from the state when it is released.
struct DispatchOutput {
  Position delivery = 0;
  wire::Verb verb = wire::Verb::execute;
};

struct FlowOutput {
  std::string connector;
  wire::ControlVerb verb = wire::ControlVerb::pause;
};

// The connection of a connector's host ends; it begins a new one, with what the state says then.
struct ResetOutput {
  std::string connector;
  std::string reason;
};

enum class IngestVerdict : std::uint8_t { accepted, duplicate, refused, unavailable };

struct IngestOutput {
  std::uint64_t token = 0;
  struct One {
    IngestVerdict verdict = IngestVerdict::accepted;
    std::string reason;
  };
  std::vector<One> events;
};

struct CommandOutput {
  std::uint64_t token = 0;
  bool is_done = false;
  Code code = Code::refused;
  std::string text;
};

using OutputBody =
    std::variant<WelcomeOutput, EventsDurableOutput, CursorDurableOutput, DispatchOutput,
                 FlowOutput, ResetOutput, IngestOutput, CommandOutput>;

struct Output {
  Position after = 0;  // leaves only when this position is durable
  OutputBody body;
};

// What one or several calls of handle() add up to.
struct Effects {
  store::RecordBuffer records;
  std::vector<Output> outputs;
};

}  // namespace perennial::pipeline
