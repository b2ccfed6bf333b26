// The configuration as it was understood, as YAML, with secrets masked.
#include <nlohmann/json.hpp>

#include "runtime/app/config.hpp"

namespace perennial::app {
namespace {

using Json = nlohmann::ordered_json;

// A JSON text is YAML too; scalars are quoted by JSON's rules, which YAML reads the same way.
void print(const Json& value, std::size_t depth, std::string& out) {
  const std::string indent(depth * 2, ' ');
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, member] : value.items()) {
      out += indent + key + ":";
      const bool is_block = member.is_structured() && !member.empty();
      out += is_block ? "\n" : " ";
      print(member, depth + 1, out);
    }
  } else if (value.is_array() && !value.empty()) {
    for (const Json& element : value) out += indent + "- " + element.dump() + "\n";
  } else {
    out += value.dump() + "\n";
  }
}

Json describe_connector(const ConnectorConfig& connector) {
  const std::vector<std::uint8_t> packed(connector.config.begin(), connector.config.end());
  Json config = Json::from_msgpack(packed);
  for (const auto& [field, value] : connector.secrets) config[field] = "***";
  Json sources = Json::object();
  for (const SourceConfig& source : connector.sources) {
    sources[source.name] = {{"every_ms", source.every_ms}, {"start", source.start}};
  }
  return {{"plugin", connector.manifest->id},
          {"version", connector.manifest->version},
          {"hosting", connector.hosting == Hosting::process ? "process" : "in_process"},
          {"config", config},
          {"sources", sources},
          {"mappings", connector.mapping_directory}};
}

Json describe_pipeline(const pipeline::EffectPlan& effect) {
  Json out = {{"to", effect.connector + "." + effect.operation}, {"map", effect.map}};
  if (effect.identity != effect.name) out["was"] = effect.identity;
  if (!effect.join_types.empty()) {
    out["when_all"] = effect.join_types;
    out["within_ms"] = effect.join_within_ms;
  }
  return out;
}

}  // namespace

std::string echo_config(const Config& config) {
  Json tokens = Json::array();
  for (const ApiToken& token : config.tokens)
    tokens.push_back({{"name", token.name}, {"token", "***"}});
  Json connectors = Json::object();
  for (const ConnectorConfig& connector : config.connectors) {
    connectors[connector.name] = describe_connector(connector);
  }
  Json pipelines = Json::object();
  for (const pipeline::EffectPlan& effect : config.graph->effects) {
    pipelines[effect.name] = describe_pipeline(effect);
    for (const auto& [type, routes] : config.graph->routes) {
      for (const pipeline::Route& route : routes) {
        const bool is_plain =
            effect.join_types.empty() && &config.graph->effects[route.effect] == &effect;
        if (is_plain) pipelines[effect.name]["from"] = type;
      }
    }
  }
  Json rules = Json::array();
  for (const pipeline::OwnerRule& rule : config.graph->owner_rules) {
    rules.push_back({{"connector", rule.connector},
                     {"operation", rule.operation},
                     {"cause", rule.cause},
                     {"owner", rule.owner},
                     {"due_ms", rule.due_ms}});
  }
  const Json all = {
      {"schema_version", 1},
      {"revision", config.graph->revision},
      {"data_dir", config.data_directory},
      {"runtime",
       {{"partitions", config.partitions},
        {"durability", config.durability == store::Durability::fsync ? "fsync" : "os"},
        {"log_level", config.log_level}}},
      {"http",
       {{"listen", config.listen_host + ":" + std::to_string(config.listen_port)},
        {"tokens", tokens}}},
      {"connectors", connectors},
      {"pipelines", pipelines},
      {"owners", {{"default", config.graph->default_owner}, {"rules", rules}}}};
  std::string out;
  print(all, 0, out);
  return out;
}

}  // namespace perennial::app
