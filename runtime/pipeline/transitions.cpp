#include "runtime/pipeline/transitions.hpp"

#include "runtime/base/hash.hpp"
#include "runtime/event/cursor.hpp"
#include "runtime/pipeline/controls.hpp"
#include "runtime/pipeline/partition.hpp"

namespace perennial::pipeline {
namespace {

// Never a msgpack value, so no present one looks like an absent one.
constexpr std::string_view absent("\xc1", 1);

Fingerprint facts_of(const TransitionPlan& plan, ByteView event, std::uint64_t seed) {
  Bytes all;
  for (const Path& path : plan.facts) {
    const ByteView value = value_at(event, path);
    all += value.empty() ? absent : value;
  }
  return fingerprint(all, seed);
}

Edge edge_of(const Observation& now, const state::Tracked* before) {
  if (before == nullptr) return now.is_held ? Edge::entered : Edge::none;
  // Versions are compared as text: RFC 3339 times of one zone and padded numbers sort so.
  if (!now.version.empty() && now.version < before->version) return Edge::stale;
  if (now.is_held != before->is_held) return now.is_held ? Edge::returned : Edge::left;
  return now.is_held && now.facts != before->facts ? Edge::changed : Edge::none;
}

}  // namespace

ByteView value_at(ByteView event, const Path& path) {
  ByteView value = event;
  for (const std::string& key : path) {
    if (value.empty()) return {};
    value = event::find(value, key);
  }
  return value;
}

Observation observe(const TransitionPlan& plan, const event::EventView& event,
                    const state::Tracked* before, std::uint64_t seed) {
  Observation now;
  now.is_held = plan.when.matches(event.bytes);
  now.facts = facts_of(plan, event.bytes, seed);
  if (!plan.version.empty()) now.version = event::as_text(value_at(event.bytes, plan.version));
  now.edge = edge_of(now, before);
  // What left may have lost its facts with it; they count again when it returns.
  if (now.edge == Edge::left) now.facts = before->facts;
  return now;
}

const TransitionPlan::Emit* emit_of(const TransitionPlan& plan, Edge edge) {
  switch (edge) {
    case Edge::entered:
      return &plan.entered;
    case Edge::changed:
      return &plan.changed;
    case Edge::left:
      return &plan.left;
    case Edge::returned:
      return &plan.returned;
    case Edge::none:
    case Edge::stale:
      return nullptr;
  }
  return nullptr;
}

std::string_view word_of(Edge edge) {
  switch (edge) {
    case Edge::none:
      return "none";
    case Edge::stale:
      return "stale";
    case Edge::entered:
      return "entered";
    case Edge::changed:
      return "changed";
    case Edge::left:
      return "left";
    case Edge::returned:
      return "returned";
  }
  return "none";
}

Status Partition::observe(Turn& turn, const Arrival& arrival, const TransitionPlan& plan,
                          const event::EventView& event, IngestVerdict& verdict, Refused& refused) {
  const Fingerprint record =
      fingerprint({plan.name, event.source, event.subject}, state_.hash_seed());
  const state::Tracked* before = controls().skips_dedupe ? nullptr : state_.tracked(record);
  const Observation now = pipeline::observe(plan, event, before, state_.hash_seed());
  const TransitionPlan::Emit* emit = emit_of(plan, now.edge);
  if (emit == nullptr) {
    verdict = IngestVerdict::duplicate;
    ++counters_.observations_unchanged;
    return {};
  }
  if (!emit->type.empty()) {
    const Bytes told = tell_edge(plan, *emit, event, now.edge, before);
    auto status = accept(turn, {arrival.connector, arrival.channel, told, arrival.correlation},
                         verdict, refused);
    if (!status) return status;
    if (verdict == IngestVerdict::refused) {
      refused.subject = event.id;
      refused.body = event.bytes;  // `told` ends here; the next version of the record tries again
      return {};
    }
  }
  verdict = IngestVerdict::accepted;
  state::TransitionMade made;
  made.record = record;
  made.transition = plan.name;
  made.subject = event.subject;
  made.kind = word_of(now.edge);
  made.is_held = now.is_held;
  made.facts = now.facts;
  made.version = now.version;
  return write(turn, made);
}

// Named by the record and the fact, not by the version that showed it: a version that is seen again
// after a crash gives the same event.
Bytes Partition::tell_edge(const TransitionPlan& plan, const TransitionPlan::Emit& emit,
                           const event::EventView& event, Edge edge, const state::Tracked* before) {
  std::string id(event.subject);
  id.append(":").append(plan.name).append(":").append(word_of(edge));
  if (before != nullptr) id.append(":").append(std::to_string(before->turns + 1));
  event::EventParts parts;
  parts.id = id;
  parts.source = event.source;
  parts.type = emit.type;
  parts.subject = event.correlation.empty() ? event.subject : event.correlation;
  parts.time = event.time;
  parts.correlation = event.correlation;
  parts.causation = event.id;
  parts.traceparent = event.traceparent;
  parts.data = value_at(event.bytes, emit.data);
  return event::build_event(parts);
}

}  // namespace perennial::pipeline
