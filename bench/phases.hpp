// Runs one phase of a bench in a process of its own, so that the processor time and the memory that
// it reports are its own too.
//
// Format:  `perennial-bench phase NAME JSON` prints one JSON object; a failure prints
//          {"error": reason} and exits with 1.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "runtime/base/status.hpp"

namespace perennial::bench {

using Json = nlohmann::ordered_json;

// In the parent.
[[nodiscard]] Result<Json> run_phase(const std::string& name, const Json& plan);
// In the child; gives the exit code.
int serve_phase(const std::string& name, const std::string& plan);

}  // namespace perennial::bench
