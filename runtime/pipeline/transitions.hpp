// What a version of a source record means beside the last one that counted. Pure.
//
// Place:   decided by pipeline/intake for observing events; the state is a row of state/State.
// Errors:  none: a missing fact is a value like any other ("absent").
// Format:  docs/semantics.md, "Level-triggered sources".
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/event/event.hpp"
#include "runtime/pipeline/graph.hpp"
#include "runtime/state/tables.hpp"

namespace perennial::pipeline {

enum class Edge : std::uint8_t { none, stale, entered, changed, left, returned };

struct Observation {
  Edge edge = Edge::none;
  bool is_held = false;
  Fingerprint facts;
  std::string_view version;
};

// `before` is nullptr for a record that was never held.
[[nodiscard]] Observation observe(const TransitionPlan& plan, const event::EventView& event,
                                  const state::Tracked* before, std::uint64_t seed);
// Which event tells the edge; nullptr for none and stale.
[[nodiscard]] const TransitionPlan::Emit* emit_of(const TransitionPlan& plan, Edge edge);
[[nodiscard]] std::string_view word_of(Edge edge);
// The value at `path` below the event's top; empty when there is none.
[[nodiscard]] ByteView value_at(ByteView event, const Path& path);

}  // namespace perennial::pipeline
