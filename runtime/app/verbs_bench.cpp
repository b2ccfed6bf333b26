// Measures this build on this machine, beside the limits of the machine itself.
#include "runtime/app/cli.hpp"

namespace perennial::app {

std::vector<Verb> bench_verbs() {
  return {};
}

}  // namespace perennial::app
