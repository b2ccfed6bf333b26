#include "runtime/pipeline/graph.hpp"

namespace perennial::pipeline {

const EffectPlan* Graph::effect_of_identity(std::string_view identity) const {
  const auto found = effect_by_identity.find(identity);
  return found == effect_by_identity.end() ? nullptr : &effects[found->second];
}

const ConnectorPlan* Graph::connector(std::string_view name) const {
  const auto found = connectors.find(name);
  return found == connectors.end() ? nullptr : &found->second;
}

const TransitionPlan* Graph::transition(std::string_view type) const {
  if (transitions.empty()) return nullptr;
  const auto found = transitions.find(type);
  return found == transitions.end() ? nullptr : &found->second;
}

const OperationPlan* Graph::operation(std::string_view connector_name,
                                      std::string_view operation_name) const {
  const ConnectorPlan* plan = connector(connector_name);
  if (plan == nullptr) return nullptr;
  const auto found = plan->operations.find(operation_name);
  return found == plan->operations.end() ? nullptr : &found->second;
}

Owner Graph::owner_of(std::string_view cause, std::string_view connector_name,
                      std::string_view operation_name) const {
  const auto fits = [](const std::string& wanted, std::string_view given) {
    return wanted.empty() || wanted == given;
  };
  for (const OwnerRule& rule : owner_rules) {
    if (fits(rule.connector, connector_name) && fits(rule.operation, operation_name) &&
        fits(rule.cause, cause)) {
      return {rule.owner, rule.due_ms > 0 ? rule.due_ms : default_due_ms};
    }
  }
  return {default_owner, default_due_ms};
}

void index_graph(Graph& graph, const std::vector<std::pair<std::string, std::string>>& from) {
  graph.effect_by_identity.clear();
  graph.routes.clear();
  for (std::size_t index = 0; index < graph.effects.size(); ++index) {
    const EffectPlan& effect = graph.effects[index];
    graph.effect_by_identity.emplace(effect.identity, index);
    if (effect.join_types.empty()) {
      graph.routes[from[index].first].push_back({index, from[index].second});
    }
    for (const std::string& type : effect.join_types) graph.routes[type].push_back({index, ""});
  }
}

}  // namespace perennial::pipeline
