#include "runtime/pipeline/partition_service.hpp"

#include <algorithm>

#include "runtime/base/limits.hpp"
#include "runtime/pipeline/controls.hpp"

namespace perennial::pipeline {
namespace {

constexpr std::size_t frames_a_turn = 64;
constexpr auto idle_wait = std::chrono::milliseconds(1000);
// With this much undurable, no further input is taken: memory stays bounded whatever the disk does.
constexpr std::size_t undurable_bytes_max = limits::batch_bytes_max / 2;

}  // namespace

PartitionService::PartitionService(ServiceOptions options, const Graph& graph, Clock& clock,
                                   OnFailure on_failure)
    : options_(std::move(options)),
      clock_(clock),
      on_failure_(std::move(on_failure)),
      partition_(graph, options_.hash_seed, Random(options_.random_seed)),
      builder_(partition_) {}

Status PartitionService::open(wire::Bus& bus, store::FileSystem& file_system, std::string& torn) {
  auto hub = wire::Hub::bind(bus, options_.endpoints);
  if (!hub) return tl::unexpected(hub.error());
  hub_ = std::move(*hub);
  store::JournalOptions journal_options;
  journal_options.directory = options_.journal_directory;
  journal_options.partition = options_.partition;
  journal_options.durability = options_.durability;
  journal_options.segment_bytes = options_.segment_bytes;
  journal_options.spare = options_.spare;
  auto journal = store::Journal::open(
      file_system, journal_options, Random(options_.random_seed ^ 0x5EED),
      [this](Position position, ByteView record) { return partition_.replay(position, record); },
      torn);
  if (!journal) return tl::unexpected(journal.error());
  committer_ = std::make_unique<Committer>(std::move(*journal), [this] { hub_->wake(); });
  return partition_.recover(clock_.now_ms(), effects_);
}

PartitionService::~PartitionService() {
  is_stopping_ = true;
  if (hub_) hub_->wake();
  if (thread_.joinable()) thread_.join();
}

Status PartitionService::turn() {
  if (auto status = take_frames(); !status) return status;
  if (auto status = take_mail(); !status) return status;
  const TimeMs now = clock_.now_ms();
  const TimeMs due = partition_.next_wake();
  // The partition learns by a tick that the journal can't grow, or can again.
  const bool has_reserve = committer_->has_reserve();
  if ((due != 0 && due <= now) || !stalled_.empty() || has_reserve != told_reserve_) {
    told_reserve_ = has_reserve;
    if (auto status = give(Tick{has_reserve}); !status) return status;
  }
  if (auto failure = committer_->failure()) return tl::unexpected(*failure);
  commit();
  return release();
}

std::chrono::milliseconds PartitionService::wait_time() {
  const bool has_work = effects_.records.count > 0 && committer_->is_idle();
  if (has_work) return std::chrono::milliseconds(0);
  const TimeMs due = partition_.next_wake();
  if (due == 0) return idle_wait;
  const TimeMs left = std::clamp<TimeMs>(due - clock_.now_ms(), 0, idle_wait.count());
  return std::chrono::milliseconds(left);
}

Status PartitionService::take_frames() {
  received_.clear();
  const bool is_full = effects_.records.body.size() > undurable_bytes_max;
  if (auto status = hub_->receive(wait_time(), is_full ? 0 : frames_a_turn, received_); !status) {
    return status;
  }
  if (!stalled_.empty() && committer_->has_reserve()) {
    told_reserve_ = true;
    if (auto status = give(Tick{true}); !status) return status;
    std::deque<wire::Received> again;
    again.swap(stalled_);
    for (wire::Received& one : again) {
      if (auto status = on_frame(one.peer, one.frame); !status) return status;
    }
  }
  for (wire::Received& one : received_) {
    if (auto status = on_frame(one.peer, one.frame); !status) return status;
  }
  return {};
}

Status PartitionService::take_mail() {
  std::vector<std::function<Status()>> mail;
  {
    const std::lock_guard lock(mutex_);
    mail.swap(mail_);
  }
  for (const auto& one : mail) {
    if (auto status = one(); !status) return status;
  }
  return {};
}

void PartitionService::post(std::function<Status()> mail) {
  {
    const std::lock_guard lock(mutex_);
    mail_.push_back(std::move(mail));
  }
  hub_->wake();
}

Status PartitionService::give(const Input& input) {
  return partition_.handle(input, clock_.now_ms(), effects_);
}

void PartitionService::commit() {
  if (!effects_.outputs.empty()) outbox_.push_back(std::exchange(effects_.outputs, {}));
  const bool must_wait = controls().releases_before_commit && clock_.now_ms() % 2000 > 20;
  if (effects_.records.count > 0 && committer_->is_idle() && !must_wait) {
    committer_->submit(effects_.records);
  }
}

Status PartitionService::release() {
  const Position durable = committer_->durable();
  const bool is_early = controls().releases_before_commit;
  while (!outbox_.empty()) {
    const std::vector<Output>& batch = outbox_.front();
    for (; released_ < batch.size(); ++released_) {
      const Output& output = batch[released_];
      if (!is_early && output.after > durable) return flush_dispatches();
      if (auto status = release_one(output); !status) return status;
    }
    outbox_.pop_front();
    released_ = 0;
  }
  return flush_dispatches();
}

Status PartitionService::release_one(const Output& output) {
  if (const auto* dispatch = std::get_if<DispatchOutput>(&output.body)) {
    const state::Delivery* delivery = partition_.state().delivery(dispatch->delivery);
    if (delivery != nullptr) {
      dispatches_[delivery->connector].push_back(*dispatch);
      return {};
    }
    if (!partition_.forget_question(dispatch->delivery)) return {};
    return give(Tick{committer_->has_reserve()});  // something else may leave in its place
  }
  // Everything else keeps its order with the deliveries before it.
  if (auto status = flush_dispatches(); !status) return status;
  if (const auto* welcome = std::get_if<WelcomeOutput>(&output.body)) {
    const auto peer = peer_of_.find(welcome->connector);
    const state::ConnectorRow* row = partition_.state().connector(welcome->connector);
    // A newer host may have said hello before this was durable: it waits for its own epoch.
    if (peer == peer_of_.end() || row == nullptr || row->epoch != welcome->epoch) return {};
    peers_.at(peer->second).stream.set_epoch(welcome->epoch);
    return send(welcome->connector,
                partition_.welcome(*welcome, options_.partition, options_.partitions));
  }
  if (const auto* events = std::get_if<EventsDurableOutput>(&output.body)) {
    return send(events->connector, wire::EventsDurable{events->source, events->batch});
  }
  if (const auto* cursor = std::get_if<CursorDurableOutput>(&output.body)) {
    return send(cursor->connector, wire::CursorDurable{cursor->source, cursor->batch});
  }
  if (const auto* flow = std::get_if<FlowOutput>(&output.body)) {
    return send(flow->connector, wire::Control{flow->verb, 0});
  }
  if (const auto* reset = std::get_if<ResetOutput>(&output.body)) return end_connection(*reset);
  if (const auto* ingest = std::get_if<IngestOutput>(&output.body)) {
    const auto found = ingests_.extract(ingest->token);
    if (!found.empty()) found.mapped()(*ingest);
    return {};
  }
  if (const auto* command = std::get_if<CommandOutput>(&output.body)) {
    const auto found = commands_.extract(command->token);
    if (!found.empty()) found.mapped()(*command);
  }
  return {};
}

Status PartitionService::flush_dispatches() {
  for (auto& [connector, outputs] : dispatches_) {
    const std::string_view name = partition_.state().text(connector);
    for (const DispatchOutput& output : outputs) {
      builder_.add(output);
      if (!builder_.is_full()) continue;
      if (auto status = send(name, builder_.take()); !status) return status;
    }
    outputs.clear();
    if (builder_.is_empty()) continue;
    if (auto status = send(name, builder_.take()); !status) return status;
  }
  return {};
}

bool PartitionService::is_welcomed(std::string_view connector) const {
  const auto found = peer_of_.find(connector);
  return found != peer_of_.end() && peers_.at(found->second).stream.epoch() != 0;
}

// A peer that is gone is no failure of ours: its epoch ends and its deliveries are looked up.
Status PartitionService::send(std::string_view connector, const wire::Body& body) {
  const auto found = peer_of_.find(connector);
  if (found == peer_of_.end()) return {};
  const wire::Peer peer = found->second;
  // What was decided for an earlier connection is over with it; a host hears its welcome first.
  if (peers_.at(peer).stream.epoch() == 0) return {};
  if (auto status = hub_->send(peer, peers_.at(peer).stream.next(body)); !status) {
    return drop_peer(peer, status.error().reason);
  }
  return {};
}

Status PartitionService::end_connection(const ResetOutput& reset) {
  const auto found = peer_of_.find(reset.connector);
  if (found == peer_of_.end()) return {};
  const wire::Peer peer = found->second;
  (void)hub_->send(peer, peers_.at(peer).stream.next(wire::Refuse{reset.reason}));
  return drop_peer(peer, reset.reason);
}

Status PartitionService::drop_peer(const wire::Peer& peer, const std::string& reason) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return {};
  const std::string connector = found->second.connector;
  const HostEpoch epoch = found->second.epoch;
  peers_.erase(found);
  const auto named = peer_of_.find(connector);
  if (named != peer_of_.end() && named->second == peer) peer_of_.erase(named);
  fail_requests(connector);
  return give(HostLeft{connector, epoch, reason});
}

}  // namespace perennial::pipeline
