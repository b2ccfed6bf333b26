// The jq functions that every mapping may use: exact money and dates.
//
// Place:   first part of every mapping program (jq_program.cpp).
// Errors:  each refuses what it can't convert exactly, naming the value.
// Limits:  integers within +-(2^53-1), which jq's binary floating point keeps exactly.
#pragma once

#include <string_view>

namespace perennial::host {

// Text of the definitions. Part of the revision of every mapping program: a change of it is a
// change of what was rendered.
[[nodiscard]] std::string_view jq_prelude();

}  // namespace perennial::host
