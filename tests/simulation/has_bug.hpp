// Asked by the copies of the runtime's sources that plant_bugs.py makes; by nothing in the product.
#pragma once

#include <string_view>

namespace perennial::simulation {

// The one that is switched on; set before any world runs.
inline std::string_view& planted_bug() {
  static std::string_view name;
  return name;
}

inline bool has_bug(std::string_view name) {
  return planted_bug() == name;
}

}  // namespace perennial::simulation

using perennial::simulation::has_bug;
