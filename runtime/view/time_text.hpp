// Instants as people and JSON write them.
//
// Format:  RFC 3339 in UTC with milliseconds: "2026-11-24T10:00:00.000Z".
#pragma once

#include <string>

#include "runtime/base/ids.hpp"

namespace perennial::view {

// Empty for 0, which stands for "never".
[[nodiscard]] std::string to_time_text(TimeMs time);

}  // namespace perennial::view
