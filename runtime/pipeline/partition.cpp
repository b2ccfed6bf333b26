#include "runtime/pipeline/partition.hpp"

#include <algorithm>

#include "runtime/base/hash.hpp"
#include "runtime/wire/routing.hpp"

namespace perennial::pipeline {
namespace {

constexpr std::string_view generation_digits = "0123456789abcdefghijklmnopqrstuvwxyz";

void append_generation(std::uint32_t generation, std::string& out) {
  const auto base = static_cast<std::uint32_t>(generation_digits.size());
  if (generation >= base) append_generation(generation / base, out);
  out += generation_digits[generation % base];
}

}  // namespace

Partition::Partition(const Graph& graph, std::uint64_t hash_seed, Random random)
    : graph_(graph), state_(hash_seed), random_(random) {}

Status Partition::replay(Position position, ByteView record) {
  auto stamped = state::decode(record);
  if (!stamped) return tl::unexpected(stamped.error());
  return state_.apply(position, *stamped);
}

Status Partition::recover(TimeMs now, Effects& effects) {
  Turn turn{std::max(now, state_.time()), effects};
  if (state_.config_revision() != graph_.revision) {
    if (auto status = write(turn, state::ConfigActivated{graph_.revision}); !status) return status;
  }
  // Sorted, because the records that follow must not depend on the order of a hash table.
  std::vector<std::pair<std::string, HostEpoch>> live;
  for (const auto& [name, row] : state_.connectors()) {
    if (row.epoch != 0) live.emplace_back(name, row.epoch);
  }
  std::sort(live.begin(), live.end());
  for (const auto& [name, epoch] : live) {
    const HostLeft left{name, epoch, "the runtime was started again"};
    if (auto status = on_host_left(turn, left); !status) return status;
  }
  std::vector<Position> open;
  for (const auto& [id, delivery] : state_.deliveries()) open.push_back(id);
  std::sort(open.begin(), open.end());
  for (Position id : open) {
    const state::Delivery& delivery = *state_.delivery(id);
    const bool is_orphan = graph_.operation(state_.text(delivery.connector),
                                            state_.text(delivery.operation)) == nullptr;
    const bool is_parked = delivery.status == state::DeliveryStatus::parked;
    const bool is_settled = delivery.status == state::DeliveryStatus::confirming;
    if (is_orphan && !is_parked && !is_settled) {
      auto status = park(turn, delivery, "orphaned", "",
                         "expected connector and operation in the configuration, but " +
                             std::string(state_.text(delivery.connector)) + "." +
                             std::string(state_.text(delivery.operation)) +
                             " is gone: configure it again, or resolve this exception",
                         {});
      if (!status) return status;
    } else {
      enlist(turn, delivery);
    }
  }
  for (const auto& [id, join] : state_.joins()) {
    if (!join.is_closed && join.exception == 0) schedule_.at({join.due, 0, id, {}});
  }
  return {};
}

Status Partition::handle(const Input& input, TimeMs now, Effects& effects) {
  Turn turn{std::max(now, state_.time()), effects};
  struct Visitor {
    Partition& self;
    Turn& turn;
    Status operator()(const HostJoined& one) { return self.on_host_joined(turn, one); }
    Status operator()(const HostLeft& one) { return self.on_host_left(turn, one); }
    Status operator()(const SourceEvents& one) { return self.on_source_events(turn, one); }
    Status operator()(const SourceCursor& one) { return self.on_source_cursor(turn, one); }
    Status operator()(const SourceState& one) { return self.on_source_state(turn, one); }
    Status operator()(const OutcomesArrived& one) { return self.on_outcomes(turn, one); }
    Status operator()(const Ingest& one) { return self.on_ingest(turn, one); }
    Status operator()(const Command& one) { return self.on_command(turn, one); }
    Status operator()(const Tick& one) { return self.on_tick(turn, one); }
  };
  return std::visit(Visitor{*this, turn}, input);
}

void Partition::leave(Turn& turn, OutputBody body) {
  turn.effects.outputs.push_back(Output{state_.position(), std::move(body)});
}

Status Partition::on_host_joined(Turn& turn, const HostJoined& input) {
  const std::string name(input.connector);
  const state::ConnectorRow* row = state_.connector(name);
  if (row != nullptr && row->epoch != 0) {
    const HostLeft replaced{name, row->epoch, "a newer host of this connector took its place"};
    if (auto status = on_host_left(turn, replaced); !status) return status;
  }
  const HostEpoch epoch = state_.last_epoch() + 1;
  auto status =
      write(turn, state::HostStarted{name, epoch, input.plugin, input.version, input.pid});
  if (!status) return status;
  connection(name) = Connection{};
  leave(turn, WelcomeOutput{name, epoch});
  return pump(turn, name);
}

Status Partition::on_host_left(Turn& turn, const HostLeft& input) {
  const std::string name(input.connector);
  const state::ConnectorRow* row = state_.connector(name);
  if (row == nullptr || row->epoch == 0 || row->epoch != input.epoch) return {};
  if (auto status = write(turn, state::HostEnded{name, input.epoch, input.reason}); !status) {
    return status;
  }
  connection(name) = Connection{};
  std::vector<Position> lost;
  std::vector<Position> unanswered;
  for (const auto& [id, delivery] : state_.deliveries()) {
    if (state_.text(delivery.connector) != name) continue;
    if (delivery.status == state::DeliveryStatus::started) lost.push_back(id);
  }
  std::erase_if(asked_, [&](const auto& asked) {
    const bool is_over = state_.text(asked.second.connector) == name;
    if (is_over) unanswered.push_back(asked.first);
    return is_over;
  });
  std::sort(lost.begin(), lost.end());
  std::sort(unanswered.begin(), unanswered.end());
  for (Position id : lost) {
    wire::OutcomeEntry entry;
    entry.delivery = id;
    entry.code = "host_lost";
    entry.text = input.reason;
    // Its call may have waited in the host and begun just now: it has its whole deadline from here.
    const state::Delivery& delivery = *state_.delivery(id);
    const TimeMs over = turn.now + plan_of(delivery).deadline_ms;
    if (auto status = in_doubt(turn, delivery, entry, over); !status) return status;
  }
  for (Position id : unanswered) {
    if (const state::Delivery* delivery = state_.delivery(id)) enlist(turn, *delivery);
  }
  return {};
}

Status Partition::on_tick(Turn& turn, const Tick& input) {
  has_reserve_ = input.has_reserve;
  while (auto timer = schedule_.pop_due(turn.now)) {
    if (auto status = on_timer(turn, *timer); !status) return status;
  }
  return pump_all(turn);
}

Status Partition::on_timer(Turn& turn, const Timer& timer) {
  if (!timer.join.empty()) return on_join_due(turn, timer.join);
  if (timer.delivery == 0) return {};  // a hold ended; on_tick pumps every connector
  const state::Delivery* delivery = state_.delivery(timer.delivery);
  // Later records may have moved it; then a timer of its own stands for the new time.
  if (delivery != nullptr && delivery->due <= turn.now) enlist(turn, *delivery);
  return {};
}

void Partition::write_key(const state::Delivery& delivery, std::uint32_t generation,
                          std::string& key) {
  key.clear();
  append_text(delivery.identity, key);
  key += '-';
  append_generation(generation, key);
}

const OperationPlan& Partition::plan_of(const state::Delivery& delivery) const {
  static const OperationPlan unknown;
  const std::uint64_t pair =
      static_cast<std::uint64_t>(delivery.connector) << 32 | delivery.operation;
  for (const auto& [known, plan] : plans_) {
    if (known == pair) return *plan;
  }
  const OperationPlan* plan =
      graph_.operation(state_.text(delivery.connector), state_.text(delivery.operation));
  plans_.emplace_back(pair, plan == nullptr ? &unknown : plan);
  return *plans_.back().second;
}

std::string_view Partition::correlation_of(const state::Delivery& delivery) const {
  return event::trusted_event(state_.event(delivery.event)).correlation;
}

bool Partition::forget_question(Position delivery) {
  const auto asked = asked_.find(delivery);
  if (asked == asked_.end()) return false;
  --connection(state_.text(asked->second.connector)).in_flight;
  asked_.erase(asked);
  return true;
}

wire::DispatchEntry Partition::dispatch_entry(const DispatchOutput& output,
                                              std::string& key) const {
  wire::DispatchEntry entry;
  const state::Delivery* delivery = state_.delivery(output.delivery);
  if (delivery == nullptr) return entry;
  // Its host may have left since, and the delivery with it: what is not under way any more must not
  // be sent in the name of what is.
  const bool is_over =
      output.verb == wire::Verb::execute &&
      (delivery->status != state::DeliveryStatus::started || delivery->attempt != output.attempt);
  if (is_over) return entry;
  const OperationPlan& plan = plan_of(*delivery);
  // The second look asks for the attempt that was believed absent, whatever its key was.
  const bool asks_for_absent =
      delivery->was_renewed && delivery->status == state::DeliveryStatus::confirming;
  write_key(*delivery, asks_for_absent ? delivery->absent_generation : delivery->generation, key);
  entry.delivery = delivery->id;
  entry.attempt = delivery->attempt;
  entry.verb = output.verb;
  entry.deadline_ms = plan.deadline_ms;
  entry.operation = state_.text(delivery->operation);
  entry.key = key;
  entry.event = state_.event(delivery->event);
  const event::EventView event = event::trusted_event(entry.event);
  entry.correlation = event.correlation;
  entry.traceparent = event.traceparent;
  entry.map = state_.text(delivery->map);
  entry.map_revision = delivery->map_revision;
  entry.token = delivery->token;
  return entry;
}

wire::Welcome Partition::welcome(const WelcomeOutput& output, std::uint32_t partition,
                                 std::uint32_t partitions) const {
  wire::Welcome welcome;
  welcome.epoch = output.epoch;
  const ConnectorPlan* plan = graph_.connector(output.connector);
  welcome.credit_deliveries = plan == nullptr ? 0 : plan->in_flight_max;
  const state::ConnectorRow* row = state_.connector(output.connector);
  if (row == nullptr) return welcome;
  welcome.is_paused = row->flow != state::Flow::running;
  for (const auto& [source, cursor] : row->cursors) {
    if (wire::home_partition(output.connector, source, partitions) != partition) continue;
    welcome.sources.push_back({source, cursor, {}});
  }
  for (const auto& [source, start] : row->starts) {
    if (wire::home_partition(output.connector, source, partitions) != partition) continue;
    welcome.sources.push_back({source, {}, start});
  }
  return welcome;
}

}  // namespace perennial::pipeline
