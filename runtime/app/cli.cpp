#include "runtime/app/cli.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

namespace perennial::app {
namespace {

namespace options = boost::program_options;

std::vector<Verb> all_verbs() {
  std::vector<Verb> verbs;
  for (auto part : {runtime_verbs(), config_verbs(), dry_run_verbs(), noun_verbs(), journal_verbs(),
                    bench_verbs()}) {
    std::move(part.begin(), part.end(), std::back_inserter(verbs));
  }
  return verbs;
}

void print_help(const std::vector<Verb>& verbs) {
  std::printf("perennial: moves subscription renewals through the systems of an estate\n\n");
  std::printf("usage: perennial VERB [--config FILE] [--output text|json] ...\n\n");
  for (const Verb& verb : verbs)
    std::printf("  %-44s %s\n", verb.usage.c_str(), verb.summary.c_str());
  std::printf("\nexit codes: 0 ok, 1 findings or refused, 2 usage, 3 environment\n");
}

options::options_description describe(const Verb& verb) {
  options::options_description description;
  description.add_options()("config,c", options::value<std::string>())(
      "output,o", options::value<std::string>()->default_value("text"))(
      "why", options::value<std::string>()->default_value(""))("help,h", "");
  for (const std::string& name : verb.values) {
    description.add_options()(name.c_str(), options::value<std::string>());
  }
  for (const std::string& name : verb.flags) description.add_options()(name.c_str(), "");
  description.add_options()("arguments", options::value<std::vector<std::string>>());
  return description;
}

std::optional<Invocation> parse(const Verb& verb, const std::vector<std::string>& words) {
  options::positional_options_description positional;
  positional.add("arguments", -1);
  const auto description = describe(verb);
  options::variables_map map;
  try {
    options::store(
        options::command_line_parser(words).options(description).positional(positional).run(), map);
  } catch (const options::error& error) {
    std::fprintf(stderr, "perennial %s: %s\nusage: perennial %s\n", verb.name.c_str(), error.what(),
                 verb.usage.c_str());
    return std::nullopt;
  }
  if (map.count("help") > 0) {
    std::printf("usage: perennial %s\n%s\n", verb.usage.c_str(), verb.summary.c_str());
    return std::nullopt;
  }
  Invocation invocation;
  if (map.count("arguments") > 0)
    invocation.arguments = map["arguments"].as<std::vector<std::string>>();
  if (map.count("config") > 0) invocation.config_path = map["config"].as<std::string>();
  const auto output = map["output"].as<std::string>();
  if (output != "text" && output != "json") {
    std::fprintf(stderr, "perennial %s: expected --output text or json, but '%s' came\n",
                 verb.name.c_str(), output.c_str());
    return std::nullopt;
  }
  invocation.is_json = output == "json";
  invocation.why = map["why"].as<std::string>();
  for (const std::string& name : verb.values) {
    if (map.count(name) > 0) invocation.options.emplace_back(name, map[name].as<std::string>());
  }
  for (const std::string& name : verb.flags) {
    if (map.count(name) > 0) invocation.options.emplace_back(name, "");
  }
  return invocation;
}

}  // namespace

std::string Invocation::option(std::string_view name, std::string fallback) const {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const auto& one) { return one.first == name; });
  return found == options.end() ? std::move(fallback) : found->second;
}

bool Invocation::has(std::string_view name) const {
  return std::any_of(options.begin(), options.end(),
                     [&](const auto& one) { return one.first == name; });
}

int explain(const Invocation& invocation, const std::string& reason, int exit_code) {
  if (invocation.is_json) {
    std::cout << nlohmann::ordered_json{{"schema_version", 1}, {"error", reason}}.dump() << "\n";
  } else {
    std::cerr << "perennial: " << reason << "\n";
  }
  return exit_code;
}

std::optional<Config> load_or_explain(const Invocation& invocation) {
  Findings findings;
  auto config = load_config(invocation.config_path, findings);
  if (findings.is_empty()) return config;
  if (invocation.is_json) {
    std::cout << findings.to_json() << "\n";
  } else {
    std::cerr << findings.to_text();
  }
  return std::nullopt;
}

int run_cli(int argument_count, char** arguments) {
  const std::vector<Verb> verbs = all_verbs();
  const std::vector<std::string> words(arguments + 1, arguments + argument_count);
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help(verbs);
    return words.empty() ? exit_usage : exit_ok;
  }
  const auto verb = std::find_if(verbs.begin(), verbs.end(),
                                 [&](const Verb& one) { return one.name == words[0]; });
  if (verb == verbs.end()) {
    std::vector<std::string> names;
    for (const Verb& one : verbs) names.push_back(one.name);
    std::fprintf(stderr,
                 "perennial: expected a verb, but '%s' is none%s; `perennial help` lists them\n",
                 words[0].c_str(), did_you_mean(words[0], names).c_str());
    return exit_usage;
  }
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  const auto invocation = parse(*verb, rest);
  if (!invocation) {
    const bool is_help = std::find(rest.begin(), rest.end(), "--help") != rest.end() ||
                         std::find(rest.begin(), rest.end(), "-h") != rest.end();
    return is_help ? exit_ok : exit_usage;
  }
  return verb->run(*invocation);
}

}  // namespace perennial::app
