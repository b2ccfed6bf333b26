// The command line: one table of verbs, common options, exit codes.
//
// Errors:  exit codes: 0 ok, 1 findings or a refusal, 2 usage, 3 environment (disk, network,
//          another process).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/app/config.hpp"

namespace perennial::app {

inline constexpr int exit_ok = 0;
inline constexpr int exit_findings = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_environment = 3;

struct Invocation {
  std::vector<std::string> arguments;  // after the verb, options taken out
  std::string config_path = "perennial.yaml";
  bool is_json = false;
  std::string why;
  std::vector<std::pair<std::string, std::string>> options;  // verb's own, by long name
  [[nodiscard]] std::string option(std::string_view name, std::string fallback = {}) const;
  [[nodiscard]] bool has(std::string_view name) const;
};

struct Verb {
  std::string name;     // "lint"
  std::string usage;    // "lint [FILE...]"
  std::string summary;  // one line, no full stop
  // Long options with a value that this verb takes, and flags without one.
  std::vector<std::string> values;
  std::vector<std::string> flags;
  std::function<int(const Invocation&)> run;
};

[[nodiscard]] std::vector<Verb> config_verbs();   // lint, echo, list
[[nodiscard]] std::vector<Verb> dry_run_verbs();  // dry-run
[[nodiscard]] std::vector<Verb> journal_verbs();  // journal
[[nodiscard]] std::vector<Verb> noun_verbs();     // renewal, exception, event, connector, plugin
[[nodiscard]] std::vector<Verb> runtime_verbs();  // run
[[nodiscard]] std::vector<Verb> bench_verbs();    // bench

// Loads or prints findings to standard error (to standard output as JSON).
[[nodiscard]] std::optional<Config> load_or_explain(const Invocation& invocation);
// "perennial: reason" on standard error, or a JSON object on standard output; gives the exit code
// back.
int explain(const Invocation& invocation, const std::string& reason, int exit_code);

int run_cli(int argument_count, char** arguments);

}  // namespace perennial::app
