// The command line of perennial-bench.
//
// Errors:  Status that names the option and what it takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/status.hpp"

namespace perennial::bench {

struct Options {
  std::string verb;
  std::string hosting = "in_process";
  std::string durability = "fsync";
  std::string rate = "50%";  // of the measured maximum, or events a second
  std::uint64_t events = 200'000;
  std::uint64_t rounds = 3;
  std::size_t size = 500;
  std::string directory;  // where files are written and synced
  bool is_json = false;
};

[[nodiscard]] Result<Options> read_options(const std::vector<std::string>& words);
// Events a second that options.rate stands for.
[[nodiscard]] double rate_of(const Options& options, double events_per_s_max);
[[nodiscard]] std::string usage();

}  // namespace perennial::bench
