// How many events a second bare libjq maps: the source's and the operation's map of the mapped
// pipeline, one after the other, on as many threads as there are cores, nothing around them.
#pragma once

#include "runtime/base/status.hpp"

namespace perennial::bench {

[[nodiscard]] Result<double> jq_events_per_s(double seconds);

}  // namespace perennial::bench
