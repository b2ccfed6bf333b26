// Defects on purpose. The plain simulation has none; perennial-simulation-bugs is made of the same
// sources of the runtime with each of them compiled in behind has_bug(), and one of them switched on.
#pragma once

#include <string_view>
#include <vector>

namespace perennial::simulation {

[[nodiscard]] std::vector<std::string_view> planted_names();
// False when there is no such bug; "" plants none where there is none to plant.
[[nodiscard]] bool plant(std::string_view name);

}  // namespace perennial::simulation
