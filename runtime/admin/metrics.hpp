// The numbers of a runtime in the Prometheus text format.
//
// Place:   GET /metrics.
// Rule:    no customer id in a label; labels have few values.
// Format:  Prometheus exposition format 0.0.4; names by prometheus.io/docs/practices/naming.
#pragma once

#include <string>
#include <vector>

#include "runtime/admin/look.hpp"

namespace perennial::admin {

[[nodiscard]] std::string to_metrics(const Services& services, const std::vector<Look>& looks);

}  // namespace perennial::admin
