#include "tests/simulation/operator.hpp"

#include <algorithm>

#include "runtime/event/event.hpp"

namespace perennial::simulation {

void Operator::look() {
  if (!runtime_.is_up()) return;
  for (std::uint32_t partition = 0; partition < partitions_; ++partition) {
    std::vector<Position> ids;
    const auto& rows = runtime_.partition(partition).state().exceptions();
    for (const auto& [id, row] : rows) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    for (const Position id : ids) look_at(partition, rows.at(id));
  }
}

void Operator::look_at(std::uint32_t partition, const state::ExceptionRow& row) {
  if (row.is_on_trial) {
    tried_[{partition, row.id}] = clock_.now_ms();
    return;
  }
  const bool is_time = clock_.is_calm || clock_.one_in(3);
  if (!is_time) return;
  pipeline::CommandCall call;
  call.exception = row.id;
  call.by = "operator";
  call.why = "looked at the remote";
  call.verb = pipeline::CommandVerb::resolve;
  if (row.is_parking) {
    const auto& state = runtime_.partition(partition).state();
    const state::Delivery* delivery = state.delivery(row.delivery);
    if (delivery == nullptr || delivery->status != state::DeliveryStatus::parked) return;
    const std::string id(event::trusted_event(state.event(delivery->event)).id);
    const bool is_doubtful = row.cause == "outcome_unknown" || row.cause == "possible_double";
    // What is on its way may still land: a careful person waits.
    const TimeMs since = std::max(row.opened, tried_[{partition, row.id}]);
    const bool is_fresh = clock_.now_ms() - since < 3 * (deadline_ms + settle_ms);
    if (is_doubtful && is_fresh) return;
    if (row.cause == "orphaned" && !runtime_.has_notify()) return;
    const bool is_applied = remote_.applied(row.connector, row.operation, id) > 0;
    if (is_doubtful && is_applied) {
      settled_.insert(row.correlation);
      remote_.pardon(row.connector, id);
    } else {
      call.verb = pipeline::CommandVerb::retry;
      tried_[{partition, row.id}] = clock_.now_ms();
      if (clock_.one_in(2)) remote_.forgive();
    }
  } else if (!row.join.empty()) {
    const bool is_hopeless = clock_.is_calm && settled_.contains(row.correlation);
    if (!is_hopeless) return;
  }
  runtime_.service(partition).command(call, [](const pipeline::CommandOutput&) {});
}

}  // namespace perennial::simulation
