// The `connectors:` section: plugins, their options, sources, retry policies and mappings.
#include <algorithm>
#include <filesystem>

#include "runtime/app/config_loader.hpp"
#include "runtime/app/plugin_config.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/host/jq_engine.hpp"
#include "runtime/policy/formats.hpp"

namespace perennial::app {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> connector_keys = {
    "plugin",   "version",       "hosting",           "config", "sources", "retry", "vars",
    "mappings", "in_flight_max", "currency_profiles", "mode"};

template <typename Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const Named& one : all) names.push_back(one.name);
  return names;
}

const host::Manifest* find_plugin(LoadContext& context, const YamlNode& node,
                                  const YamlEntry& plugin) {
  const auto id = context.reader.text(plugin.value);
  if (!id) return nullptr;
  std::string version;
  if (const YamlEntry* entry = node.find("version"))
    version = context.reader.text(entry->value).value_or("");
  auto manifest = context.config.catalog->find(*id, version);
  if (manifest) return *manifest;
  std::vector<std::string> known;
  for (const host::Manifest& one : context.config.catalog->manifests()) known.push_back(one.id);
  context.reader.add(plugin.value.place, "unknown-plugin",
                     manifest.error().reason + did_you_mean(*id, known));
  return nullptr;
}

void read_sources(LoadContext& context, const YamlEntry& entry, ConnectorConfig& connector) {
  ConfigReader& reader = context.reader;
  if (!reader.is_any_map(entry.value, "sources")) return;
  for (const YamlEntry& one : entry.value.entries) {
    const host::SourceManifest* manifest = connector.manifest->find_source(one.key);
    if (manifest == nullptr) {
      reader.add(one.key_place, "unknown-source",
                 "expected a source of plugin " + connector.manifest->id + ", but '" + one.key +
                     "' is none" + did_you_mean(one.key, names_of(connector.manifest->sources)));
      continue;
    }
    if (!reader.is_map(one.value, "a source", {"every", "start"})) continue;
    SourceConfig source{one.key, manifest->every_ms, {}, manifest->records_max};
    if (const YamlEntry* every = one.value.find("every")) {
      source.every_ms = reader.duration_ms(every->value).value_or(source.every_ms);
    }
    const YamlEntry* start = reader.need(one.value, "start", one.key_place);
    if (start == nullptr) continue;
    const auto text = reader.text(start->value);
    if (!text) continue;
    const bool is_time = policy::has_format(policy::Format::date_time, *text);
    if (*text != "now" && *text != "all" && !is_time) {
      reader.add(start->value.place, "bad-value",
                 "expected now, all or an RFC 3339 time, but '" + *text + "' came");
      continue;
    }
    source.start = *text;
    connector.sources.push_back(std::move(source));
  }
}

policy::RetryPolicy read_retry(LoadContext& context, const YamlNode& node) {
  ConfigReader& reader = context.reader;
  policy::RetryPolicy retry;
  if (!reader.is_map(node, "retry", {"wait_min", "wait_max", "tries_max"})) return retry;
  if (const YamlEntry* entry = node.find("wait_min")) {
    retry.wait_ms_min = reader.duration_ms(entry->value).value_or(retry.wait_ms_min);
  }
  if (const YamlEntry* entry = node.find("wait_max")) {
    retry.wait_ms_max = reader.duration_ms(entry->value).value_or(retry.wait_ms_max);
  }
  if (const YamlEntry* entry = node.find("tries_max")) {
    retry.tries_max =
        static_cast<std::uint32_t>(reader.integer(entry->value, 1, 1000).value_or(retry.tries_max));
  }
  return retry;
}

// The profiles that the plugin ships, and the operator's, which win.
bool read_currency_profiles(LoadContext& context, const YamlNode& node, const YamlEntry& plugin,
                            ConnectorConfig& connector) {
  ConfigReader& reader = context.reader;
  auto shipped = host::read_currency_profiles(connector.manifest->directory / "currencies");
  if (!shipped) {
    reader.add(plugin.value.place, "bad-currency-profile", shipped.error().reason);
    return false;
  }
  connector.currency_profiles = std::move(*shipped);
  const YamlEntry* own = node.find("currency_profiles");
  if (own == nullptr) return true;
  if (!reader.is_any_map(own->value, "currency_profiles")) return false;
  bool is_sound = true;
  for (const YamlEntry& entry : own->value.entries) {
    const auto text = reader.text(entry.value);
    if (!text || !reader.is_name(entry, "a currency profile")) return false;
    if (entry.key == host::standard_profile) {
      reader.add(entry.key_place, "bad-currency-profile",
                 "expected another name, because iso4217 is the standard itself");
      return false;
    }
    auto rows = host::read_currency_profile(reader.references().path_of(*text));
    if (rows) {
      connector.currency_profiles[entry.key] = std::move(*rows);
    } else {
      reader.add(entry.value.place, "bad-currency-profile", rows.error().reason);
      is_sound = false;
    }
  }
  return is_sound;
}

void read_mappings(LoadContext& context, const YamlNode& node, const YamlEntry& plugin,
                   ConnectorConfig& connector) {
  ConfigReader& reader = context.reader;
  Place place = plugin.value.place;
  if (const YamlEntry* entry = node.find("vars")) {
    if (!reader.is_any_map(entry->value, "vars") ||
        !reader.to_msgpack(entry->value, connector.vars))
      return;
  }
  if (const YamlEntry* entry = node.find("mappings")) {
    const auto text = reader.text(entry->value);
    if (!text) return;
    place = entry->value.place;
    connector.mapping_directory = reader.references().path_of(*text);
    if (!fs::is_directory(connector.mapping_directory)) {
      reader.add(
          place, "missing-file",
          "expected a directory of mappings, but " + connector.mapping_directory + " is none");
      return;
    }
  }
  if (!read_currency_profiles(context, node, plugin, connector)) return;
  auto program =
      host::JqProgram::assemble(connector.manifest->mappings, connector.mapping_directory,
                                connector.vars, connector.currency_profiles);
  if (!program) {
    reader.add(place, "bad-map", program.error().reason);
    return;
  }
  if (auto engine = host::JqEngine::compile(*program); !engine) {
    reader.add(place, "bad-map", engine.error().reason);
    return;
  }
  check_money_of_mappings(context, program->files());
  context.maps[connector.name] = program->maps();
}

pipeline::Idempotency idempotency_of(host::IdempotencyKind kind) {
  switch (kind) {
    case host::IdempotencyKind::key:
      return pipeline::Idempotency::key;
    case host::IdempotencyKind::natural:
      return pipeline::Idempotency::natural;
    case host::IdempotencyKind::lookup:
      return pipeline::Idempotency::lookup;
    case host::IdempotencyKind::none:
      break;
  }
  return pipeline::Idempotency::none;
}

void plan_connector(LoadContext& context, const ConnectorConfig& connector,
                    const policy::RetryPolicy& retry, std::uint32_t in_flight_max) {
  pipeline::ConnectorPlan plan;
  plan.is_observing = connector.is_observing;
  for (const SourceConfig& source : connector.sources) plan.sources.push_back(source.name);
  plan.plugin = connector.manifest->id;
  plan.retry = retry;
  std::uint32_t in_flight = 0;
  for (const host::OperationManifest& operation : connector.manifest->operations) {
    pipeline::OperationPlan& one = plan.operations[operation.name];
    one.idempotency = idempotency_of(operation.idempotency.kind);
    one.has_lookup = operation.idempotency.has_lookup;
    one.key_length_max = operation.idempotency.key_length_max;
    one.key_window_ms = operation.idempotency.key_window_ms;
    one.settle_ms = operation.idempotency.settle_ms;
    one.deadline_ms = operation.deadline_ms;
    in_flight += operation.concurrency * operation.batch * 4;
  }
  const std::uint32_t usual = std::clamp<std::uint32_t>(in_flight, 16, limits::credit_deliveries);
  plan.in_flight_max = in_flight_max > 0 ? in_flight_max : usual;
  context.config.graph->connectors[connector.name] = std::move(plan);
}

void read_connector(LoadContext& context, const YamlEntry& entry) {
  ConfigReader& reader = context.reader;
  if (!reader.is_map(entry.value, "a connector", connector_keys)) return;
  const YamlEntry* plugin = reader.need(entry.value, "plugin", entry.key_place);
  if (plugin == nullptr) return;
  ConnectorConfig connector;
  connector.name = entry.key;
  connector.manifest = find_plugin(context, entry.value, *plugin);
  if (connector.manifest == nullptr) return;
  if (const YamlEntry* hosting = entry.value.find("hosting")) {
    const auto word = reader.one_of(hosting->value, {"process", "in_process"});
    connector.hosting = word && *word == "in_process" ? Hosting::in_process : Hosting::process;
  }
  if (const YamlEntry* mode = entry.value.find("mode")) {
    connector.is_observing = reader.one_of(mode->value, {"active", "observe"}) == "observe";
  }
  const YamlEntry* config = entry.value.find("config");
  PluginConfig plugin_config;
  if (!read_plugin_config(reader, config == nullptr ? YamlNode{} : config->value,
                          config == nullptr ? entry.key_place : config->key_place,
                          connector.manifest->config_schema, plugin_config)) {
    return;
  }
  connector.config = std::move(plugin_config.config);
  connector.secrets = std::move(plugin_config.secrets);
  if (const YamlEntry* sources = entry.value.find("sources"))
    read_sources(context, *sources, connector);
  policy::RetryPolicy retry;
  if (const YamlEntry* node = entry.value.find("retry")) retry = read_retry(context, node->value);
  std::int64_t in_flight_max = 0;
  if (const YamlEntry* node = entry.value.find("in_flight_max")) {
    in_flight_max = reader.integer(node->value, 1, limits::credit_deliveries).value_or(0);
  }
  read_mappings(context, entry.value, *plugin, connector);
  plan_connector(context, connector, retry, static_cast<std::uint32_t>(in_flight_max));
  context.config.connectors.push_back(std::move(connector));
}

}  // namespace

void read_connectors(LoadContext& context, const YamlNode& node) {
  if (!context.reader.is_any_map(node, "connectors")) return;
  for (const YamlEntry& entry : node.entries) {
    context.declared_connectors.insert(entry.key);
    if (context.reader.is_name(entry, "a connector")) read_connector(context, entry);
  }
}

}  // namespace perennial::app
