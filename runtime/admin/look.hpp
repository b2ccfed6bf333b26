// A look at all partitions at once: what they hold now, copied out.
//
// Place:   status, metrics, exceptions and connectors of the API, where the view could lag.
// Thread:  look() from any; `done` comes on the thread of a partition and must not block.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/admin/services.hpp"
#include "runtime/pipeline/partition.hpp"

namespace perennial::admin {

// Exceptions are many and their bodies large: copied only when asked for.
enum class Depth { numbers, exceptions };

struct Look {
  std::uint32_t partition = 0;
  Position position = 0;
  Position durable = 0;
  bool has_reserve = true;
  pipeline::Counters counters;        // of this run
  std::uint64_t events_accepted = 0;  // ever
  std::uint64_t deliveries_open = 0;
  std::uint64_t deliveries_moving = 0;  // can still do something by themselves
  std::map<std::string, std::uint64_t> deliveries_by_status;
  std::map<std::string, state::Flow> flows;  // by connector
  std::map<std::string, HostEpoch> epochs;   // of live hosts
  // Open ones, by owner and cause.
  std::map<std::pair<std::string, std::string>, std::uint64_t> exceptions_by_owner;
  std::vector<state::ExceptionRow> exceptions;  // Depth::exceptions
};

void look(const Services& services, Depth depth, std::function<void(std::vector<Look>)> done);

// Why the runtime is not ready; empty when it is.
[[nodiscard]] std::vector<std::string> reasons_not_ready(const Services& services);

}  // namespace perennial::admin
