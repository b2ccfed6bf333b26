// The jq functions that every mapping may use: exact money and dates.
//
// Place:   first part of every mapping program (jq_program.cpp); what jq can't do exactly is done in
//          jq_native.
// Format:  docs/mappings.md
// Errors:  each refuses what it can't convert exactly, naming the value.
// Limits:  integers within +-(2^53-1), which jq's binary floating point keeps exactly.
#pragma once

#include <string>

#include "runtime/host/currency_profile.hpp"

namespace perennial::host {

// Text of the definitions. Part of the revision of every mapping program: a change of it is a
// change of what was rendered. Names of profiles are plain words; `profiles` can't replace the
// standard one.
[[nodiscard]] std::string jq_prelude(const CurrencyProfiles& profiles);

}  // namespace perennial::host
