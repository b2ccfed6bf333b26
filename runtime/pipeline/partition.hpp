// The deterministic heart: inputs in, records and outputs out. No clock, disk, socket, thread or
// log inside.
//
// Place:   driven by pipeline/partition_service in the product, and by tests and simulations
// directly. Thread:  one thread. Owns:    its State and Schedule; borrows the Graph, which must
// outlive it. Rule:    every decision is a record first; the record is applied at once, and nothing
// leaves before it is durable
//          (Output::after). The same inputs with the same times and seed give the same records on
//          every machine.
// Errors:  handle() answers Code::defect when an invariant of the state broke: the caller must stop
// and recover from disk.
//          What is wrong with an input is never an error here: it becomes a record that an operator
//          can find.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>

#include "runtime/base/clock.hpp"
#include "runtime/base/text_map.hpp"
#include "runtime/event/event.hpp"
#include "runtime/pipeline/graph.hpp"
#include "runtime/pipeline/inputs.hpp"
#include "runtime/pipeline/schedule.hpp"
#include "runtime/pipeline/transitions.hpp"
#include "runtime/state/record_writer.hpp"
#include "runtime/state/state.hpp"

namespace perennial::pipeline {

// What the runtime counts; the numbers of /metrics.
struct Counters {
  std::uint64_t events_accepted = 0;
  std::uint64_t events_duplicate = 0;
  std::uint64_t observations_unchanged = 0;  // versions of records that changed nothing that counts
  std::uint64_t events_refused = 0;
  std::uint64_t deliveries_scheduled = 0;
  std::uint64_t deliveries_started = 0;
  std::uint64_t deliveries_done = 0;
  std::uint64_t deliveries_deferred = 0;
  std::uint64_t deliveries_uncertain = 0;
  std::uint64_t lookups = 0;
  std::uint64_t outcomes_late = 0;
  std::uint64_t exceptions_opened = 0;
};

class Partition {
 public:
  Partition(const Graph& graph, std::uint64_t hash_seed, Random random);

  // A record read back from the journal at start.
  [[nodiscard]] Status replay(Position position, ByteView record);
  // After the last replayed record, before the first input: ends every host of the earlier run,
  // rebuilds what is due.
  [[nodiscard]] Status recover(TimeMs now, Effects& effects);

  // Appends to `effects`; the caller may collect several inputs in one before it commits.
  [[nodiscard]] Status handle(const Input& input, TimeMs now, Effects& effects);

  // When handle(Tick) is due next at the latest; 0 = not before something else happens.
  [[nodiscard]] TimeMs next_wake() const { return schedule_.next_due(); }

  [[nodiscard]] const state::State& state() const { return state_; }
  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }

  // A lookup or poll that can't leave any more, because its delivery was settled meanwhile, is no
  // longer in flight. False when nothing was.
  bool forget_question(Position delivery);

  // What is sent for a delivery; valid until the next call of handle(). Its delivery is 0 when the
  // attempt is over already and nothing may be sent.
  [[nodiscard]] wire::DispatchEntry dispatch_entry(const DispatchOutput& output,
                                                   std::string& key) const;
  [[nodiscard]] wire::Welcome welcome(const WelcomeOutput& output, std::uint32_t partition,
                                      std::uint32_t partitions) const;

 private:
  // A connector as this run sees it; none of it survives a restart.
  struct Connection {
    std::uint32_t in_flight = 0;
    TimeMs held_until = 0;       // no dispatch before: throttled, out of reach, unauthorized
    std::uint32_t failures = 0;  // in a row, of the connection itself
  };

  // One call of handle() while it runs.
  struct Turn {
    TimeMs now;
    Effects& effects;
  };

  // partition.cpp
  template <typename Fact>
  Status write(Turn& turn, const Fact& fact);
  void leave(Turn& turn, OutputBody body);
  Status on_host_joined(Turn& turn, const HostJoined& input);
  Status on_host_left(Turn& turn, const HostLeft& input);
  Status on_tick(Turn& turn, const Tick& input);
  Status on_timer(Turn& turn, const Timer& timer);

  // intake.cpp
  struct Arrival {
    std::string_view connector;
    std::string_view channel;
    ByteView event;
    std::string_view correlation;  // follow-ups must carry it; empty = whatever the event says
  };
  struct Refused {
    std::string_view cause;
    std::string reason;
    std::string_view subject;
    ByteView body;
  };
  Status on_source_events(Turn& turn, const SourceEvents& input);
  Status on_source_cursor(Turn& turn, const SourceCursor& input);
  Status on_source_state(Turn& turn, const SourceState& input);
  Status on_ingest(Turn& turn, const Ingest& input);
  // Accepts and routes one event, or says why not; a duplicate is neither.
  Status accept(Turn& turn, const Arrival& arrival, IngestVerdict& verdict, Refused& refused);
  Status refuse(Turn& turn, std::string_view connector, std::string_view channel,
                const Refused& refused);

  // transitions.cpp
  Status observe(Turn& turn, const Arrival& arrival, const TransitionPlan& plan,
                 const event::EventView& event, IngestVerdict& verdict, Refused& refused);
  static Bytes tell_edge(const TransitionPlan& plan, const TransitionPlan::Emit& emit,
                         const event::EventView& event, Edge edge, const state::Tracked* before);

  // router.cpp
  Status route(Turn& turn, std::string_view connector, const event::EventView& event,
               Position position);
  Status fill_join(Turn& turn, const EffectPlan& effect, const event::EventView& event,
                   Position position);
  Status complete_join(Turn& turn, const EffectPlan& effect, std::string_view key);
  Status schedule_delivery(Turn& turn, const EffectPlan& effect, const event::EventView& event,
                           Position position);
  Status on_join_due(Turn& turn, std::string_view join_id);

  // dispatch.cpp
  void enlist(const Turn& turn, const state::Delivery& delivery);
  Status pump(Turn& turn, std::string_view connector);
  Status pump_all(Turn& turn);
  Status start(Turn& turn, const state::Delivery& delivery, HostEpoch epoch, Connection& link);
  void hold(Turn& turn, std::string_view connector, TimeMs until);

  // settle.cpp
  Status on_outcomes(Turn& turn, const OutcomesArrived& input);
  // Who answers, looked up once for all entries of a frame.
  struct Answering {
    std::string_view connector;
    HostEpoch epoch;
    bool is_live;
    Connection& link;
  };
  Status on_outcome(Turn& turn, const Answering& from, const wire::OutcomeEntry& entry);
  Status settle_question(Turn& turn, const state::Delivery& delivery,
                         const wire::OutcomeEntry& entry);
  Status settle_attempt(Turn& turn, const state::Delivery& delivery,
                        const wire::OutcomeEntry& entry);
  Status settle_lookup(Turn& turn, const state::Delivery& delivery,
                       const wire::OutcomeEntry& entry);
  Status settle_confirm(Turn& turn, const state::Delivery& delivery,
                        const wire::OutcomeEntry& entry);
  Status done(Turn& turn, const state::Delivery& delivery, const wire::OutcomeEntry& entry,
              state::Settled how);
  Status defer(Turn& turn, const state::Delivery& delivery, const wire::OutcomeEntry& entry,
               std::string_view cause, TimeMs due, bool is_counted, std::uint32_t generation = 0);
  // `generation` != 0 gives the next attempt a new key.
  Status try_later(Turn& turn, const state::Delivery& delivery, const wire::OutcomeEntry& entry,
                   std::string_view cause, std::uint32_t generation = 0);
  Status send_again(Turn& turn, const state::Delivery& delivery, const wire::OutcomeEntry& entry);
  Status in_doubt(Turn& turn, const state::Delivery& delivery, const wire::OutcomeEntry& entry,
                  TimeMs over);
  Status ask_again(Turn& turn, const state::Delivery& delivery, const wire::OutcomeEntry& entry,
                   TimeMs not_before = 0);
  Status connection_failed(Turn& turn, const state::Delivery& delivery,
                           const wire::OutcomeEntry& entry, std::string_view cause);
  Status follow_up(Turn& turn, const state::Delivery& delivery, const wire::OutcomeEntry& entry);
  Status late(Turn& turn, const state::Delivery* delivery, const wire::OutcomeEntry& entry);
  Status advance_lane(Turn& turn, const Fingerprint& lane);
  Status connection_worked(Turn& turn, std::string_view connector);

  // exceptions.cpp
  Status park(Turn& turn, const state::Delivery& delivery, std::string_view cause,
              std::string_view code, std::string_view text, ByteView body);
  Status open_incident(Turn& turn, std::string_view cause, std::string_view connector,
                       std::string_view operation, std::string_view code, std::string_view text,
                       ByteView body);
  Status close_incident(Turn& turn, std::string_view cause, std::string_view connector,
                        std::string_view operation);
  Status on_command(Turn& turn, const Command& input);
  Status retry_exception(Turn& turn, const Command& input, CommandOutput& answer);
  Status resolve_exception(Turn& turn, const Command& input, CommandOutput& answer);
  Status set_cursor(Turn& turn, const Command& input, CommandOutput& answer);
  Status set_flow(Turn& turn, const Command& input, CommandOutput& answer);

  Connection& connection(std::string_view connector) {
    const auto found = connections_.find(connector);
    return found == connections_.end() ? connections_[std::string(connector)] : found->second;
  }
  static void write_key(const state::Delivery& delivery, std::uint32_t generation,
                        std::string& key);
  [[nodiscard]] const OperationPlan& plan_of(const state::Delivery& delivery) const;
  [[nodiscard]] std::string_view correlation_of(const state::Delivery& delivery) const;

  const Graph& graph_;
  state::State state_;
  Schedule schedule_;
  Random random_;
  Counters counters_;
  TextMap<Connection> connections_;
  // Lookups and polls under way: they change nothing, so they are not in the journal. One stands until
  // its answer comes or its host leaves, whatever becomes of the delivery: so long it is in flight.
  struct Question {
    wire::Verb verb = wire::Verb::lookup;
    state::Symbol connector = 0;
  };
  std::unordered_map<Position, Question> asked_;
  bool has_reserve_ = true;
  // plan_of(), by the symbols of connector and operation: asked several times for each delivery.
  mutable std::vector<std::pair<std::uint64_t, const OperationPlan*>> plans_;
};

// Here for its callers in partition.cpp, intake.cpp and the others.
template <typename Fact>
Status Partition::write(Turn& turn, const Fact& fact) {
  const Position position = state_.position() + 1;
  store::RecordBuffer& records = turn.effects.records;
  if (records.count == 0) records.first = position;
  const std::size_t opened = store::open_record(records);
  state::encode(turn.now, fact, records.body);
  store::close_record(records, opened);
  return state_.apply(position, turn.now, fact);
}

}  // namespace perennial::pipeline
