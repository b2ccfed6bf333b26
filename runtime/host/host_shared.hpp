// What the threads of one connector host share, and what the workers hand to its I/O thread.
//
// Place:   connector_host makes it; source_worker, call_worker, control_worker use it.
// Owns:    every thread holds a reference, so a thread that was written off inside a plugin never
//          finds its ground gone.
// Thread:  the fields are constant after the start, or say how they are guarded.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/host/connector.hpp"
#include "runtime/host/connector_spec.hpp"
#include "runtime/host/jq_program.hpp"
#include "runtime/host/manifest.hpp"
#include "runtime/wire/frames.hpp"
#include "runtime/wire/hub.hpp"

namespace perennial::host {

// wire::Refusal with its own bytes.
struct OwnedRefusal {
  std::string cause;
  std::string text;
  std::string subject;
  Bytes body;
};

// One delivery of a call that ended.
struct Finished {
  std::size_t partition = 0;
  std::uint64_t delivery = 0;
  std::uint32_t attempt = 0;
  wire::Verb verb = wire::Verb::execute;
  Answer answer;
  std::string map_revision;
  std::vector<Bytes> follow_ups;
  // What the result map could not turn into events; the outcome stands.
  std::optional<OwnedRefusal> refusal;
  std::string operation;  // with a refusal
};

// The HTTP answer that waits for the events of its request.
struct WebhookDone {
  std::size_t partition = 0;  // which asked
  std::uint64_t request = 0;
  WebhookResult result;
};

// What one poll or webhook brought: becomes durable in every partition before its cursor moves.
struct Round {
  std::string source;
  std::uint64_t generation = 0;               // of the source's connection; an older one is dropped
  RecordBatch records;                        // events of FORM_EVENT lie in here
  std::vector<Bytes> made;                    // events that a map made
  std::vector<std::vector<ByteView>> events;  // by partition
  std::vector<OwnedRefusal> refusals;
  bool has_cursor = false;
  Bytes cursor;
  std::size_t bytes = 0;
  std::optional<WebhookDone> webhook;
};

struct OwnedReport {
  std::string source;
  std::uint32_t result = 0;
  Explanation explanation;
};

struct HealthDone {
  std::size_t partition = 0;
  std::uint64_t request = 0;
  std::vector<HealthFinding> findings;
};

using Outgoing =
    std::variant<std::vector<Finished>, std::shared_ptr<Round>, OwnedReport, HealthDone>;

// From the workers to the I/O thread.
// Thread: post() any; drain() the I/O thread.
class Outbox {
 public:
  explicit Outbox(wire::LinkSet& links) : links_(links) {}
  void post(Outgoing outgoing) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      was_empty = waiting_.empty();
      waiting_.push_back(std::move(outgoing));
    }
    if (was_empty) links_.wake();
  }
  [[nodiscard]] std::vector<Outgoing> drain() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

 private:
  wire::LinkSet& links_;
  std::mutex mutex_;
  std::vector<Outgoing> waiting_;
};

struct HostShared {
  HostShared(ConnectorSpec given, Clock& given_clock, Log given_log)
      : spec(std::move(given)),
        clock(given_clock),
        log(std::move(given_log)),
        archive(spec.map_archive_directory),
        outbox(links) {}

  const ConnectorSpec spec;
  Clock& clock;  // outlives every thread, written-off ones included
  const Log log;
  Manifest manifest;
  JqProgram program;
  const MapArchive archive;
  wire::LinkSet links;
  Outbox outbox;
  std::unique_ptr<Connector> connector;

  [[nodiscard]] std::size_t partitions() const { return spec.endpoints.size(); }
};

}  // namespace perennial::host
