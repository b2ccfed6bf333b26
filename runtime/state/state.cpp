#include "runtime/state/state.hpp"

#include <algorithm>

#include "runtime/base/hash.hpp"

namespace perennial::state {
namespace {

// Names come from config and never hold a NUL.
constexpr char separator = '\0';

std::string pair_id(std::string_view first, std::string_view second) {
  std::string id(first);
  id += separator;
  id += second;
  return id;
}

Status no_delivery(std::string_view record, Position id) {
  return fail(Code::defect, "expected delivery " + std::to_string(id) + " to be open, but " +
                                std::string(record) + " names a closed or unknown one");
}

Status no_exception(std::string_view record, Position id) {
  return fail(Code::defect, "expected exception " + std::to_string(id) + " to be open, but " +
                                std::string(record) + " names a closed or unknown one");
}

}  // namespace

State::State(std::uint64_t hash_seed) : hash_seed_(hash_seed) {
  intern("");
}

Status State::apply(Position position, const Stamped& stamped) {
  return std::visit([&](const auto& record) { return apply(position, stamped.time, record); },
                    stamped.record);
}

Status State::advance(Position position, TimeMs time) {
  if (position != position_ + 1) {
    return fail(Code::defect, "expected record " + std::to_string(position_ + 1) + ", but " +
                                  std::to_string(position) + " came");
  }
  position_ = position;
  time_ = std::max(time_, time);
  return {};
}

// ---- events
// -----------------------------------------------------------------------------------------------------

Status State::on(Position position, TimeMs /*time*/, const EventAccepted& record) {
  if (!seen_.insert(record.key)) {
    return fail(Code::defect, "expected a new event, but its key was claimed before");
  }
  drop_unheld_events();
  hold_event(position, record.event);
  return {};
}

Status State::on(Position position, TimeMs /*time*/, const EventDerived& record) {
  hold_event(position, record.event);
  return {};
}

void State::hold_event(Position position, ByteView bytes) {
  events_.add(position).bytes.assign(bytes);
  fresh_events_.push_back(position);
}

void State::drop_unheld_events() {
  for (Position position : fresh_events_) {
    const HeldEvent* event = events_.find(position);
    if (event != nullptr && event->references == 0) events_.erase(position);
  }
  fresh_events_.clear();
}

void State::retain_event(Position position) {
  if (HeldEvent* event = events_.find(position)) ++event->references;
}

void State::release_event(Position position) {
  HeldEvent* event = events_.find(position);
  if (event == nullptr || event->references == 0) return;
  const bool is_fresh =
      std::find(fresh_events_.begin(), fresh_events_.end(), position) != fresh_events_.end();
  if (--event->references == 0 && !is_fresh) events_.erase(position);
}

ByteView State::event(Position position) const {
  const HeldEvent* event = events_.find(position);
  return event == nullptr ? ByteView{} : ByteView(event->bytes);
}

// ---- connectors
// -------------------------------------------------------------------------------------------------

ConnectorRow& State::connector_row(std::string_view name) {
  const auto found = connectors_.find(name);
  return found == connectors_.end() ? connectors_[std::string(name)] : found->second;
}

const ConnectorRow* State::connector(std::string_view name) const {
  const auto found = connectors_.find(name);
  return found == connectors_.end() ? nullptr : &found->second;
}

Status State::on(Position /*position*/, TimeMs /*time*/, const CursorMoved& record) {
  ConnectorRow& row = connector_row(record.connector);
  if (const auto start = row.starts.find(record.source); start != row.starts.end()) {
    row.starts.erase(start);
  }
  auto& cursors = row.cursors;
  const auto found = cursors.find(record.source);
  if (found == cursors.end()) {
    cursors.emplace(record.source, Bytes(record.cursor));
  } else {
    found->second.assign(record.cursor);
  }
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const CursorSet& record) {
  ConnectorRow& row = connector_row(record.connector);
  const std::string source(record.source);
  row.cursors.erase(source);
  row.starts.erase(source);
  if (!record.cursor.empty()) {
    row.cursors.emplace(source, Bytes(record.cursor));
  } else {
    row.starts.emplace(source, record.start);
  }
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const HostStarted& record) {
  if (record.epoch <= last_epoch_) {
    return fail(Code::defect, "expected a higher host epoch than " + std::to_string(last_epoch_));
  }
  last_epoch_ = record.epoch;
  connector_row(record.connector).epoch = record.epoch;
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const HostEnded& record) {
  ConnectorRow& row = connector_row(record.connector);
  if (row.epoch == record.epoch) row.epoch = 0;
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const ConnectorFlowSet& record) {
  connector_row(record.connector).flow = record.flow;
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const ConfigActivated& record) {
  config_revision_ = record.revision;
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const TransitionMade& record) {
  if (!record.record.is_set()) {
    return fail(Code::defect, "expected transition.made to name a record");
  }
  Tracked& row = tracked_[record.record];
  row.is_held = record.is_held;
  row.facts = record.facts;
  row.version = record.version;
  ++row.turns;
  return {};
}

// ---- deliveries
// -------------------------------------------------------------------------------------------------

Symbol State::intern(std::string_view text) {
  const auto found = symbol_of_.find(text);
  if (found != symbol_of_.end()) return found->second;
  const auto symbol = static_cast<Symbol>(symbols_.size());
  symbols_.emplace_back(text);
  symbol_of_.emplace(symbols_.back(), symbol);
  return symbol;
}

std::optional<Symbol> State::symbol_of(std::string_view text) const {
  const auto found = symbol_of_.find(text);
  if (found == symbol_of_.end()) return std::nullopt;
  return found->second;
}

const Delivery* State::delivery(Position id) const {
  return deliveries_.find(id);
}

Delivery* State::open_delivery(Position id) {
  Delivery* delivery = deliveries_.find(id);
  const bool is_open = delivery != nullptr && delivery->status != DeliveryStatus::confirming;
  return is_open ? delivery : nullptr;
}

const Delivery* State::lane_head(const Fingerprint& lane) const {
  const Lane* found = lanes_.find(lane);
  return found == nullptr ? nullptr : delivery(found->head);
}

void State::enter_lane(Delivery& delivery) {
  if (!delivery.lane.is_set()) return;
  Lane& lane = lanes_[delivery.lane];
  if (lane.tail == 0) {
    lane.head = delivery.id;
    delivery.leads_lane = true;
  } else {
    deliveries_.find(lane.tail)->next_in_lane = delivery.id;
  }
  lane.tail = delivery.id;
}

// Usually the head leaves; an operator may skip one in the middle.
void State::leave_lane(Delivery& delivery) {
  if (!delivery.lane.is_set()) return;
  Lane* lane = lanes_.find(delivery.lane);
  if (lane == nullptr) return;
  Position before = 0;
  for (Position at = lane->head; at != 0 && at != delivery.id;) {
    before = at;
    at = deliveries_.find(at)->next_in_lane;
  }
  if (before != 0) {
    deliveries_.find(before)->next_in_lane = delivery.next_in_lane;
  } else {
    lane->head = delivery.next_in_lane;
    if (lane->head != 0) deliveries_.find(lane->head)->leads_lane = true;
  }
  if (lane->tail == delivery.id) lane->tail = before;
  if (lane->head == 0) lanes_.erase(delivery.lane);
  delivery.next_in_lane = 0;
  delivery.leads_lane = false;
  delivery.lane = {};
}

void State::forget(Delivery& delivery) {
  leave_lane(delivery);
  release_event(delivery.event);
  forget_token(delivery);
  const Position id = delivery.id;  // the row is emptied with what it holds
  deliveries_.erase(id);
}

void State::forget_token(Delivery& delivery) {
  if (delivery.token.empty()) return;
  tokens_.erase(pair_id(text(delivery.connector), delivery.token));
  delivery.token.clear();
}

const Delivery* State::delivery_of_token(std::string_view connector, std::string_view token) const {
  const auto found = tokens_.find(pair_id(connector, token));
  return found == tokens_.end() ? nullptr : delivery(found->second);
}

Status State::on(Position position, TimeMs time, const DeliveryScheduled& record) {
  if (event(record.event).empty()) {
    return fail(Code::defect, "expected event " + std::to_string(record.event) +
                                  " to be held, but delivery.scheduled names an unknown one");
  }
  Delivery& delivery = deliveries_.add(position);
  delivery.id = position;
  delivery.identity = record.identity;
  delivery.event = record.event;
  delivery.effect = intern(record.effect);
  delivery.connector = intern(record.connector);
  delivery.operation = intern(record.operation);
  delivery.map = intern(record.map);
  delivery.due = time;
  if (!record.lane.empty()) {
    delivery.lane = fingerprint({record.connector, record.lane}, hash_seed_);
    enter_lane(delivery);
  }
  retain_event(record.event);
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const DeliveryStarted& record) {
  Delivery* delivery = open_delivery(record.delivery);
  if (delivery == nullptr) return no_delivery(DeliveryStarted::name, record.delivery);
  delivery->status = DeliveryStatus::started;
  delivery->attempt = record.attempt;
  delivery->epoch = record.epoch;
  delivery->deadline = record.deadline;
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const DeliveryDone& record) {
  Delivery* delivery = open_delivery(record.delivery);
  if (delivery == nullptr) return no_delivery(DeliveryDone::name, record.delivery);
  if (record.confirm_due == 0) {
    forget(*delivery);
    return {};
  }
  leave_lane(*delivery);
  forget_token(*delivery);
  delivery->status = DeliveryStatus::confirming;
  delivery->due = record.confirm_due;
  delivery->lookups = 0;
  delivery->exception = 0;
  delivery->receipt.assign(record.receipt);
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const DeliveryConfirmed& record) {
  Delivery* delivery = deliveries_.find(record.delivery);
  if (delivery == nullptr) return no_delivery(DeliveryConfirmed::name, record.delivery);
  forget(*delivery);
  return {};
}

Status State::on(Position /*position*/, TimeMs time, const DeliveryDeferred& record) {
  Delivery* delivery = open_delivery(record.delivery);
  if (delivery == nullptr) return no_delivery(DeliveryDeferred::name, record.delivery);
  if (record.cause == cause_in_doubt && delivery->doubt_since == 0) delivery->doubt_since = time;
  if (record.cause == cause_absent) delivery->doubt_since = 0;
  delivery->status = DeliveryStatus::scheduled;
  delivery->due = record.due;
  delivery->tries = record.tries;
  delivery->lookups = 0;
  delivery->was_absent = delivery->was_absent || record.cause == cause_absent;
  delivery->was_rejected = false;
  if (!record.map_revision.empty()) delivery->map_revision = record.map_revision;
  return {};
}

Status State::on(Position /*position*/, TimeMs time, const DeliveryUncertain& record) {
  Delivery* found = deliveries_.find(record.delivery);
  if (found == nullptr) return no_delivery(DeliveryUncertain::name, record.delivery);
  Delivery& delivery = *found;
  // One that is settled stays so; only its second look is asked again.
  if (delivery.status != DeliveryStatus::confirming) delivery.status = DeliveryStatus::uncertain;
  if (delivery.doubt_since == 0) delivery.doubt_since = time;
  delivery.due = record.due;
  delivery.lookups = record.lookups;
  if (!record.map_revision.empty()) delivery.map_revision = record.map_revision;
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const DeliveryPending& record) {
  Delivery* delivery = open_delivery(record.delivery);
  if (delivery == nullptr) return no_delivery(DeliveryPending::name, record.delivery);
  delivery->status = DeliveryStatus::pending;
  delivery->due = record.due;
  forget_token(*delivery);
  delivery->token = record.token;
  tokens_[pair_id(text(delivery->connector), record.token)] = delivery->id;
  return {};
}

Status State::on(Position /*position*/, TimeMs time, const DeliveryRetried& record) {
  Delivery* delivery = open_delivery(record.delivery);
  if (delivery == nullptr) return no_delivery(DeliveryRetried::name, record.delivery);
  if (record.generation != delivery->generation) {
    delivery->map_revision.clear();
    delivery->doubt_since = 0;
  }
  delivery->generation = record.generation;
  delivery->status = record.by_lookup ? DeliveryStatus::uncertain : DeliveryStatus::scheduled;
  delivery->due = time;
  delivery->tries = 0;
  delivery->lookups = 0;
  const auto row = exceptions_.find(delivery->exception);
  if (row != exceptions_.end()) row->second.is_on_trial = true;
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const DeliverySkipped& record) {
  Delivery* delivery = open_delivery(record.delivery);
  if (delivery == nullptr) return no_delivery(DeliverySkipped::name, record.delivery);
  forget(*delivery);
  return {};
}

// Kept in the journal for the timeline; what follows from it (an exception) is a record of its own.
Status State::on(Position /*position*/, TimeMs /*time*/, const OutcomeLate& /*record*/) {
  return {};
}

// ---- joins
// ------------------------------------------------------------------------------------------------------

std::pair<std::string_view, std::string_view> State::split_join(std::string_view id) {
  const std::size_t at = id.find(separator);
  return {id.substr(0, at), id.substr(at + 1)};
}

const Join* State::join(std::string_view name, std::string_view key) const {
  const auto found = joins_.find(pair_id(name, key));
  return found == joins_.end() ? nullptr : &found->second;
}

Status State::on(Position /*position*/, TimeMs time, const JoinFilled& record) {
  Join& join = joins_[pair_id(record.join, record.key)];
  if (join.is_closed && join.due <= time) join = Join{};
  if (join.is_closed) return fail(Code::defect, "expected an open join, but it was closed");
  if (join.due == 0) join.due = record.due;
  const auto found = join.events.find(record.event_type);
  if (found != join.events.end()) {
    release_event(found->second);
    found->second = record.event;
  } else {
    join.events.emplace(record.event_type, record.event);
  }
  retain_event(record.event);
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const JoinClosed& record) {
  const auto found = joins_.find(pair_id(record.join, record.key));
  if (found == joins_.end()) return fail(Code::defect, "expected an open join, but there is none");
  Join& join = found->second;
  for (const auto& [type, position] : join.events) release_event(position);
  join.events.clear();
  join.is_closed = true;
  join.exception = 0;
  return {};
}

// ---- exceptions
// -------------------------------------------------------------------------------------------------

const ExceptionRow* State::exception(Position id) const {
  const auto found = exceptions_.find(id);
  return found == exceptions_.end() ? nullptr : &found->second;
}

const ExceptionRow* State::exception_of_group(std::string_view group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : exception(found->second);
}

Status State::on(Position position, TimeMs time, const ExceptionOpened& record) {
  ExceptionRow& row = exceptions_[position];
  row.id = position;
  row.cause = record.cause;
  row.connector = record.connector;
  row.operation = record.operation;
  row.correlation = record.correlation;
  row.owner = record.owner;
  row.code = record.code;
  row.text = record.text;
  row.join = record.join;
  row.key = record.key;
  row.group = record.group;
  row.opened = time;
  row.due = record.due;
  row.delivery = record.delivery;
  row.is_parking = record.is_parking;
  row.body.assign(record.body);
  if (!record.group.empty()) groups_[row.group] = position;
  if (!record.join.empty()) {
    const auto join = joins_.find(pair_id(record.join, record.key));
    if (join != joins_.end()) join->second.exception = position;
  }
  if (!record.is_parking) return {};
  Delivery* delivery = open_delivery(record.delivery);
  if (delivery == nullptr) return no_delivery(ExceptionOpened::name, record.delivery);
  delivery->status = DeliveryStatus::parked;
  delivery->exception = position;
  delivery->was_rejected = record.cause == cause_rejected;
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const ExceptionRepeated& record) {
  const auto found = exceptions_.find(record.exception);
  if (found == exceptions_.end()) return no_exception(ExceptionRepeated::name, record.exception);
  ExceptionRow& row = found->second;
  ++row.count;
  row.text = record.text;
  if (!record.cause.empty()) row.cause = record.cause;
  // A trial that failed: the delivery waits for a person again, under the same exception.
  if (!row.is_on_trial) return {};
  row.is_on_trial = false;
  Delivery* delivery = open_delivery(row.delivery);
  if (delivery == nullptr) return no_delivery(ExceptionRepeated::name, row.delivery);
  delivery->status = DeliveryStatus::parked;
  delivery->was_rejected = row.cause == cause_rejected;
  return {};
}

Status State::on(Position /*position*/, TimeMs /*time*/, const ExceptionClosed& record) {
  const auto found = exceptions_.find(record.exception);
  if (found == exceptions_.end()) return no_exception(ExceptionClosed::name, record.exception);
  const ExceptionRow& row = found->second;
  if (!row.group.empty()) groups_.erase(row.group);
  const auto join = joins_.find(pair_id(row.join, row.key));
  if (join != joins_.end()) join->second.exception = 0;
  exceptions_.erase(found);
  return {};
}

}  // namespace perennial::state
