// The whole configuration: read, checked and compiled, or a list of findings. One loader for every
// verb.
//
// Place:   called by every verb; its Graph goes to the partitions, its connectors to the hosts.
// Errors:  findings with file, line, column and a stable name; nothing starts while there is one.
// Format:  docs/configuration.md
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/app/findings.hpp"
#include "runtime/host/currency_profile.hpp"
#include "runtime/host/manifest.hpp"
#include "runtime/host/plugin_catalog.hpp"
#include "runtime/pipeline/graph.hpp"
#include "runtime/store/journal.hpp"

namespace perennial::app {

enum class Hosting { in_process, process };
enum class Role { viewer, operate, admin };  // each may do what the ones before it may

struct ApiToken {
  std::string name;
  Role role = Role::viewer;
  std::string token;  // secret
};

struct SourceConfig {
  std::string name;
  std::int64_t every_ms = 0;
  std::string start;
  std::uint32_t records_max = 0;
};

struct ConnectorConfig {
  std::string name;
  const host::Manifest* manifest = nullptr;  // in Config::catalog
  Hosting hosting = Hosting::process;
  bool is_observing = false;                   // mode: observe
  Bytes config;                                // msgpack, defaults filled in, secrets left out
  std::map<std::string, std::string> secrets;  // by dotted path of the field
  Bytes vars;                                  // msgpack map for the mappings; empty = none
  std::string mapping_directory;               // the operator's overrides; empty = none
  host::CurrencyProfiles currency_profiles;    // the plugin's, then the operator's
  std::vector<SourceConfig> sources;
};

struct Config {
  std::string path;  // of the main file
  std::string data_directory;
  std::uint32_t partitions = 1;
  store::Durability durability = store::Durability::fsync;
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 0;  // 0 = no HTTP
  bool has_http = false;
  std::string log_level = "info";
  std::vector<ApiToken> tokens;
  std::unique_ptr<host::PluginCatalog> catalog;
  std::vector<ConnectorConfig> connectors;
  std::shared_ptr<pipeline::Graph> graph;
  std::vector<std::string> schema_files;

  [[nodiscard]] const ConnectorConfig* connector(const std::string& name) const;
};

// `path` is the main file. Nothing after a finding.
[[nodiscard]] std::optional<Config> load_config(const std::string& path, Findings& findings);

// The configuration as it was understood, normalised, as YAML; secrets read "***".
[[nodiscard]] std::string echo_config(const Config& config);

}  // namespace perennial::app
