// The control port: clock, faults, planted causes, ledger, settlement and acceptance by HTTP.
//
// Thread:  any; locks the estate's mutex.
// Errors:  400 with {"error": reason} for a body it cannot use, 404 for a path it does not have.
// Format:  sandbox/README.md.
#pragma once

#include "sandbox/base/http.hpp"

namespace perennial::sandbox {

class World;

Reply handle_control(World& world, const Request& request);

}  // namespace perennial::sandbox
