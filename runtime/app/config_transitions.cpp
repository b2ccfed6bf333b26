// The `transitions:` section: which source records are levels, and which events tell their edges.
#include <algorithm>
#include <set>

#include "runtime/app/config_loader.hpp"

namespace perennial::app {
namespace {

const std::vector<std::string> transition_keys = {"of", "when", "facts", "version", "emits"};
const std::vector<std::string> edge_keys = {"entered", "changed", "left", "returned"};

// A JSON pointer as of RFC 6901, section 3, into the event. Elements of lists can't be named.
std::optional<pipeline::Path> read_pointer(ConfigReader& reader, const YamlNode& node) {
  const auto text = reader.text(node);
  if (!text) return std::nullopt;
  if (text->size() < 2 || text->front() != '/') {
    reader.add(node.place, "bad-pointer",
               "expected a JSON pointer into the event, such as /data/total_minor, but '" + *text +
                   "' came");
    return std::nullopt;
  }
  pipeline::Path path;
  for (std::size_t at = 1; at <= text->size(); ++at) {
    const std::size_t end = std::min(text->find('/', at), text->size());
    std::string key = text->substr(at, end - at);
    for (const auto& [escape, plain] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}}) {
      for (std::size_t found = key.find(escape); found != std::string::npos;
           found = key.find(escape, found + 1)) {
        key.replace(found, 2, plain);
      }
    }
    path.push_back(std::move(key));
    at = end;
  }
  return path;
}

std::optional<std::string> read_type(LoadContext& context, const YamlNode& node) {
  auto type = context.reader.text(node);
  if (!type) return std::nullopt;
  return is_known_type(context, *type, node.place) ? type : std::nullopt;
}

void read_emit(LoadContext& context, const YamlEntry& entry, pipeline::TransitionPlan::Emit& emit) {
  ConfigReader& reader = context.reader;
  if (!reader.is_map(entry.value, "an event to emit", {"type", "data"})) return;
  const YamlEntry* type = reader.need(entry.value, "type", entry.key_place);
  const YamlEntry* data = reader.need(entry.value, "data", entry.key_place);
  if (type != nullptr) emit.type = read_type(context, type->value).value_or("");
  if (data != nullptr) emit.data = read_pointer(reader, data->value).value_or(pipeline::Path{});
}

void read_emits(LoadContext& context, const YamlEntry& emits, pipeline::TransitionPlan& plan) {
  if (!context.reader.is_map(emits.value, "emits", edge_keys)) return;
  pipeline::TransitionPlan::Emit* const slots[] = {&plan.entered, &plan.changed, &plan.left,
                                                   &plan.returned};
  for (std::size_t index = 0; index < edge_keys.size(); ++index) {
    if (const YamlEntry* entry = emits.value.find(edge_keys[index]))
      read_emit(context, *entry, *slots[index]);
  }
}

bool read_facts(ConfigReader& reader, const YamlEntry& facts, pipeline::TransitionPlan& plan) {
  if (facts.value.kind != YamlNode::Kind::sequence || facts.value.elements.empty()) {
    reader.add(facts.value.place, "wrong-type",
               "expected a list of JSON pointers: what must differ for a change to count");
    return false;
  }
  for (const YamlNode& element : facts.value.elements) {
    auto path = read_pointer(reader, element);
    if (!path) return false;
    plan.facts.push_back(std::move(*path));
  }
  return true;
}

std::optional<pipeline::TransitionPlan> read_transition(LoadContext& context,
                                                        const YamlEntry& entry) {
  ConfigReader& reader = context.reader;
  if (!reader.is_map(entry.value, "a transition", transition_keys)) return std::nullopt;
  const YamlEntry* of = reader.need(entry.value, "of", entry.key_place);
  const YamlEntry* when = reader.need(entry.value, "when", entry.key_place);
  const YamlEntry* facts = reader.need(entry.value, "facts", entry.key_place);
  const YamlEntry* emits = reader.need(entry.value, "emits", entry.key_place);
  if (of == nullptr || when == nullptr || facts == nullptr || emits == nullptr) return std::nullopt;
  pipeline::TransitionPlan plan;
  plan.name = entry.key;
  const auto type = read_type(context, of->value);
  const auto condition = reader.text(when->value);
  if (!type || !condition || !read_facts(reader, *facts, plan)) return std::nullopt;
  plan.type = *type;
  auto predicate = policy::Predicate::compile(*condition);
  if (!predicate) {
    reader.add(when->value.place, "bad-filter",
               predicate.error().reason + " at column " + std::to_string(predicate.error().column) +
                   " of the condition");
    return std::nullopt;
  }
  plan.when = std::move(*predicate);
  if (const YamlEntry* version = entry.value.find("version"))
    plan.version = read_pointer(reader, version->value).value_or(pipeline::Path{});
  read_emits(context, *emits, plan);
  return plan;
}

// An emitted event that is observed itself could go round in a circle.
void check_circles(LoadContext& context, const YamlNode& node) {
  const auto& transitions = context.config.graph->transitions;
  for (const YamlEntry& entry : node.entries) {
    const YamlEntry* emits = entry.value.find("emits");
    if (emits == nullptr) continue;
    for (const YamlEntry& edge : emits->value.entries) {
      const YamlEntry* type = edge.value.find("type");
      if (type == nullptr || !transitions.contains(type->value.text)) continue;
      context.reader.add(type->value.place, "bad-value",
                         "expected an event that is a fact, but '" + type->value.text +
                             "' is observed by a transition itself");
    }
  }
}

}  // namespace

void read_transitions(LoadContext& context, const YamlNode& node) {
  if (!context.reader.is_any_map(node, "transitions")) return;
  for (const YamlEntry& entry : node.entries) {
    if (!context.reader.is_name(entry, "a transition")) continue;
    auto plan = read_transition(context, entry);
    if (!plan) continue;
    const std::string type = plan->type;
    if (!context.config.graph->transitions.emplace(type, std::move(*plan)).second) {
      context.reader.add(entry.value.find("of")->value.place, "duplicate-name",
                         "expected one transition for each event type, but '" + type +
                             "' is observed by another one");
    }
  }
  check_circles(context, node);
}

}  // namespace perennial::app
