// Measures this build on this machine, beside the limits of the machine itself.
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "runtime/app/cli.hpp"

namespace perennial::app {
namespace {

const std::vector<std::string> passed_on = {"hosting", "durability", "rate",     "events",
                                            "size",    "rounds",     "directory"};

// The bench is a program of its own: it links what the runtime never needs.
int bench(const Invocation& invocation) {
  std::error_code error;
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "perennial-bench";
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), invocation.arguments.begin(), invocation.arguments.end());
  for (const auto& [name, value] : invocation.options) {
    words.push_back("--" + name);
    words.push_back(value);
  }
  words.push_back("--output");
  words.push_back(invocation.is_json ? "json" : "text");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  return explain(invocation,
                 "expected the bench program beside this one, but " + program.string() +
                     " does not start (" + std::system_category().message(errno) +
                     "): build or install perennial-bench",
                 exit_environment);
}

}  // namespace

std::vector<Verb> bench_verbs() {
  return {{"bench",
           "bench pipeline|schema|keys [--events N] ...",
           "measures this build beside the limits of this machine",
           passed_on,
           {},
           bench}};
}

}  // namespace perennial::app
