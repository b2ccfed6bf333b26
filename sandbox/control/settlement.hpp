// What has become of each renewal, read back from the four systems' stores.
//
// Thread:  with the estate's mutex held.
// Format:  sandbox/README.md, GET /settlement.
#pragma once

#include "sandbox/base/json.hpp"

namespace perennial::sandbox {

class World;

// `only` limits the list to one renewal number; the totals always cover all.
Json settlement(const World& world, const std::string& only);

}  // namespace perennial::sandbox
