// Everything that a State shows of itself, as text in an order of its own: two states that differ in
// anything differ here.
#pragma once

#include <string>
#include <vector>

#include "runtime/state/state.hpp"

namespace perennial::simulation {

// Keys that State can be asked for but does not list.
struct KnownKeys {
  std::vector<Fingerprint> accepted;
  std::vector<Fingerprint> tracked;
};

[[nodiscard]] std::string dump(const state::State& state, const KnownKeys& keys);
// The first line in which two dumps differ, from both.
[[nodiscard]] std::string first_difference(const std::string& left, const std::string& right);
// One record for a person.
[[nodiscard]] std::string describe(Position position, ByteView record);

}  // namespace perennial::simulation
