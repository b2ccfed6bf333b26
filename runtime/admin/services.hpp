// What the API needs of a running runtime, handed in by app.
//
// Owns:    nothing: everything outlives the API.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/event/event.hpp"
#include "runtime/host/host_set.hpp"
#include "runtime/pipeline/partition_service.hpp"
#include "runtime/view/projector.hpp"
#include "runtime/view/view.hpp"

namespace perennial::admin {

struct Services {
  std::string revision;                 // of the configuration
  std::vector<std::string> connectors;  // configured ones
  std::vector<pipeline::PartitionService*> partitions;
  // Where an event is handled: by the rule of wire/routing, which connector hosts follow too.
  std::function<pipeline::PartitionService&(const event::EventView& event)> partition_of;
  // The partition that gets a connector's webhooks.
  std::function<pipeline::PartitionService&(const std::string& connector)> home_of;
  // Empty until the hosts have been started.
  std::function<std::vector<host::HostState>()> host_states;
  const view::View* view = nullptr;
  const view::Projector* projector = nullptr;
};

}  // namespace perennial::admin
