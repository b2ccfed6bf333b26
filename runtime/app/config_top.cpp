// The sections of a configuration that are about the runtime itself: data, HTTP, plugins, schemas,
// includes.
#include <glob.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "runtime/app/config_loader.hpp"
#include "runtime/host/money_check.hpp"

namespace perennial::app {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> mergeable = {"connectors", "transitions", "pipelines", "owners"};

const std::vector<std::string> overridable = {"data_dir",  "runtime", "http",       "secrets",
                                              "plugins",   "schemas", "connectors", "transitions",
                                              "pipelines", "owners"};

std::vector<std::string> matches_of(const std::string& pattern) {
  std::vector<std::string> paths;
  glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t index = 0; index < found.gl_pathc; ++index)
      paths.emplace_back(found.gl_pathv[index]);
  }
  ::globfree(&found);
  return paths;
}

void merge(LoadContext& context, YamlNode& root, const YamlNode& added) {
  for (const YamlEntry& section : added.entries) {
    const auto into =
        std::find_if(root.entries.begin(), root.entries.end(),
                     [&](const YamlEntry& entry) { return entry.key == section.key; });
    if (into == root.entries.end()) {
      root.entries.push_back(section);
      continue;
    }
    for (const YamlEntry& entry : section.value.entries) {
      if (into->value.find(entry.key) != nullptr) {
        context.reader.add(
            entry.key_place, "duplicate-key",
            "expected each key once, but '" + entry.key + "' stands in another file too");
      } else {
        into->value.entries.push_back(entry);
      }
    }
  }
}

// Findings in it name it as `shown`.
std::optional<YamlNode> read_further_file(LoadContext& context, const std::string& path,
                                          const std::string& shown, const Place& place) {
  auto file = std::make_shared<SourceFile>();
  file->path = shown;
  auto text = read_text_file(path);
  if (!text) {
    context.reader.add(place, "missing-file",
                       "expected a file (at most 1 MiB), but " + path + " cannot be read");
    return std::nullopt;
  }
  file->text = std::move(*text);
  return read_yaml(file, context.reader.findings());
}

void include_file(LoadContext& context, YamlNode& root, const std::string& path,
                  const std::string& shown, const Place& place) {
  auto added = read_further_file(context, path, shown, place);
  if (!added || !context.reader.is_map(*added, "an included file", mergeable)) return;
  for (const YamlEntry& section : added->entries) {
    if (!context.reader.is_any_map(section.value, "'" + section.key + "'")) return;
  }
  merge(context, root, *added);
}

void lay_over(YamlNode& below, const YamlNode& above) {
  const bool are_maps = below.kind == YamlNode::Kind::map && above.kind == YamlNode::Kind::map;
  if (!are_maps) {
    below = above;
    return;
  }
  for (const YamlEntry& entry : above.entries) {
    const auto into = std::find_if(below.entries.begin(), below.entries.end(),
                                   [&](const YamlEntry& known) { return known.key == entry.key; });
    if (into == below.entries.end()) {
      below.entries.push_back(entry);
    } else {
      lay_over(into->value, entry.value);
    }
  }
}

// "127.0.0.1:7400" or "[::1]:7400".
bool split_listen(const std::string& text, std::string& host, std::uint16_t& port) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const char* begin = text.data() + colon + 1;
  const char* end = text.data() + text.size();
  const auto [after, code] = std::from_chars(begin, end, port);
  return code == std::errc{} && after == end && begin != end;
}

void read_token(LoadContext& context, const YamlNode& node) {
  ConfigReader& reader = context.reader;
  if (!reader.is_map(node, "a token", {"name", "role", "token"})) return;
  const YamlEntry* name = reader.need(node, "name", node.place);
  const YamlEntry* role = reader.need(node, "role", node.place);
  const YamlEntry* token = reader.need(node, "token", node.place);
  if (name == nullptr || role == nullptr || token == nullptr) return;
  const auto name_text = reader.text(name->value);
  const auto role_text = reader.one_of(role->value, {"viewer", "operator", "admin"});
  auto secret = reader.secret(token->value);
  if (!name_text || !role_text || !secret) return;
  if (secret->empty()) {
    reader.add(token->value.place, "bad-value",
               "expected a token of at least one character, but it is empty");
    return;
  }
  const Role value = *role_text == "viewer"     ? Role::viewer
                     : *role_text == "operator" ? Role::operate
                                                : Role::admin;
  context.config.tokens.push_back(ApiToken{*name_text, value, std::move(*secret)});
}

}  // namespace

void read_includes(LoadContext& context, YamlNode& root) {
  const YamlEntry* entry = root.find("include");
  if (entry == nullptr) return;
  // A copy: merging changes the root that it stands in.
  const YamlNode patterns = entry->value;
  const auto texts = context.reader.texts(patterns);
  if (!texts) return;
  const std::string& base = context.reader.references().base_directory();
  const fs::path shown_base = fs::path(context.config.path).parent_path();
  for (std::size_t index = 0; index < texts->size(); ++index) {
    const Place& place = patterns.elements[index].place;
    const auto paths = matches_of(context.reader.references().path_of((*texts)[index]));
    if (paths.empty()) {
      context.reader.add(
          place, "missing-file",
          "expected at least one file, but nothing matches '" + (*texts)[index] + "'");
    }
    for (const std::string& path : paths) {
      const std::string shown =
          (shown_base / fs::path(path).lexically_relative(base)).lexically_normal().string();
      include_file(context, root, path, shown, place);
    }
  }
}

void read_overrides(LoadContext& context, YamlNode& root) {
  ConfigReader& reader = context.reader;
  const YamlEntry* entry = root.find("overrides");
  if (entry == nullptr) return;
  const auto name = reader.text(entry->value);
  if (!name || name->empty()) return;
  const std::string path = reader.references().path_of(*name);
  const auto above = read_further_file(context, path, *name, entry->value.place);
  if (!above || above->kind == YamlNode::Kind::null) return;
  if (!reader.is_map(*above, "the overrides", overridable)) return;
  lay_over(root, *above);
}

void read_top(LoadContext& context, const YamlNode& root) {
  ConfigReader& reader = context.reader;
  if (const YamlEntry* secrets = root.find("secrets")) {
    if (const auto path = reader.text(secrets->value)) {
      reader.references().set_secret_directory(reader.references().path_of(*path));
    }
  }
  if (const YamlEntry* entry = reader.need(root, "data_dir", root.entries.front().key_place)) {
    if (const auto path = reader.text(entry->value)) {
      context.config.data_directory = reader.references().path_of(*path);
    }
  }
  const YamlEntry* runtime = root.find("runtime");
  if (runtime == nullptr) return;
  if (!reader.is_map(runtime->value, "runtime", {"partitions", "durability", "log_level"})) return;
  if (const YamlEntry* entry = runtime->value.find("partitions")) {
    if (const auto count = reader.integer(entry->value, 1, 64)) {
      context.config.partitions = static_cast<std::uint32_t>(*count);
    }
  }
  if (const YamlEntry* entry = runtime->value.find("durability")) {
    if (const auto word = reader.one_of(entry->value, {"fsync", "os"})) {
      context.config.durability =
          *word == "fsync" ? store::Durability::fsync : store::Durability::os;
    }
  }
  if (const YamlEntry* entry = runtime->value.find("log_level")) {
    if (const auto word = reader.one_of(entry->value, {"debug", "info", "warning", "error"})) {
      context.config.log_level = *word;
    }
  }
}

void read_http(LoadContext& context, const YamlNode& node) {
  ConfigReader& reader = context.reader;
  if (!reader.is_map(node, "http", {"listen", "tokens"})) return;
  context.config.has_http = true;
  context.config.listen_port = 7400;
  if (const YamlEntry* listen = node.find("listen")) {
    const auto text = reader.text(listen->value);
    std::string& host = context.config.listen_host;
    if (text && !split_listen(*text, host, context.config.listen_port)) {
      reader.add(listen->value.place, "bad-value",
                 "expected address:port like 127.0.0.1:7400, but '" + *text + "' came");
    } else if (text && !host.starts_with("127.") && host != "::1") {
      reader.add(
          listen->value.place, "not-loopback",
          "expected a loopback address, but '" + host +
              "' came: put a reverse proxy with TLS in front and let it forward to 127.0.0.1");
    }
  }
  const YamlEntry* tokens = node.find("tokens");
  if (tokens == nullptr) return;
  if (tokens->value.kind != YamlNode::Kind::sequence) {
    reader.add(tokens->value.place, "wrong-type", "expected a list of tokens");
    return;
  }
  for (const YamlNode& token : tokens->value.elements) read_token(context, token);
}

void read_plugins(LoadContext& context, const YamlNode* node) {
  ConfigReader& reader = context.reader;
  std::vector<fs::path> directories;
  bool is_sound = true;
  if (node == nullptr) {
    // Plugins that were installed with the program.
    std::error_code error;
    const fs::path own =
        fs::read_symlink("/proc/self/exe", error).parent_path() / "../lib/perennial/plugins";
    if (fs::is_directory(own, error)) directories.push_back(own.lexically_normal());
  } else if (reader.is_map(*node, "plugins", {"directories"})) {
    const YamlEntry* entry = reader.need(*node, "directories", node->place);
    const auto texts = entry == nullptr ? std::nullopt : reader.texts(entry->value);
    for (std::size_t index = 0; texts && index < texts->size(); ++index) {
      const std::string path = reader.references().path_of((*texts)[index]);
      if (fs::is_directory(path)) {
        directories.emplace_back(path);
      } else {
        is_sound = false;
        reader.add(entry->value.elements[index].place, "missing-file",
                   "expected a directory of plugins, but " + path + " is none");
      }
    }
  }
  auto catalog = host::PluginCatalog::scan(is_sound ? directories : std::vector<fs::path>{});
  if (!catalog) {
    reader.add(node == nullptr ? Place{} : node->place, "bad-plugin", catalog.error().reason);
    catalog = host::PluginCatalog::scan({});
  }
  context.config.catalog = std::make_unique<host::PluginCatalog>(std::move(*catalog));
}

void read_schemas(LoadContext& context, const YamlNode* node) {
  ConfigReader& reader = context.reader;
  if (node == nullptr || !reader.is_map(*node, "schemas", {"directories", "unknown_types"})) return;
  if (const YamlEntry* entry = node->find("unknown_types")) {
    const auto word = reader.one_of(entry->value, {"refuse", "accept"});
    context.registry->accepts_unknown_types = word && *word == "accept";
  }
  const YamlEntry* entry = node->find("directories");
  const auto texts = entry == nullptr ? std::nullopt : reader.texts(entry->value);
  for (std::size_t index = 0; texts && index < texts->size(); ++index) {
    const Place& place = entry->value.elements[index].place;
    const std::string path = reader.references().path_of((*texts)[index]);
    if (!fs::is_directory(path)) {
      reader.add(place, "missing-file",
                 "expected a directory of schemas, but " + path + " is none");
      continue;
    }
    for (const std::string& file : matches_of(path + "/*.json")) {
      auto text = read_text_file(file);
      auto schema = text ? policy::Schema::compile(*text) : fail(Code::io, "it cannot be read");
      if (!schema) {
        reader.add(place, "bad-schema", file + ": " + schema.error().reason);
        continue;
      }
      context.money_fields.merge(host::money_fields(*text));
      const std::string type = fs::path(file).stem().string();
      context.registry->schemas[type] = *schema;
      context.event_types.push_back(type);
      context.config.schema_files.push_back(file);
    }
  }
}

}  // namespace perennial::app
