// perennial-bench: measures the runtime beside the limits of the machine that it runs on.
//
// Errors:  exit codes as of `perennial`: 0 ok, 1 a bench failed or an event was lost, 2 usage.
#include <cmath>
#include <cstdio>
#include <iostream>
#include <vector>

#include "bench/measure.hpp"
#include "bench/options.hpp"
#include "bench/parts.hpp"
#include "bench/phases.hpp"

namespace perennial::bench {
namespace {

double rounded(double value) {
  const double scale = value >= 1000 ? 1 : 1000;
  return std::round(value * scale) / scale;
}

void tell(const Options& options, const std::string& line) {
  if (!options.is_json) std::cout << line << std::endl;
}

std::string shown(const Json& figures) {
  char line[160];
  std::snprintf(line, sizeof line,
                "%9.0f events/s  p50 %7.0f us  p99 %7.0f us  %6.2f CPU s/million",
                figures["events_per_s"].get<double>(), figures["p50_us"].get<double>(),
                figures["p99_us"].get<double>(), figures["cpu_s_per_million"].get<double>());
  return line;
}

// The phases of one bench of the pipeline, with what all of them share.
class PipelineBench {
 public:
  explicit PipelineBench(const Options& options) : options_(options) {}

  Result<Json> run() {
    const auto disk = run_phase("disk", {{"directory", options_.directory}});
    if (!disk) return disk;
    for (std::uint64_t round = 0; round < options_.rounds; ++round) {
      auto status = pair(0, options_.events, maxima_, ceilings_);
      if (!status) return tl::unexpected(status.error());
    }
    const double events_per_s = middle(maxima_, "events_per_s");
    const double rate = std::max(1.0, std::floor(rate_of(options_, events_per_s)));
    // Long enough for a p99, short enough to repeat.
    const auto events = static_cast<std::uint64_t>(
        std::clamp(3 * rate, 1000.0, static_cast<double>(options_.events)));
    for (std::uint64_t round = 0; round < options_.rounds; ++round) {
      auto status = pair(rate, events, paced_, paced_ceilings_);
      if (!status) return tl::unexpected(status.error());
    }
    if (auto status = map(); !status) return tl::unexpected(status.error());
    return figures(rate, (*disk)["value"].get<double>());
  }

 private:
  // One run of the ceiling and one of the pipeline, close together in time.
  Status pair(double rate, std::uint64_t events, std::vector<Json>& runs,
              std::vector<Json>& ceilings) {
    const Json bare = {{"directory", options_.directory},
                       {"seconds", 1.5},
                       {"rate", rate},
                       {"size", options_.size},
                       {"durability", options_.durability}};
    const auto ceiling = run_phase("ceiling", bare);
    if (!ceiling) return tl::unexpected(ceiling.error());
    tell(options_, "ceiling   " + shown(*ceiling));
    const auto whole = run_phase("pipeline", plan(rate, events, false));
    if (!whole) return tl::unexpected(whole.error());
    tell(options_, (rate > 0 ? "paced     " : "pipeline  ") + shown(*whole));
    ceilings.push_back(*ceiling);
    runs.push_back(*whole);
    return {};
  }

  Status map() {
    const std::uint64_t events = std::clamp<std::uint64_t>(options_.events / 8, 1000, 50'000);
    for (std::uint64_t round = 0; round < options_.rounds; ++round) {
      const auto bare = run_phase("jq", {{"seconds", 1.0}});
      if (!bare) return tl::unexpected(bare.error());
      const auto whole = run_phase("pipeline", plan(0, events, true));
      if (!whole) return tl::unexpected(whole.error());
      char line[120];
      std::snprintf(line, sizeof line,
                    "mapped    %9.0f events/s  %6.1f CPU s/million, bare libjq %.0f",
                    (*whole)["events_per_s"].get<double>(),
                    (*whole)["cpu_s_per_million"].get<double>(), (*bare)["value"].get<double>());
      tell(options_, line);
      jq_.push_back((*bare)["value"]);
      mapped_.push_back(*whole);
    }
    return {};
  }

  [[nodiscard]] Json plan(double rate, std::uint64_t events, bool is_mapped) const {
    return {{"directory", options_.directory},
            {"hosting", options_.hosting},
            {"durability", options_.durability},
            {"events", events},
            {"rate", static_cast<std::uint64_t>(rate)},
            {"size", options_.size},
            {"mapped", is_mapped}};
  }

  static double middle(const std::vector<Json>& runs, const char* key) {
    std::vector<double> values;
    for (const Json& one : runs) values.push_back(one[key]);
    return median(values);
  }

  [[nodiscard]] Json figures(double rate, double fdatasync_us) const {
    std::vector<double> ratios;
    for (std::size_t index = 0; index < maxima_.size(); ++index) {
      ratios.push_back(maxima_[index]["events_per_s"].get<double>() /
                       ceilings_[index]["events_per_s"].get<double>());
    }
    return {{"events_per_s", rounded(middle(maxima_, "events_per_s"))},
            {"ceiling_events_per_s", rounded(middle(ceilings_, "events_per_s"))},
            {"ratio_to_ceiling", rounded(median(ratios))},
            {"p50_us", rounded(middle(paced_, "p50_us"))},
            {"p99_us", rounded(middle(paced_, "p99_us"))},
            {"fdatasync_p50_us", rounded(fdatasync_us)},
            {"cpu_s_per_million", rounded(middle(maxima_, "cpu_s_per_million"))},
            {"peak_rss_mib", rounded(middle(maxima_, "peak_rss_mib"))},
            {"mapped_events_per_s", rounded(middle(mapped_, "events_per_s"))},
            {"map_cpu_s_per_million", rounded(middle(mapped_, "cpu_s_per_million"))},
            {"jq_events_per_s", rounded(median(jq_))},
            {"ceiling_p50_us", rounded(middle(paced_ceilings_, "p50_us"))},
            {"ceiling_p99_us", rounded(middle(paced_ceilings_, "p99_us"))},
            {"hosting", options_.hosting},
            {"durability", options_.durability},
            {"events", options_.events},
            {"size", options_.size},
            {"rate", static_cast<std::uint64_t>(rate)}};
  }

  const Options& options_;
  std::vector<Json> maxima_;
  std::vector<Json> ceilings_;
  std::vector<Json> paced_;
  std::vector<Json> paced_ceilings_;
  std::vector<Json> mapped_;
  std::vector<double> jq_;
};

Result<Json> schema_figures(const Options& options) {
  const auto figures = bench_schema(options.size);
  if (!figures) return tl::unexpected(figures.error());
  return Json{{"ns_per_event", rounded(figures->ns_per_event)},
              {"visitor_ns_per_event", rounded(figures->visitor_ns_per_event)},
              {"ratio", rounded(figures->ns_per_event / figures->visitor_ns_per_event)},
              {"gate_ns_per_event", rounded(figures->gate_ns_per_event)},
              {"size", options.size}};
}

Json keys_figures() {
  Json rows = Json::array();
  for (const KeysRow& row : bench_keys({1'000'000, 10'000'000})) {
    rows.push_back({{"keys", row.keys},
                    {"p50_ns", rounded(row.p50_ns)},
                    {"p99_ns", rounded(row.p99_ns)},
                    {"bytes_per_key", rounded(row.bytes_per_key)}});
  }
  return Json{{"rows", rows}};
}

int run(const std::vector<std::string>& words) {
  constexpr int exit_failed = 1;
  constexpr int exit_usage = 2;
  if (words.size() == 3 && words[0] == "phase") return serve_phase(words[1], words[2]);
  const auto options = read_options(words);
  if (!words.empty() && (words.back() == "--help" || words.back() == "-h")) {
    std::cout << usage();
    return 0;
  }
  if (!options) {
    std::cerr << "perennial bench: " << options.error().reason << "\n" << usage();
    return exit_usage;
  }
  Result<Json> figures = fail(Code::not_found, "");
  if (options->verb == "pipeline") {
    figures = PipelineBench(*options).run();
  } else if (options->verb == "schema") {
    figures = schema_figures(*options);
  } else if (options->verb == "keys") {
    figures = keys_figures();
  } else {
    std::cerr << "perennial bench: expected pipeline, schema or keys, but '" << options->verb
              << "' came\n"
              << usage();
    return exit_usage;
  }
  if (!figures) {
    std::cerr << "perennial bench: " << figures.error().reason << "\n";
    return exit_failed;
  }
  std::cout << figures->dump() << std::endl;
  return 0;
}

}  // namespace
}  // namespace perennial::bench

int main(int argument_count, char** arguments) {
  return perennial::bench::run(std::vector<std::string>(arguments + 1, arguments + argument_count));
}
