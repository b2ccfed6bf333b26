// The parts of load_config: one section of the configuration each.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/app/config.hpp"
#include "runtime/app/config_reader.hpp"

namespace perennial::app {

// What the sections tell each other while a configuration is read.
struct LoadContext {
  ConfigReader& reader;
  Config& config;
  std::shared_ptr<policy::Registry> registry;
  std::vector<std::string> event_types;
  // Every connector that is written down, also those with findings: nothing else is said about what
  // depends on them.
  std::set<std::string> declared_connectors;
  std::map<std::string, std::vector<std::string>> maps;  // by connector
  std::set<std::string> money_fields;                    // that any schema marks
  // Two connectors may share a mapping file; its findings are told once.
  std::set<std::tuple<std::string, int, int>> money_places;
};

// What jq's numbers would spoil: arithmetic and tonumber on marked fields (host/money_check).
void check_money_of_mappings(LoadContext& context, const std::vector<std::string>& files);
// False after a finding. The filter stands at `place`.
bool check_money_of_filter(LoadContext& context, const std::string& filter, const Place& place);

// Merges what `include:` names into `root`.
void read_includes(LoadContext& context, YamlNode& root);
// Lays the file that `overrides:` names over `root`: maps are merged, everything else is replaced.
void read_overrides(LoadContext& context, YamlNode& root);

void read_top(LoadContext& context, const YamlNode& root);
void read_http(LoadContext& context, const YamlNode& node);
void read_plugins(LoadContext& context, const YamlNode* node);
void read_schemas(LoadContext& context, const YamlNode* node);
void read_connectors(LoadContext& context, const YamlNode& node);
void read_transitions(LoadContext& context, const YamlNode& node);
// Adds a finding when no schema directory holds a schema for `type`.
[[nodiscard]] bool is_known_type(LoadContext& context, const std::string& type, const Place& place);
void read_pipelines(LoadContext& context, const YamlNode& node);
void read_owners(LoadContext& context, const YamlNode& node);

}  // namespace perennial::app
