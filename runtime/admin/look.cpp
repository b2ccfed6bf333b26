#include "runtime/admin/look.hpp"

#include <algorithm>
#include <memory>

#include "runtime/admin/gather.hpp"

namespace perennial::admin {
namespace {

using state::DeliveryStatus;

std::string_view word_of(DeliveryStatus status) {
  switch (status) {
    case DeliveryStatus::scheduled:
      return "scheduled";
    case DeliveryStatus::started:
      return "started";
    case DeliveryStatus::uncertain:
      return "uncertain";
    case DeliveryStatus::pending:
      return "pending";
    case DeliveryStatus::parked:
      return "parked";
    case DeliveryStatus::confirming:
      return "confirming";
  }
  return "scheduled";
}

bool is_moving(const state::State& state, const state::Delivery& delivery) {
  switch (delivery.status) {
    case DeliveryStatus::scheduled:
      return state.is_head(delivery);
    case DeliveryStatus::started:
    case DeliveryStatus::uncertain:
    case DeliveryStatus::pending:
    case DeliveryStatus::confirming:
      return true;
    case DeliveryStatus::parked:
      return false;
  }
  return false;
}

Look look_at(const pipeline::Partition& partition, Depth depth) {
  const state::State& state = partition.state();
  Look look;
  look.position = state.position();
  look.counters = partition.counters();
  look.events_accepted = state.seen().size();
  look.deliveries_open = state.deliveries().size();
  for (const auto& [id, delivery] : state.deliveries()) {
    look.deliveries_moving += is_moving(state, delivery) ? 1 : 0;
    ++look.deliveries_by_status[std::string(word_of(delivery.status))];
  }
  for (const auto& [name, row] : state.connectors()) {
    look.flows[name] = row.flow;
    if (row.epoch != 0) look.epochs[name] = row.epoch;
  }
  for (const auto& [id, row] : state.exceptions()) {
    ++look.exceptions_by_owner[{row.owner, row.cause}];
    if (depth == Depth::exceptions) look.exceptions.push_back(row);
  }
  return look;
}

}  // namespace

void look(const Services& services, Depth depth, std::function<void(std::vector<Look>)> done) {
  auto gather = std::make_shared<Gather<Look>>(services.partitions.size(), std::move(done));
  for (std::size_t index = 0; index < services.partitions.size(); ++index) {
    pipeline::PartitionService* service = services.partitions[index];
    service->inspect([gather, index, depth, service](const pipeline::Partition& partition) {
      Look one = look_at(partition, depth);
      one.partition = static_cast<std::uint32_t>(index);
      one.durable = service->durable();
      one.has_reserve = service->has_reserve();
      gather->put(index, std::move(one));
    });
  }
}

std::vector<std::string> reasons_not_ready(const Services& services) {
  std::vector<std::string> reasons;
  const std::vector<host::HostState> states = services.host_states();
  for (const std::string& connector : services.connectors) {
    const auto found = std::find_if(states.begin(), states.end(), [&](const host::HostState& one) {
      return one.connector == connector;
    });
    if (found == states.end()) {
      reasons.push_back("connector " + connector + " has not been started yet");
    } else if (!found->is_running) {
      reasons.push_back("connector " + connector + " does not run" +
                        (found->last_exit.empty() ? "" : ": " + found->last_exit));
    } else if (!found->is_connected) {
      reasons.push_back("the host of connector " + connector + " is not connected yet" +
                        (found->last_exit.empty() ? "" : ": " + found->last_exit));
    }
  }
  for (std::size_t index = 0; index < services.partitions.size(); ++index) {
    if (services.partitions[index]->has_reserve()) continue;
    reasons.push_back("the disk of partition " + std::to_string(index) +
                      " is nearly full: intake is stopped until there is room");
  }
  return reasons;
}

}  // namespace perennial::admin
