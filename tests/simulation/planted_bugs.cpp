#include <algorithm>

#include "planted_names.hpp"  // made by plant_bugs.py
#include "tests/simulation/has_bug.hpp"
#include "tests/simulation/planted.hpp"

namespace perennial::simulation {

std::vector<std::string_view> planted_names() {
  return {std::begin(all_planted), std::end(all_planted)};
}

bool plant(std::string_view name) {
  // The same program without any, to see that it is the bug that is found.
  if (name == "none") return true;
  const auto found = std::find(std::begin(all_planted), std::end(all_planted), name);
  if (found == std::end(all_planted)) return false;
  planted_bug() = *found;
  return true;
}

}  // namespace perennial::simulation
