// The `pipelines:` and `owners:` sections: what follows from which event, and who looks at what
// goes wrong.
#include <algorithm>
#include <set>

#include "runtime/app/config_loader.hpp"
#include "runtime/pipeline/causes.hpp"

namespace perennial::app {
namespace {

const std::vector<std::string> pipeline_keys = {"from",   "connector", "when_all", "by", "within",
                                                "filter", "map",       "to",       "was"};

std::vector<std::string> to_vector(const std::set<std::string>& names) {
  return {names.begin(), names.end()};
}

// What a `to:` names; the manifest is nullptr when the connector has findings of its own.
struct Target {
  std::string connector;
  std::string operation;
  const host::OperationManifest* manifest = nullptr;
};

std::optional<Target> read_target(LoadContext& context, const YamlEntry& to) {
  ConfigReader& reader = context.reader;
  const auto text = reader.text(to.value);
  if (!text) return std::nullopt;
  const std::size_t dot = text->find('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == text->size()) {
    reader.add(to.value.place, "bad-value",
               "expected connector.operation, but '" + *text + "' came");
    return std::nullopt;
  }
  Target target{text->substr(0, dot), text->substr(dot + 1), nullptr};
  if (!context.declared_connectors.contains(target.connector)) {
    reader.add(to.value.place, "unknown-connector",
               "expected a configured connector, but there is no '" + target.connector + "'" +
                   did_you_mean(target.connector, to_vector(context.declared_connectors)));
    return std::nullopt;
  }
  const ConnectorConfig* connector = context.config.connector(target.connector);
  if (connector == nullptr) return std::nullopt;
  target.manifest = connector->manifest->find_operation(target.operation);
  if (target.manifest != nullptr) return target;
  std::vector<std::string> known;
  for (const host::OperationManifest& one : connector->manifest->operations)
    known.push_back(one.name);
  reader.add(to.value.place, "unknown-operation",
             "expected an operation of plugin " + connector->manifest->id + ", but '" +
                 target.operation + "' is none" + did_you_mean(target.operation, known));
  return std::nullopt;
}

bool read_join(LoadContext& context, const YamlEntry& entry, const YamlEntry& when,
               pipeline::EffectPlan& effect) {
  ConfigReader& reader = context.reader;
  const auto types = reader.texts(when.value);
  if (!types) return false;
  const std::set<std::string> distinct(types->begin(), types->end());
  if (distinct.size() < 2 || distinct.size() != types->size()) {
    reader.add(when.value.place, "bad-value",
               "expected at least two different event types to join");
    return false;
  }
  for (std::size_t index = 0; index < types->size(); ++index) {
    if (!is_known_type(context, (*types)[index], when.value.elements[index].place)) return false;
  }
  effect.join_types = *types;
  if (const YamlEntry* by = entry.value.find("by")) {
    if (!reader.one_of(by->value, {"correlationid"})) return false;
  }
  const YamlEntry* within = reader.need(entry.value, "within", entry.key_place);
  if (within == nullptr) return false;
  const auto duration = reader.duration_ms(within->value);
  if (!duration) return false;
  effect.join_within_ms = *duration;
  return true;
}

// The event type of a plain pipeline; a join has none.
std::optional<std::string> read_trigger(LoadContext& context, const YamlEntry& entry,
                                        pipeline::EffectPlan& effect) {
  ConfigReader& reader = context.reader;
  const YamlEntry* from = entry.value.find("from");
  const YamlEntry* when = entry.value.find("when_all");
  if (from != nullptr && when != nullptr) {
    reader.add(when->key_place, "bad-value", "expected either from or when_all, but both are here");
    return std::nullopt;
  }
  if (when != nullptr)
    return read_join(context, entry, *when, effect) ? std::optional<std::string>("") : std::nullopt;
  if (reader.need(entry.value, "from", entry.key_place) == nullptr) return std::nullopt;
  auto type = reader.text(from->value);
  if (!type || !is_known_type(context, *type, from->value.place)) return std::nullopt;
  return type;
}

bool read_map(LoadContext& context, const YamlEntry& entry, const Target& target,
              const std::string& type, pipeline::EffectPlan& effect) {
  ConfigReader& reader = context.reader;
  effect.map = target.manifest->map;
  if (const YamlEntry* map = entry.value.find("map")) {
    const auto text = reader.text(map->value);
    if (!text) return false;
    const auto known = context.maps.find(target.connector);
    const bool is_known =
        known == context.maps.end() ||
        std::find(known->second.begin(), known->second.end(), *text) != known->second.end();
    if (!is_known) {
      reader.add(map->value.place, "unknown-map",
                 "expected a map of connector " + target.connector + ", but there is no '" + *text +
                     "'" + did_you_mean(*text, known->second));
      return false;
    }
    effect.map = *text;
    return true;
  }
  // The shipped map understands the types that the manifest lists; a map of the operator's may take
  // any.
  const auto& accepts = target.manifest->accepts;
  if (type.empty() || accepts.empty() ||
      std::find(accepts.begin(), accepts.end(), type) != accepts.end())
    return true;
  std::string listed;
  for (const std::string& one : accepts) listed += (listed.empty() ? "" : ", ") + one;
  reader.add(entry.value.find("from")->value.place, "event-mismatch",
             "expected an event that " + target.connector + "." + target.operation + " accepts (" +
                 listed + "), but '" + type + "' came: give a map of your own for it");
  return false;
}

void read_pipeline(LoadContext& context, const YamlEntry& entry,
                   std::vector<std::pair<std::string, std::string>>& from) {
  ConfigReader& reader = context.reader;
  if (!reader.is_map(entry.value, "a pipeline", pipeline_keys)) return;
  pipeline::EffectPlan effect;
  effect.name = entry.key;
  effect.identity = entry.key;
  const auto type = read_trigger(context, entry, effect);
  if (!type) return;
  const YamlEntry* to = reader.need(entry.value, "to", entry.key_place);
  if (to == nullptr) return;
  const auto target = read_target(context, *to);
  if (!target) return;
  effect.connector = target->connector;
  effect.operation = target->operation;
  if (!read_map(context, entry, *target, *type, effect)) return;
  if (const YamlEntry* filter = entry.value.find("filter")) {
    const auto text = reader.text(filter->value);
    if (!text || !check_money_of_filter(context, *text, filter->value.place)) return;
    auto predicate = policy::Predicate::compile(*text);
    if (!predicate) {
      reader.add(filter->value.place, "bad-filter",
                 predicate.error().reason + " at column " +
                     std::to_string(predicate.error().column) +
                     " of the filter; other conditions belong into the map, where `empty` skips "
                     "the event");
      return;
    }
    effect.filter = std::move(*predicate);
  }
  if (const YamlEntry* was = entry.value.find("was"))
    effect.identity = reader.text(was->value).value_or(entry.key);
  std::string connector;
  if (const YamlEntry* only = entry.value.find("connector"))
    connector = reader.text(only->value).value_or("");
  from.emplace_back(*type, connector);
  context.config.graph->effects.push_back(std::move(effect));
}

void check_former_names(LoadContext& context, const YamlNode& node) {
  for (const YamlEntry& entry : node.entries) {
    const YamlEntry* was = entry.value.find("was");
    if (was == nullptr || node.find(was->value.text) == nullptr) continue;
    context.reader.add(was->value.place, "duplicate-name",
                       "expected the former name of this pipeline, but '" + was->value.text +
                           "' is another pipeline: their deliveries would share identities");
  }
}

void read_owner_rule(LoadContext& context, const YamlNode& node) {
  ConfigReader& reader = context.reader;
  if (!reader.is_map(node, "an owner rule", {"connector", "operation", "cause", "owner", "due"}))
    return;
  pipeline::OwnerRule rule;
  const YamlEntry* owner = reader.need(node, "owner", node.place);
  if (owner == nullptr) return;
  rule.owner = reader.text(owner->value).value_or("");
  if (const YamlEntry* entry = node.find("connector")) {
    rule.connector = reader.text(entry->value).value_or("");
    const auto& declared = context.declared_connectors;
    if (!declared.contains(rule.connector) && rule.connector != "http") {
      reader.add(entry->value.place, "unknown-connector",
                 "expected a configured connector, but there is no '" + rule.connector + "'" +
                     did_you_mean(rule.connector, to_vector(declared)));
    }
  }
  if (const YamlEntry* entry = node.find("operation"))
    rule.operation = reader.text(entry->value).value_or("");
  if (const YamlEntry* entry = node.find("cause")) {
    const std::vector<std::string> known(pipeline::causes.begin(), pipeline::causes.end());
    rule.cause = reader.one_of(entry->value, known).value_or("");
  }
  if (const YamlEntry* entry = node.find("due"))
    rule.due_ms = reader.duration_ms(entry->value).value_or(0);
  context.config.graph->owner_rules.push_back(std::move(rule));
}

}  // namespace

bool is_known_type(LoadContext& context, const std::string& type, const Place& place) {
  const auto& known = context.event_types;
  if (context.registry->accepts_unknown_types ||
      std::find(known.begin(), known.end(), type) != known.end()) {
    return true;
  }
  context.reader.add(place, "unknown-event-type",
                     "expected an event type with a schema, but there is none for '" + type + "'" +
                         did_you_mean(type, known));
  return false;
}

void read_pipelines(LoadContext& context, const YamlNode& node) {
  if (!context.reader.is_any_map(node, "pipelines")) return;
  std::vector<std::pair<std::string, std::string>> from;
  for (const YamlEntry& entry : node.entries) {
    if (context.reader.is_name(entry, "a pipeline")) read_pipeline(context, entry, from);
  }
  check_former_names(context, node);
  index_graph(*context.config.graph, from);
}

void read_owners(LoadContext& context, const YamlNode& node) {
  ConfigReader& reader = context.reader;
  if (!reader.is_map(node, "owners", {"default", "rules"})) return;
  if (const YamlEntry* entry = node.find("default")) {
    if (reader.is_map(entry->value, "the default owner", {"owner", "due"})) {
      const YamlEntry* owner = entry->value.find("owner");
      const YamlEntry* due = entry->value.find("due");
      pipeline::Graph& graph = *context.config.graph;
      if (owner != nullptr)
        graph.default_owner = reader.text(owner->value).value_or(graph.default_owner);
      if (due != nullptr)
        graph.default_due_ms = reader.duration_ms(due->value).value_or(graph.default_due_ms);
    }
  }
  const YamlEntry* rules = node.find("rules");
  if (rules == nullptr) return;
  if (rules->value.kind != YamlNode::Kind::sequence) {
    reader.add(rules->value.place, "wrong-type", "expected a list of owner rules");
    return;
  }
  for (const YamlNode& rule : rules->value.elements) read_owner_rule(context, rule);
}

}  // namespace perennial::app
