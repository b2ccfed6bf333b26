#include "tests/simulation/estate.hpp"

#include <algorithm>

#include "runtime/event/event.hpp"
#include "runtime/event/pack.hpp"

namespace perennial::simulation {
namespace {

using pipeline::Idempotency;

constexpr std::string_view order_schema =
    R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})";

Bytes make_event(const Fact& fact, std::string_view source, std::string_view subject,
                 const Bytes& value) {
  event::EventParts parts;
  parts.id = fact.id;
  parts.source = source;
  parts.type = fact.type;
  parts.subject = subject;
  parts.correlation = fact.correlation;
  parts.data = value;
  return event::build_event(parts);
}

Bytes value_of(const Fact& fact) {
  Bytes value;
  event::Packer packer(value);
  packer.map(1).text("n");
  if (fact.is_bad) {
    packer.text("no number");
  } else {
    packer.unsigned_integer(fact.number);
  }
  return value;
}

pipeline::EffectPlan plain(std::string name, std::string connector, std::string operation) {
  pipeline::EffectPlan effect;
  effect.name = effect.identity = std::move(name);
  effect.connector = std::move(connector);
  effect.operation = std::move(operation);
  return effect;
}

pipeline::TransitionPlan watch_plan() {
  pipeline::TransitionPlan plan;
  plan.name = "watch";
  plan.type = "record.v1";
  plan.when = *policy::Predicate::compile(".data.held == true");
  plan.facts = {{"data", "amount"}};
  plan.version = {"data", "version"};
  for (auto* emit : {&plan.entered, &plan.changed, &plan.left, &plan.returned}) {
    emit->type = "edge.v1";
    emit->data = {"data"};
  }
  return plan;
}

}  // namespace

const std::vector<OperationShape>& operation_shapes() {
  static const std::vector<OperationShape> all = {
      {"erp", "create_order", Idempotency::lookup, true, 0, false, "ordered.v1"},
      {"erp", "amend", Idempotency::natural, false, 0, false, ""},
      {"billing", "renew", Idempotency::key, false, 60'000, false, "renewed.v1"},
      {"billing", "invoice", Idempotency::key, true, 40'000, true, ""},
      {"access", "extend", Idempotency::natural, false, 0, false, ""},
      {"access", "note", Idempotency::natural, false, 0, false, ""},
      {"mail", "notify", Idempotency::none, false, 0, false, ""},
  };
  return all;
}

const OperationShape& shape_of(std::string_view connector, std::string_view operation) {
  const auto& all = operation_shapes();
  return *std::find_if(all.begin(), all.end(), [&](const OperationShape& one) {
    return one.connector == connector && one.operation == operation;
  });
}

Estate::Estate(Clockwork& clock, std::uint64_t events) {
  const std::uint64_t renewals = 1 + events / 4;
  std::vector<std::uint64_t> amended(renewals, 0);
  for (std::uint64_t index = 0; index < events; ++index) {
    Fact fact;
    const std::uint64_t renewal = index < renewals ? index : clock.draw(renewals);
    fact.correlation = "R-" + std::to_string(renewal);
    fact.type = index < renewals ? "order.v1" : "amend.v1";
    fact.number = index < renewals ? 0 : ++amended[renewal];
    fact.id = "fact-" + std::to_string(index);
    facts_.push_back(fact);
    if (!clock.one_in(20)) continue;
    fact.id += "-bad";
    fact.type = "order.v1";
    fact.is_bad = true;
    facts_.push_back(fact);
  }
  for (Fact& fact : facts_) fact.event = make_event(fact, "sim://facts", "", value_of(fact));

  struct Register {
    bool is_held = false;
    bool was_held = false;
    std::uint64_t amount = 0;
    std::uint64_t versions = 0;
    std::uint64_t turns = 0;
  };
  std::vector<Register> registers(1 + events / 12);
  for (std::uint64_t index = 0; index < events / 3; ++index) {
    const std::uint64_t number = clock.draw(registers.size());
    Register& one = registers[number];
    const bool is_held = !clock.one_in(3);
    const std::uint64_t amount = clock.draw(3);
    Fact fact;
    const std::string subject = "record-" + std::to_string(number);
    fact.correlation = "V-" + std::to_string(number);
    fact.id = subject + "/" + std::to_string(++one.versions);
    fact.type = "record.v1";
    std::string version = std::to_string(1'000'000 + one.versions);
    Bytes value;
    event::Packer(value).map(3).text("held").boolean(is_held).text("amount").unsigned_integer(
        amount);
    event::Packer(value).text("version").text(version);
    fact.event = make_event(fact, "sim://records", subject, value);
    records_.push_back(fact);
    const char* word = nullptr;
    if (is_held && !one.was_held) word = "entered";
    if (is_held && one.was_held && !one.is_held) word = "returned";
    if (is_held && one.is_held && amount != one.amount) word = "changed";
    if (!is_held && one.is_held) word = "left";
    if (word != nullptr) {
      std::string id = subject + ":watch:" + word;
      if (one.turns > 0) id += ":" + std::to_string(one.turns + 1);
      ++one.turns;
      edges_.push_back({"access", "note", fact.correlation, id});
      if (is_held) one.amount = amount;
    }
    one.is_held = is_held;
    one.was_held = one.was_held || is_held;
  }

  for (std::uint64_t index = 0; index < events / 8; ++index) {
    Fact fact;
    fact.id = "post-" + std::to_string(index);
    fact.type = "note.v1";
    fact.correlation = "N-" + std::to_string(index);
    fact.event = make_event(fact, "sim://http", "", value_of(fact));
    posts_.push_back(std::move(fact));
  }
}

std::vector<Duty> Estate::duties_of_sources() const {
  std::vector<Duty> duties = edges_;
  for (const Fact& fact : facts_) {
    if (fact.is_bad) continue;
    if (fact.type == "amend.v1") {
      duties.push_back({"erp", "amend", fact.correlation, fact.id});
      continue;
    }
    duties.push_back({"erp", "create_order", fact.correlation, fact.id});
    duties.push_back({"mail", "notify", fact.correlation, fact.id});
    duties.push_back({"billing", "renew", fact.correlation, ""});
    duties.push_back({"billing", "invoice", fact.correlation, ""});
    duties.push_back({"access", "extend", fact.correlation, ""});
  }
  return duties;
}

Duty Estate::duty_of_post(const Fact& fact) {
  return {"access", "note", fact.correlation, fact.id};
}

std::uint64_t Estate::bad_facts() const {
  return static_cast<std::uint64_t>(
      std::count_if(facts_.begin(), facts_.end(), [](const Fact& one) { return one.is_bad; }));
}

pipeline::Graph Estate::graph(const Profile& profile, std::uint32_t revision, bool has_notify) {
  pipeline::Graph graph;
  graph.revision = "r" + std::to_string(revision) + (has_notify ? "" : "-without");
  for (const OperationShape& shape : operation_shapes()) {
    if (shape.operation == "notify" && !has_notify) continue;
    pipeline::OperationPlan operation;
    operation.idempotency = shape.idempotency;
    operation.has_lookup = shape.has_lookup;
    operation.key_window_ms = shape.key_window_ms;
    operation.settle_ms = settle_ms;
    operation.deadline_ms = deadline_ms;
    pipeline::ConnectorPlan& connector = graph.connectors[std::string(shape.connector)];
    connector.operations[std::string(shape.operation)] = operation;
    connector.in_flight_max = profile.in_flight_max + revision % 2;
    connector.retry = {100 + revision, 4'000, 5};
  }
  graph.connectors[std::string(crm)].in_flight_max = profile.in_flight_max;
  graph.effects = {plain("book", "erp", "create_order"), plain("amend", "erp", "amend"),
                   plain("renew", "billing", "renew"),   plain("invoice", "billing", "invoice"),
                   plain("note", "access", "note"),      plain("edge", "access", "note"),
                   plain("grant", "access", "extend")};
  graph.effects.back().join_types = {"ordered.v1", "renewed.v1"};
  graph.effects.back().join_within_ms = join_within_ms;
  std::vector<std::pair<std::string, std::string>> from = {
      {"order.v1", ""}, {"amend.v1", ""}, {"ordered.v1", ""}, {"renewed.v1", ""}, {"note.v1", ""},
      {"edge.v1", ""},  {"", ""}};
  if (has_notify) {
    graph.effects.push_back(plain("notify", "mail", "notify"));
    from.emplace_back("order.v1", std::string(crm));
  }
  // Names may change; identities stay.
  if (revision % 2 == 1) {
    for (auto& effect : graph.effects) effect.name += "-renamed";
  }
  graph.owner_rules = {{"erp", "", "", "finance-operations", 3'600'000}};
  auto registry = std::make_shared<policy::Registry>();
  registry->accepts_unknown_types = true;
  registry->schemas["order.v1"] = *policy::Schema::compile(order_schema);
  graph.registry = registry;
  graph.transitions["record.v1"] = watch_plan();
  index_graph(graph, from);
  return graph;
}

Bytes Estate::follow_up(const OperationShape& shape, std::string_view key,
                        std::string_view correlation) {
  Bytes value;
  event::Packer(value).map(0);
  const std::string id = std::string(key) + "/1";
  const std::string source =
      "perennial://" + std::string(shape.connector) + "/" + std::string(shape.operation);
  event::EventParts parts;
  parts.id = id;
  parts.source = source;
  parts.type = shape.follow_up;
  parts.correlation = correlation;
  parts.data = value;
  return event::build_event(parts);
}

}  // namespace perennial::simulation
