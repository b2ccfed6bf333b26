// The person who owns the exceptions of a simulated world: looks at the remote, then tries again or
// settles by hand.
#pragma once

#include <set>
#include <string>

#include "tests/simulation/remote.hpp"
#include "tests/simulation/runtime.hpp"

namespace perennial::simulation {

class Operator {
 public:
  Operator(Clockwork& clock, Runtime& runtime, Remote& remote, std::uint32_t partitions)
      : clock_(clock), runtime_(runtime), remote_(remote), partitions_(partitions) {}

  // Once through all open exceptions.
  void look();
  // Correlations where something was settled by hand, so that what follows from it never comes.
  [[nodiscard]] const std::set<std::string>& settled_by_hand() const { return settled_; }

 private:
  void look_at(std::uint32_t partition, const state::ExceptionRow& row);

  Clockwork& clock_;
  Runtime& runtime_;
  Remote& remote_;
  const std::uint32_t partitions_;
  std::set<std::string> settled_;
  // When a trial of an exception was seen under way the last time.
  std::map<std::pair<std::uint32_t, Position>, TimeMs> tried_;
};

}  // namespace perennial::simulation
