// Checks the `config:` of a connector against its plugin's config.schema.json and prepares what the
// plugin gets.
//
// Errors:  findings named config-schema (or literal-secret) at the offending key or value.
// Format:  the subset of JSON Schema that docs/plugin-manifest.md lists, with `"secret": true`.
#pragma once

#include <map>
#include <string>

#include "runtime/app/config_reader.hpp"

namespace perennial::app {

struct PluginConfig {
  Bytes config;                                // msgpack map, defaults filled in, secrets left out
  std::map<std::string, std::string> secrets;  // dotted path of the field -> value
};

// `place` is where `config` stands (or would stand). False after a finding.
[[nodiscard]] bool read_plugin_config(ConfigReader& reader, const YamlNode& config,
                                      const Place& place, const std::string& schema_json,
                                      PluginConfig& out);

}  // namespace perennial::app
