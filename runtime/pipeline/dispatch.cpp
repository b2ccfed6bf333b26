// Which deliveries leave for their connector, and when.
#include <algorithm>

#include "runtime/pipeline/partition.hpp"

namespace perennial::pipeline {

using state::DeliveryStatus;

void Partition::enlist(const Turn& turn, const state::Delivery& delivery) {
  const bool is_waiting = delivery.status == DeliveryStatus::scheduled && state_.is_head(delivery);
  const bool is_open_question = delivery.status == DeliveryStatus::uncertain ||
                                delivery.status == DeliveryStatus::pending ||
                                delivery.status == DeliveryStatus::confirming;
  if (!is_waiting && !is_open_question) return;
  if (delivery.due <= turn.now) {
    schedule_.make_ready(delivery.connector, delivery.id);
  } else {
    schedule_.at({delivery.due, delivery.id, {}, {}});
  }
}

void Partition::hold(Turn& turn, std::string_view connector, TimeMs until) {
  Connection& state = connection(connector);
  if (until <= std::max(state.held_until, turn.now)) return;
  state.held_until = until;
  schedule_.at({until, 0, {}, std::string(connector)});
}

Status Partition::pump_all(Turn& turn) {
  // By name, so that the order does not depend on a hash table.
  std::vector<std::string> names;
  for (const auto& [name, row] : state_.connectors()) {
    if (row.epoch != 0) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (auto status = pump(turn, name); !status) return status;
  }
  return {};
}

Status Partition::pump(Turn& turn, std::string_view connector) {
  const state::ConnectorRow* row = state_.connector(connector);
  const ConnectorPlan* plan = graph_.connector(connector);
  if (row == nullptr || plan == nullptr || row->epoch == 0) return {};
  if (row->flow == state::Flow::paused) return {};
  Connection& link = this->connection(connector);
  const auto symbol = state_.symbol_of(connector);
  if (!symbol) return {};
  while (link.in_flight < plan->in_flight_max && link.held_until <= turn.now) {
    const auto id = schedule_.pop_ready(*symbol);
    if (!id) return {};
    const state::Delivery* delivery = state_.delivery(*id);
    // Stale entries are normal: the delivery moved on after it was put here.
    if (delivery == nullptr || delivery->due > turn.now || asked_.contains(*id)) continue;
    if (delivery->status == DeliveryStatus::scheduled) {
      if (!state_.is_head(*delivery)) continue;
      if (!has_reserve_) {
        schedule_.put_back(*symbol, *id);
        return {};
      }
      if (auto status = start(turn, *delivery, row->epoch, link); !status) return status;
      continue;
    }
    const bool is_question = delivery->status == DeliveryStatus::uncertain ||
                             delivery->status == DeliveryStatus::confirming;
    if (!is_question && delivery->status != DeliveryStatus::pending) continue;
    const wire::Verb verb = is_question ? wire::Verb::lookup : wire::Verb::poll;
    asked_.emplace(*id, Question{verb, delivery->connector});
    ++link.in_flight;
    ++counters_.lookups;
    leave(turn, DispatchOutput{*id, verb, delivery->attempt});
  }
  return {};
}

Status Partition::start(Turn& turn, const state::Delivery& delivery, HostEpoch epoch,
                        Connection& link) {
  const OperationPlan& plan = plan_of(delivery);
  // It has to reach the remote within the window, and has its whole deadline for that.
  const bool is_past_window =
      plan.idempotency == Idempotency::key && delivery.doubt_since != 0 &&
      turn.now + plan.deadline_ms - delivery.doubt_since > plan.key_window_ms;
  if (is_past_window && plan.has_lookup) {
    state::DeliveryUncertain record;
    record.delivery = delivery.id;
    record.attempt = delivery.attempt;
    record.code = "key_window_passed";
    record.text = "the remote may have forgotten the key: asked before anything is sent again";
    record.due = turn.now;
    if (auto status = write(turn, record); !status) return status;
    enlist(turn, *state_.delivery(delivery.id));
    return {};
  }
  if (is_past_window) {
    return park(
        turn, delivery, "outcome_unknown", "key_window_passed",
        "expected an answer while the remote remembers the key, but the window passed and the "
        "operation has no lookup: find out by hand, then retry or resolve",
        {});
  }
  state::DeliveryStarted record;
  record.delivery = delivery.id;
  record.attempt = delivery.attempt + 1;
  record.epoch = epoch;
  record.deadline = turn.now + plan.deadline_ms;
  if (auto status = write(turn, record); !status) return status;
  ++link.in_flight;
  ++counters_.deliveries_started;
  leave(turn, DispatchOutput{delivery.id, wire::Verb::execute, delivery.attempt});
  return {};
}

}  // namespace perennial::pipeline
