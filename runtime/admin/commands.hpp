// What operators tell a running runtime to do, and webhooks that other systems call.
//
// Place:   handlers of api.
// Thread:  called on the server's thread; answers come from the threads of partitions.
// Errors:  400 for a body that is no command, 404 and 409 with the reason of the partition, 503
//          while a connector does not run.
#pragma once

#include <vector>

#include "runtime/admin/router.hpp"
#include "runtime/admin/services.hpp"

namespace perennial::admin {

inline constexpr std::size_t webhook_body_max = 1024ULL * 1024;
inline constexpr std::size_t command_body_max = 64ULL * 1024;

// `services` outlives the handlers.
[[nodiscard]] std::vector<Route> command_routes(const Services& services);
[[nodiscard]] std::vector<Route> webhook_routes(const Services& services);

}  // namespace perennial::admin
