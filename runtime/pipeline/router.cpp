// What follows from an accepted event: deliveries and joins. Pure decisions, each a record.
#include <algorithm>

#include "runtime/base/hash.hpp"
#include "runtime/event/pack.hpp"
#include "runtime/pipeline/partition.hpp"

namespace perennial::pipeline {
namespace {

constexpr std::string_view joined_type = "perennial.joined.v1";
constexpr std::string_view joined_source = "perennial://joins/";

}  // namespace

Status Partition::route(Turn& turn, std::string_view connector, const event::EventView& event,
                        Position position) {
  const auto found = graph_.routes.find(event.type);
  if (found == graph_.routes.end()) return {};
  for (const Route& route : found->second) {
    const EffectPlan& effect = graph_.effects[route.effect];
    if (!route.from_connector.empty() && route.from_connector != connector) continue;
    if (effect.filter && !effect.filter->matches(event.bytes)) continue;
    auto status = effect.join_types.empty() ? schedule_delivery(turn, effect, event, position)
                                            : fill_join(turn, effect, event, position);
    if (!status) return status;
  }
  return {};
}

Status Partition::schedule_delivery(Turn& turn, const EffectPlan& effect,
                                    const event::EventView& event, Position position) {
  state::DeliveryScheduled record;
  record.identity = fingerprint({event.source, event.id, effect.identity, "0"}, state_.hash_seed());
  record.effect = effect.name;
  record.connector = effect.connector;
  record.operation = effect.operation;
  record.map = effect.map;
  record.lane = event.correlation.empty() ? event.subject : event.correlation;
  record.event = position;
  record.revision = graph_.revision;
  if (auto status = write(turn, record); !status) return status;
  ++counters_.deliveries_scheduled;
  const ConnectorPlan* plan = graph_.connector(effect.connector);
  if (plan != nullptr && plan->is_observing) {
    return write(turn, state::DeliverySkipped{state_.position(), "runtime",
                                              "the connector is in mode observe: nothing is sent"});
  }
  enlist(turn, *state_.delivery(state_.position()));
  return {};
}

Status Partition::fill_join(Turn& turn, const EffectPlan& effect, const event::EventView& event,
                            Position position) {
  if (event.correlation.empty()) {
    return open_incident(turn, "no_correlation", effect.connector, effect.operation, {},
                         "expected '" + std::string(event.type) +
                             "' to carry a correlationid, because " + effect.name +
                             " joins by it, but event '" + std::string(event.id) + "' has none",
                         event.bytes);
  }
  const state::Join* open = state_.join(effect.name, event.correlation);
  // The join was completed: a further event of this key adds nothing to it until its time is over.
  if (open != nullptr && open->is_closed && open->due > turn.now) return {};
  const bool is_new = open == nullptr || open->is_closed;
  const TimeMs due = is_new ? turn.now + effect.join_within_ms : open->due;
  const std::string key(event.correlation);
  auto status = write(turn, state::JoinFilled{effect.name, key, event.type, position, due});
  if (!status) return status;
  if (is_new) {
    std::string id = effect.name;
    id += '\0';
    id += key;
    schedule_.at({due, 0, std::move(id), {}});
  }
  const state::Join* join = state_.join(effect.name, key);
  const bool is_complete =
      std::all_of(effect.join_types.begin(), effect.join_types.end(),
                  [&](const std::string& type) { return join->events.contains(type); });
  return is_complete ? complete_join(turn, effect, key) : Status{};
}

Status Partition::complete_join(Turn& turn, const EffectPlan& effect, std::string_view key) {
  const state::Join& join = *state_.join(effect.name, key);
  const Position overdue = join.exception;
  Bytes data;
  event::Packer packer(data);
  packer.map(static_cast<std::uint32_t>(effect.join_types.size()));
  // The identity of the joined event is that of its parts, so a replay that joins the same ones
  // gives the same key.
  std::string identity;
  std::string_view traceparent;
  for (const std::string& type : effect.join_types) {
    const ByteView part = state_.event(join.events.at(type));
    const event::EventView view = event::trusted_event(part);
    identity.append(view.source).append("\n").append(view.id).append("\n");
    if (traceparent.empty()) traceparent = view.traceparent;
    packer.text(type).raw(part);
  }
  event::EventParts parts;
  const std::string id = to_text(fingerprint(identity, state_.hash_seed()));
  const std::string source = std::string(joined_source) + effect.identity;
  parts.id = id;
  parts.source = source;
  parts.type = joined_type;
  parts.correlation = key;
  parts.traceparent = traceparent;
  parts.data = data;
  const Bytes derived = event::build_event(parts);
  if (auto status = write(turn, state::EventDerived{derived}); !status) return status;
  const Position position = state_.position();
  const auto event = event::trusted_event(derived);
  if (auto status = schedule_delivery(turn, effect, event, position); !status) return status;
  if (overdue != 0) {
    auto status = write(
        turn, state::ExceptionClosed{overdue, "completed", "runtime", "the missing event arrived"});
    if (!status) return status;
  }
  return write(turn, state::JoinClosed{effect.name, key, "completed"});
}

Status Partition::on_join_due(Turn& turn, std::string_view join_id) {
  const auto [name, key] = state::State::split_join(join_id);
  const state::Join* join = state_.join(name, key);
  if (join == nullptr || join->is_closed || join->exception != 0 || join->due > turn.now) return {};
  const EffectPlan* effect = graph_.effect(name);
  std::string present;
  std::string missing;
  for (const auto& [type, position] : join->events) present += (present.empty() ? "" : ", ") + type;
  if (effect != nullptr) {
    for (const std::string& type : effect->join_types) {
      if (!join->events.contains(type)) missing += (missing.empty() ? "" : ", ") + type;
    }
  }
  const std::string connector = effect == nullptr ? "" : effect->connector;
  const std::string operation = effect == nullptr ? "" : effect->operation;
  const Owner owner = graph_.owner_of("join_overdue", connector, operation);
  const std::string text = "expected " + missing + " for " + std::string(key) +
                           " in time, but only " + present + " came";
  state::ExceptionOpened record;
  record.cause = "join_overdue";
  record.connector = connector;
  record.operation = operation;
  record.correlation = key;
  record.owner = owner.name;
  record.due = turn.now + owner.due_ms;
  record.text = text;
  record.join = name;
  record.key = key;
  ++counters_.exceptions_opened;
  return write(turn, record);
}

}  // namespace perennial::pipeline
