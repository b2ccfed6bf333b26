// Verbs that read a configuration and start nothing: lint, echo, list.
#include <iostream>
#include <nlohmann/json.hpp>

#include "runtime/app/cli.hpp"

namespace perennial::app {
namespace {

using Json = nlohmann::ordered_json;

int lint(const Invocation& invocation) {
  std::vector<std::string> files = invocation.arguments;
  if (files.empty()) files.push_back(invocation.config_path);
  Findings findings;
  for (const std::string& file : files) (void)load_config(file, findings);
  if (invocation.is_json) {
    std::cout << findings.to_json() << "\n";
  } else {
    std::cout << findings.to_text();
    if (findings.is_empty()) std::cout << "no findings\n";
  }
  return findings.is_empty() ? exit_ok : exit_findings;
}

int echo(const Invocation& invocation) {
  const auto config = load_or_explain(invocation);
  if (!config) return exit_findings;
  std::cout << echo_config(*config);
  return exit_ok;
}

Json describe(const host::Manifest& manifest) {
  Json sources = Json::array();
  for (const auto& source : manifest.sources)
    sources.push_back({{"name", source.name}, {"emits", source.emits}});
  Json operations = Json::array();
  for (const auto& operation : manifest.operations) {
    operations.push_back(
        {{"name", operation.name}, {"accepts", operation.accepts}, {"emits", operation.emits}});
  }
  return {{"id", manifest.id},        {"version", manifest.version},
          {"title", manifest.title},  {"sources", sources},
          {"operations", operations}, {"directory", manifest.directory.string()}};
}

int list_plugins(const Invocation& invocation, const Config& config) {
  Json plugins = Json::array();
  for (const host::Manifest& manifest : config.catalog->manifests())
    plugins.push_back(describe(manifest));
  Json refused = Json::array();
  for (const auto& refusal : config.catalog->refusals()) {
    refused.push_back({{"directory", refusal.directory.string()}, {"reason", refusal.reason}});
  }
  if (invocation.is_json) {
    std::cout << Json{{"schema_version", 1}, {"plugins", plugins}, {"refused", refused}}.dump()
              << "\n";
    return exit_ok;
  }
  for (const host::Manifest& manifest : config.catalog->manifests()) {
    std::cout << manifest.id << " " << manifest.version << "  " << manifest.title << "\n";
    for (const auto& source : manifest.sources) std::cout << "  source     " << source.name << "\n";
    for (const auto& operation : manifest.operations)
      std::cout << "  operation  " << operation.name << "\n";
  }
  for (const auto& refusal : config.catalog->refusals()) {
    std::cout << "refused " << refusal.directory.string() << ": " << refusal.reason << "\n";
  }
  return exit_ok;
}

int list(const Invocation& invocation) {
  const std::string what = invocation.arguments.empty() ? "pipelines" : invocation.arguments[0];
  const auto config = load_or_explain(invocation);
  if (!config) return exit_findings;
  if (what == "plugins") return list_plugins(invocation, *config);
  if (what != "connectors" && what != "pipelines" && what != "events") {
    return explain(
        invocation,
        "expected list plugins, connectors, pipelines or events, but '" + what + "' came",
        exit_usage);
  }
  Json rows = Json::array();
  if (what == "connectors") {
    for (const ConnectorConfig& one : config->connectors) {
      rows.push_back({{"name", one.name},
                      {"plugin", one.manifest->id},
                      {"version", one.manifest->version},
                      {"hosting", one.hosting == Hosting::process ? "process" : "in_process"}});
    }
  } else if (what == "pipelines") {
    for (const pipeline::EffectPlan& one : config->graph->effects) {
      rows.push_back({{"name", one.name},
                      {"to", one.connector + "." + one.operation},
                      {"when_all", one.join_types}});
    }
  } else {
    for (const auto& [type, schema] : config->graph->registry->schemas)
      rows.push_back({{"type", type}});
    std::sort(rows.begin(), rows.end());
  }
  if (invocation.is_json) {
    std::cout << Json{{"schema_version", 1}, {what, rows}}.dump() << "\n";
    return exit_ok;
  }
  for (const Json& row : rows) {
    bool is_first = true;
    for (const auto& [name, value] : row.items()) {
      std::cout << (is_first ? "" : "  ")
                << (value.is_string() ? value.get<std::string>() : value.dump());
      is_first = false;
    }
    std::cout << "\n";
  }
  return exit_ok;
}

}  // namespace

std::vector<Verb> config_verbs() {
  return {
      {"lint",
       "lint [FILE...]",
       "checks configurations and says what is wrong, and where",
       {},
       {},
       lint},
      {"echo",
       "echo",
       "prints the configuration as it was understood, secrets masked",
       {},
       {},
       echo},
      {"list",
       "list plugins|connectors|pipelines|events",
       "lists what a configuration offers",
       {},
       {},
       list},
  };
}

}  // namespace perennial::app
