// Drives a Partition the way the service does, in one thread, with a clock that the test moves.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "runtime/event/event.hpp"
#include "runtime/event/pack.hpp"
#include "runtime/pipeline/partition.hpp"

namespace perennial::test {

inline Bytes make_event(std::string_view id, std::string_view type, std::string_view correlation,
                        std::string_view source = "perennial://crm/opportunities") {
  Bytes data;
  event::Packer(data).map(1).text("n").integer(1);
  event::EventParts parts;
  parts.id = id;
  parts.source = source;
  parts.type = type;
  parts.correlation = correlation;
  parts.data = data;
  return event::build_event(parts);
}

// One effect `book` of connector erp on type a.v1, and a join `grant` of connector access on a.v1 and b.v1.
inline pipeline::Graph make_graph(pipeline::Idempotency idempotency,
                                  TimeMs join_within_ms = 30LL * 24 * 3600 * 1000) {
  pipeline::Graph graph;
  graph.revision = "r1";
  pipeline::OperationPlan operation;
  operation.idempotency = idempotency;
  operation.has_lookup = idempotency == pipeline::Idempotency::lookup;
  operation.settle_ms = 2'000;
  operation.key_window_ms = 24LL * 3600 * 1000;
  graph.connectors["erp"].operations["create_order"] = operation;
  graph.connectors["access"].operations["extend"] = operation;
  pipeline::EffectPlan book;
  book.name = book.identity = "book";
  book.connector = "erp";
  book.operation = "create_order";
  pipeline::EffectPlan grant;
  grant.name = grant.identity = "grant";
  grant.connector = "access";
  grant.operation = "extend";
  grant.join_types = {"a.v1", "b.v1"};
  grant.join_within_ms = join_within_ms;
  graph.effects = {book, grant};
  graph.owner_rules = {{"erp", "", "", "finance-operations", 3'600'000}};
  auto registry = std::make_shared<policy::Registry>();
  registry->accepts_unknown_types = true;
  graph.registry = registry;
  index_graph(graph, {{"a.v1", ""}, {"", ""}});
  return graph;
}

class PartitionDriver {
 public:
  explicit PartitionDriver(pipeline::Graph plan) : graph(std::move(plan)) { restart(); }

  // As after a crash: everything that was journaled is read back into a new partition.
  void restart() {
    partition = std::make_unique<pipeline::Partition>(graph, 7, Random(11));
    Position position = 1;
    for (const std::string& record : journal) {
      const auto status = partition->replay(position++, record);
      ASSERT_TRUE(status) << status.error().reason;
    }
    pipeline::Effects effects;
    const auto status = partition->recover(now, effects);
    ASSERT_TRUE(status) << status.error().reason;
    keep(effects);
  }

  void give(const pipeline::Input& input) {
    pipeline::Effects effects;
    const auto status = partition->handle(input, now, effects);
    ASSERT_TRUE(status) << status.error().reason;
    keep(effects);
  }

  void join(std::string_view connector) {
    give(pipeline::HostJoined{connector, "plugin", "1.0.0", 1});
    epoch[std::string(connector)] = partition->state().connector(connector)->epoch;
  }

  void events(const std::vector<Bytes>& all) {
    wire::Events frame;
    frame.source = "opportunities";
    frame.batch = 1;
    for (const Bytes& one : all) frame.events.push_back(one);
    give(pipeline::SourceEvents{"crm", &frame});
  }

  void pass(TimeMs time) {
    now += time;
    give(pipeline::Tick{});
  }

  // Answers the oldest dispatch to `connector`.
  void answer(const std::string& connector, const pipeline::DispatchOutput& dispatch,
              std::uint32_t kind, std::vector<Bytes> follow_ups = {}) {
    wire::OutcomeEntry entry;
    entry.delivery = dispatch.delivery;
    entry.verb = dispatch.verb;
    const auto* delivery = partition->state().delivery(dispatch.delivery);
    entry.attempt = delivery == nullptr ? 1 : delivery->attempt;
    entry.kind = kind;
    for (const Bytes& one : follow_ups) entry.follow_ups.push_back(one);
    wire::Outcomes frame;
    frame.entries.push_back(entry);
    give(pipeline::OutcomesArrived{connector, epoch[connector], &frame});
  }

  [[nodiscard]] pipeline::DispatchOutput take_dispatch() {
    if (dispatches.empty()) {
      ADD_FAILURE() << "expected a dispatch, but there is none";
      return {};
    }
    const auto first = dispatches.front();
    dispatches.pop_front();
    return first;
  }

  [[nodiscard]] std::string key(const pipeline::DispatchOutput& dispatch) const {
    std::string text;
    (void)partition->dispatch_entry(dispatch, text);
    return text;
  }

  [[nodiscard]] const state::ExceptionRow* only_exception() const {
    const auto& all = partition->state().exceptions();
    return all.size() == 1 ? &all.begin()->second : nullptr;
  }

  [[nodiscard]] std::vector<std::string> record_names() const {
    std::vector<std::string> names;
    for (const std::string& record : journal) {
      names.emplace_back(state::name_of(state::decode(record)->record));
    }
    return names;
  }

  pipeline::Graph graph;
  std::unique_ptr<pipeline::Partition> partition;
  TimeMs now = 1'000'000;
  std::vector<std::string> journal;
  std::deque<pipeline::DispatchOutput> dispatches;
  std::vector<pipeline::Output> others;
  std::map<std::string, HostEpoch> epoch;

 private:
  void keep(pipeline::Effects& effects) {
    const auto records = store::split_records(effects.records.body, effects.records.count);
    ASSERT_TRUE(records);
    for (ByteView record : *records) journal.emplace_back(record);
    for (pipeline::Output& output : effects.outputs) {
      ASSERT_LE(output.after, partition->state().position());
      if (const auto* dispatch = std::get_if<pipeline::DispatchOutput>(&output.body)) {
        dispatches.push_back(*dispatch);
      } else {
        others.push_back(std::move(output));
      }
    }
  }
};

}  // namespace perennial::test
