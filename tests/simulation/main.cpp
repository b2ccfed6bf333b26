// perennial-simulation --seeds N --from S --events N [--jobs J] [--records N] [--digest]
//
// Runs N seeds, one world each, and prints how many faults of each kind they had. The first seed that
// breaks a promise is printed with the command that repeats it, and ends the run with 1.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include "tests/simulation/planted.hpp"
#include "tests/simulation/world.hpp"

namespace perennial::simulation {
namespace {

struct Options {
  std::uint64_t seeds = 300;
  std::uint64_t from = 1;
  std::uint64_t events = 40;
  std::uint64_t jobs = 1;
  std::uint64_t records = 50;
  bool has_digest = false;
  std::string bug;
};

int usage(const char* program) {
  std::fprintf(
      stderr,
      "usage: %s [--seeds N] [--from SEED] [--events N] [--jobs N] [--records N] [--digest]%s\n",
      program, planted_names().empty() ? "" : " --bug NAME");
  for (const std::string_view name : planted_names()) {
    std::fprintf(stderr, "  bug: %s\n", std::string(name).c_str());
  }
  return 2;
}

std::optional<Options> parse(int count, char** words) {
  Options options;
  for (int index = 1; index < count; ++index) {
    const std::string_view word = words[index];
    if (word == "--digest") {
      options.has_digest = true;
      continue;
    }
    if (index + 1 >= count) return std::nullopt;
    const char* value = words[++index];
    if (word == "--bug") {
      options.bug = value;
      continue;
    }
    std::uint64_t* number = word == "--seeds"     ? &options.seeds
                            : word == "--from"    ? &options.from
                            : word == "--events"  ? &options.events
                            : word == "--jobs"    ? &options.jobs
                            : word == "--records" ? &options.records
                                                  : nullptr;
    char* end = nullptr;
    const auto given = std::strtoull(value, &end, 10);
    if (number == nullptr || *value == '\0' || *end != '\0') return std::nullopt;
    *number = given;
  }
  const bool is_sane = options.events > 0 && options.jobs > 0 && options.jobs <= 64;
  return is_sane ? std::optional(options) : std::nullopt;
}

// What all seeds together came to; shared by the threads that run them.
struct Total {
  std::mutex mutex;
  FaultCounts faults;
  std::uint64_t runs = 0;
  std::uint64_t records = 0;
  std::optional<std::pair<std::uint64_t, Report>> failed;  // the lowest seed
};

void run_seeds(const Options& options, std::atomic<std::uint64_t>& next, Total& total) {
  for (;;) {
    const std::uint64_t seed = next++;
    {
      const std::lock_guard lock(total.mutex);
      if (seed >= options.from + options.seeds || total.failed) return;
    }
    World world(seed, options.events);
    Report report = world.run(options.records);
    const std::lock_guard lock(total.mutex);
    ++total.runs;
    total.records += report.records;
    for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
      total.faults.of[kind] += report.faults.of[kind];
    }
    if (options.has_digest) {
      std::printf("seed %llu %016llx %llu records\n", static_cast<unsigned long long>(seed),
                  static_cast<unsigned long long>(report.digest),
                  static_cast<unsigned long long>(report.records));
    }
    const bool is_first = !total.failed || seed < total.failed->first;
    if (!report.violation.empty() && is_first) total.failed = {seed, std::move(report)};
  }
}

int run(const Options& options, const char* program) {
  const auto begun = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> next{options.from};
  Total total;
  std::vector<std::thread> threads;
  for (std::uint64_t job = 1; job < options.jobs; ++job) {
    threads.emplace_back([&] { run_seeds(options, next, total); });
  }
  run_seeds(options, next, total);
  for (std::thread& thread : threads) thread.join();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  if (options.has_digest) return total.failed ? 1 : 0;
  std::printf("%llu seeds, %llu records, %.1f s\n", static_cast<unsigned long long>(total.runs),
              static_cast<unsigned long long>(total.records), seconds);
  if (!total.failed) {
    for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
      std::printf("  %9llu  %s\n", static_cast<unsigned long long>(total.faults.of[kind]),
                  std::string(fault_names[kind]).c_str());
    }
    return 0;
  }
  const auto& [seed, report] = *total.failed;
  const std::string bug = options.bug.empty() ? "" : " --bug " + options.bug;
  std::printf("%s\nFAILED: seed %llu: %s\nrepeat: %s --seeds 1 --from %llu --events %llu%s\n",
              report.tail.c_str(), static_cast<unsigned long long>(seed), report.violation.c_str(),
              program, static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(options.events), bug.c_str());
  return 1;
}

}  // namespace
}  // namespace perennial::simulation

int main(int count, char** words) {
  using namespace perennial::simulation;
  const auto options = parse(count, words);
  if (!options || !plant(options->bug)) return usage(words[0]);
  return run(*options, words[0]);
}
