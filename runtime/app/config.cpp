#include "runtime/app/config.hpp"

#include <algorithm>
#include <filesystem>

#include "runtime/app/config_loader.hpp"
#include "runtime/base/hash.hpp"

namespace perennial::app {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> top_keys = {
    "schema_version", "data_dir",  "runtime",    "http",        "secrets",   "plugins", "schemas",
    "include",        "overrides", "connectors", "transitions", "pipelines", "owners"};
constexpr std::int64_t schema_version = 1;

Place first_place(const YamlNode& root) {
  return root.entries.empty() ? root.place : root.entries.front().key_place;
}

// False when nothing more can be said about the file.
bool has_known_version(ConfigReader& reader, const YamlNode& root) {
  const YamlEntry* version = reader.need(root, "schema_version", first_place(root));
  if (version == nullptr) return false;
  const auto number = reader.integer(version->value, 1, 1'000'000);
  if (!number) return false;
  if (*number == schema_version) return true;
  reader.add(version->value.place, "bad-version",
             "expected schema_version " + std::to_string(schema_version) + ", but " +
                 version->value.text + " came: this perennial is too old for the file");
  return false;
}

void fingerprint_config(Config& config, const YamlNode& root) {
  // The revision names what was decided by: the file as parsed, without values from outside.
  std::string text;
  const auto add = [&](const auto& self, const YamlNode& node) -> void {
    text += node.text + "\n";
    for (const YamlNode& element : node.elements) self(self, element);
    for (const YamlEntry& entry : node.entries) {
      text += entry.key + ":";
      self(self, entry.value);
    }
  };
  add(add, root);
  config.graph->revision = to_text(fingerprint(text, 0)).substr(0, 12);
}

void read_sections(LoadContext& context, const YamlNode& root) {
  const auto section = [&](std::string_view key) -> const YamlNode* {
    const YamlEntry* entry = root.find(key);
    return entry == nullptr ? nullptr : &entry->value;
  };
  read_top(context, root);
  if (const YamlNode* http = section("http")) read_http(context, *http);
  read_plugins(context, section("plugins"));
  read_schemas(context, section("schemas"));
  if (const YamlNode* connectors = section("connectors")) read_connectors(context, *connectors);
  if (const YamlNode* transitions = section("transitions")) read_transitions(context, *transitions);
  if (const YamlNode* pipelines = section("pipelines")) read_pipelines(context, *pipelines);
  if (const YamlNode* owners = section("owners")) read_owners(context, *owners);
}

}  // namespace

const ConnectorConfig* Config::connector(const std::string& name) const {
  const auto found = std::find_if(connectors.begin(), connectors.end(),
                                  [&](const ConnectorConfig& one) { return one.name == name; });
  return found == connectors.end() ? nullptr : &*found;
}

std::optional<Config> load_config(const std::string& path, Findings& findings) {
  auto file = std::make_shared<SourceFile>();
  file->path = path;
  auto text = read_text_file(path);
  if (!text) {
    findings.add(Place{file, 1, 1}, "missing-file",
                 "expected a configuration file (at most 1 MiB), but " + path + " cannot be read");
    return std::nullopt;
  }
  file->text = std::move(*text);
  auto root = read_yaml(file, findings);
  if (!root) return std::nullopt;

  const fs::path base = fs::absolute(path).parent_path();
  References references(base.string(), "");
  ConfigReader reader(findings, references);
  if (!reader.is_map(*root, "the configuration", top_keys)) return std::nullopt;
  if (!has_known_version(reader, *root)) return std::nullopt;

  Config config;
  config.path = path;
  config.graph = std::make_shared<pipeline::Graph>();
  LoadContext context{reader, config, std::make_shared<policy::Registry>(), {}, {}, {}, {}, {}};
  read_includes(context, *root);
  read_overrides(context, *root);
  read_sections(context, *root);
  config.graph->registry = context.registry;
  if (!findings.is_empty()) return std::nullopt;
  fingerprint_config(config, *root);
  return config;
}

}  // namespace perennial::app
