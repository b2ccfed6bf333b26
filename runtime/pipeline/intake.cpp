// How events, cursors and the state of sources enter a partition.
#include "runtime/base/hash.hpp"
#include "runtime/pipeline/controls.hpp"
#include "runtime/pipeline/partition.hpp"

namespace perennial::pipeline {
namespace {

// The values of perennial_source_result that need a person; the host reports every change of state.
struct SourceIncident {
  std::uint32_t result;
  std::string_view cause;
  bool is_about_the_cursor = false;
};

constexpr SourceIncident source_incidents[] = {
    {4, "source_gap", true},       {5, "source_cursor_invalid", true},
    {7, "connector_unauthorized"}, {10, "source_rejected"},
    {11, "plugin_fault"},
};

}  // namespace

Status Partition::on_source_events(Turn& turn, const SourceEvents& input) {
  const wire::Events& frame = *input.frame;
  for (ByteView bytes : frame.events) {
    IngestVerdict verdict = IngestVerdict::accepted;
    Refused refused;
    if (auto status = accept(turn, {input.connector, frame.source, bytes, {}}, verdict, refused);
        !status) {
      return status;
    }
    if (verdict != IngestVerdict::refused) continue;
    if (auto status = refuse(turn, input.connector, frame.source, refused); !status) return status;
  }
  for (const wire::Refusal& refusal : frame.refusals) {
    const Refused refused{refusal.cause, std::string(refusal.text), refusal.subject, refusal.body};
    if (auto status = refuse(turn, input.connector, frame.source, refused); !status) return status;
  }
  leave(turn,
        EventsDurableOutput{std::string(input.connector), std::string(frame.source), frame.batch});
  return pump_all(turn);
}

Status Partition::on_source_cursor(Turn& turn, const SourceCursor& input) {
  const wire::CursorMove& frame = *input.frame;
  const state::ConnectorRow* row = state_.connector(input.connector);
  const auto known =
      row == nullptr ? decltype(row->cursors.end()){} : row->cursors.find(frame.source);
  const bool is_same =
      row != nullptr && known != row->cursors.end() && known->second == frame.cursor;
  if (!is_same) {
    auto status = write(turn, state::CursorMoved{input.connector, frame.source, frame.cursor});
    if (!status) return status;
  }
  leave(turn,
        CursorDurableOutput{std::string(input.connector), std::string(frame.source), frame.batch});
  return {};
}

Status Partition::on_source_state(Turn& turn, const SourceState& input) {
  const wire::SourceReport& frame = *input.frame;
  for (const SourceIncident& incident : source_incidents) {
    if (incident.result != frame.result) continue;
    std::string text(frame.text);
    if (!frame.gap_from.empty() || !frame.gap_to.empty()) {
      text += " (missing from " + std::string(frame.gap_from) + " to " + std::string(frame.gap_to) +
              ")";
    }
    if (incident.is_about_the_cursor) {
      const std::string connector(input.connector);
      text += "; to read a stretch again: connector pause " + connector +
              ", connector cursor set " + connector + " " + std::string(frame.source) +
              " --start TIME, connector resume " + connector +
              " (what is known already is not taken twice)";
    }
    return open_incident(turn, incident.cause, input.connector, frame.source, frame.code, text, {});
  }
  const bool is_well = frame.result <= 3;
  if (!is_well) return {};
  for (const std::string_view cause : {"connector_unauthorized", "source_cursor_invalid"}) {
    auto status = close_incident(turn, cause, input.connector, frame.source);
    if (!status) return status;
  }
  return {};
}

Status Partition::on_ingest(Turn& turn, const Ingest& input) {
  IngestOutput answer;
  answer.token = input.token;
  for (const Bytes& bytes : *input.events) {
    IngestVerdict verdict = IngestVerdict::unavailable;
    Refused refused;
    if (has_reserve_) {
      if (auto status = accept(turn, {"http", "ingest", bytes, {}}, verdict, refused); !status) {
        return status;
      }
    } else {
      refused.reason = "the disk is nearly full: intake is stopped until there is room";
    }
    answer.events.push_back({verdict, std::move(refused.reason)});
  }
  leave(turn, std::move(answer));
  return pump_all(turn);
}

Status Partition::accept(Turn& turn, const Arrival& arrival, IngestVerdict& verdict,
                         Refused& refused) {
  verdict = IngestVerdict::refused;
  auto event = event::read_event(arrival.event);
  if (!event) {
    refused = {"malformed_event", event.error().reason, event::trusted_event(arrival.event).id,
               arrival.event};
    ++counters_.events_refused;
    return {};
  }
  const policy::Registry& registry = *graph_.registry;
  const policy::Schema* schema = registry.find(event->type);
  if (schema == nullptr && !registry.accepts_unknown_types) {
    refused = {"unknown_type",
               "expected an event type with a schema, but there is none for '" +
                   std::string(event->type) + "': add it to a schema directory",
               event->id, arrival.event};
    ++counters_.events_refused;
    return {};
  }
  if (schema != nullptr) {
    if (auto judged = schema->check(event->data); !judged) {
      const policy::Violation& violation = judged.error();
      refused = {
          "schema_violation",
          std::string(event->type) + ": " + violation.reason + " at /data" + violation.pointer,
          event->id, arrival.event};
      ++counters_.events_refused;
      return {};
    }
  }
  if (!arrival.correlation.empty() && event->correlation != arrival.correlation) {
    refused = {"foreign_correlation",
               "expected a follow-up event to carry correlation id '" +
                   std::string(arrival.correlation) + "', but it carries '" +
                   std::string(event->correlation) + "'",
               event->id, arrival.event};
    ++counters_.events_refused;
    return {};
  }
  if (const TransitionPlan* plan = graph_.transition(event->type)) {
    return observe(turn, arrival, *plan, *event, verdict, refused);
  }
  Fingerprint key = fingerprint({event->source, event->id}, state_.hash_seed());
  if (controls().skips_dedupe) {
    key = fingerprint({event->source, event->id, std::to_string(state_.position())},
                      state_.hash_seed());
  }
  const bool is_seen = state_.seen().contains(key);
  if (is_seen) {
    verdict = IngestVerdict::duplicate;
    ++counters_.events_duplicate;
    return {};
  }
  verdict = IngestVerdict::accepted;
  ++counters_.events_accepted;
  auto status =
      write(turn, state::EventAccepted{key, arrival.connector, arrival.channel, arrival.event});
  if (!status) return status;
  return route(turn, arrival.connector, *event, state_.position());
}

Status Partition::refuse(Turn& turn, std::string_view connector, std::string_view channel,
                         const Refused& refused) {
  std::string text = refused.reason;
  if (!refused.subject.empty()) text += " (id " + std::string(refused.subject) + ")";
  return open_incident(turn, refused.cause, connector, channel, {}, text, refused.body);
}

}  // namespace perennial::pipeline
