// The configured process, compiled: what follows from which event. Immutable; built by app/config.
//
// Place:   read by pipeline/router and pipeline/partition. No event type or vendor is named in
// code: they come from here. Thread:  shared by all partitions, never changed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/ids.hpp"
#include "runtime/base/text_map.hpp"
#include "runtime/policy/predicate.hpp"
#include "runtime/policy/retry.hpp"
#include "runtime/policy/schema.hpp"

namespace perennial::pipeline {

// What makes a second send of the same delivery safe; stated by the plugin's manifest.
enum class Idempotency : std::uint8_t {
  key,      // the remote honours our key, for key_window_ms
  natural,  // stating the same again changes nothing
  lookup,   // the remote can be asked by key
  none,     // nothing does: a lost answer needs a person
};

struct OperationPlan {
  Idempotency idempotency = Idempotency::none;
  bool has_lookup = false;
  std::uint32_t key_length_max = 64;
  TimeMs key_window_ms = 0;      // Idempotency::key: how long the remote remembers a key
  bool caches_failures = false;  // Idempotency::key: a repeated key is answered with its failure
  TimeMs settle_ms = 0;          // after this long an effect that landed can be seen
  TimeMs deadline_ms = 15'000;
};

struct ConnectorPlan {
  std::string plugin;
  policy::RetryPolicy retry;
  bool is_observing = false;  // deliveries are written down and given up at once: nothing is sent
  std::vector<std::string> sources;
  std::uint32_t in_flight_max = 64;
  TextMap<OperationPlan> operations;
};

struct EffectPlan {
  std::string name;      // unique in config; part of a delivery's identity
  std::string identity;  // the name that identities use: `was:` keeps them over a rename
  std::string connector;
  std::string operation;
  std::string map;
  std::optional<policy::Predicate> filter;
  // A join waits for one event of each type under one correlation id; empty = a plain route.
  std::vector<std::string> join_types;
  TimeMs join_within_ms = 0;
};

struct Route {
  std::size_t effect = 0;
  std::string from_connector;  // empty = any
};

// Where a value lies in an event: the keys from its top.
using Path = std::vector<std::string>;

// Turns every version of a source record into the few facts that matter: a level into its edges.
struct TransitionPlan {
  struct Emit {
    std::string type;  // empty = the transition is recorded, no event tells it
    Path data;         // what becomes the data of that event
  };
  std::string name;
  std::string type;        // the observing event
  policy::Predicate when;  // the record holds while this is true
  std::vector<Path> facts;
  Path version;  // empty = versions arrive in order
  Emit entered;
  Emit changed;
  Emit left;
  Emit returned;
};

struct OwnerRule {
  std::string connector;  // empty = any
  std::string operation;
  std::string cause;
  std::string owner;
  TimeMs due_ms = 0;
};

struct Owner {
  std::string_view name;
  TimeMs due_ms = 0;
};

struct Graph {
  std::string revision;
  TextMap<ConnectorPlan> connectors;
  std::vector<EffectPlan> effects;
  TextMap<std::size_t> effect_by_identity;
  TextMap<std::vector<Route>> routes;   // by event type
  TextMap<TransitionPlan> transitions;  // by observing event type
  std::vector<OwnerRule> owner_rules;   // the first that fits
  std::string default_owner = "operations";
  TimeMs default_due_ms = 24LL * 3600 * 1000;
  std::shared_ptr<const policy::Registry> registry;

  // Joins stand in the state under the identity of their effect, so that a rename keeps them.
  [[nodiscard]] const EffectPlan* effect_of_identity(std::string_view identity) const;
  [[nodiscard]] const ConnectorPlan* connector(std::string_view name) const;
  // nullptr when events of this type are facts themselves.
  [[nodiscard]] const TransitionPlan* transition(std::string_view type) const;
  [[nodiscard]] const OperationPlan* operation(std::string_view connector,
                                               std::string_view operation) const;
  [[nodiscard]] Owner owner_of(std::string_view cause, std::string_view connector,
                               std::string_view operation) const;
};

// Fills `effect_by_identity` and `routes` from `effects`; `from` holds, for each effect, its plain
// source connector or "".
void index_graph(Graph& graph, const std::vector<std::pair<std::string, std::string>>& from);

}  // namespace perennial::pipeline
