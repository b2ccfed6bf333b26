// Everything that one partition knows: the records up to a position, applied.
//
// Place:   apply() is the only mutation in the runtime; called by pipeline/partition for a record
// it has just decided
//          and by recovery for a record it has just read. Live and replay are the same path.
// Thread:  the partition's thread only.
// Errors:  apply() takes records that this runtime decided; one that does not fit the state is a
// broken invariant and is
//          answered as Code::defect by name, never ignored.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runtime/base/status.hpp"
#include "runtime/base/text_map.hpp"
#include "runtime/state/flat_map.hpp"
#include "runtime/state/position_table.hpp"
#include "runtime/state/records.hpp"
#include "runtime/state/seen_keys.hpp"
#include "runtime/state/tables.hpp"

namespace perennial::state {

class State {
 public:
  explicit State(std::uint64_t hash_seed);

  [[nodiscard]] Status apply(Position position, const Stamped& stamped);
  // The same for a fact whose type the caller knows.
  template <typename Fact>
  [[nodiscard]] Status apply(Position position, TimeMs time, const Fact& fact) {
    if (auto status = advance(position, time); !status) return status;
    return on(position, time, fact);
  }

  [[nodiscard]] Position position() const { return position_; }
  // Never goes back: the time of the last record.
  [[nodiscard]] TimeMs time() const { return time_; }
  [[nodiscard]] std::uint64_t hash_seed() const { return hash_seed_; }

  [[nodiscard]] const SeenKeys& seen() const { return seen_; }
  [[nodiscard]] const Delivery* delivery(Position id) const;
  [[nodiscard]] const PositionTable<Delivery>& deliveries() const { return deliveries_; }
  // Whether it is the one of its lane that may run.
  [[nodiscard]] static bool is_head(const Delivery& delivery) {
    return !delivery.lane.is_set() || delivery.leads_lane;
  }
  [[nodiscard]] const Delivery* lane_head(const Fingerprint& lane) const;
  [[nodiscard]] ByteView event(Position position) const;
  [[nodiscard]] const Join* join(std::string_view name, std::string_view key) const;
  [[nodiscard]] const TextMap<Join>& joins() const { return joins_; }
  // Name and key of an entry of joins().
  [[nodiscard]] static std::pair<std::string_view, std::string_view> split_join(
      std::string_view id);
  [[nodiscard]] const std::unordered_map<Position, ExceptionRow>& exceptions() const {
    return exceptions_;
  }
  [[nodiscard]] const ExceptionRow* exception(Position id) const;
  // The open one that counts repeats of `group`; nullptr when there is none.
  [[nodiscard]] const ExceptionRow* exception_of_group(std::string_view group) const;
  // Nothing known = never held.
  [[nodiscard]] const Tracked* tracked(const Fingerprint& record) const {
    return tracked_.find(record);
  }
  [[nodiscard]] const ConnectorRow* connector(std::string_view name) const;
  [[nodiscard]] const TextMap<ConnectorRow>& connectors() const { return connectors_; }
  [[nodiscard]] const Delivery* delivery_of_token(std::string_view connector,
                                                  std::string_view token) const;
  [[nodiscard]] std::string_view text(Symbol symbol) const { return symbols_[symbol]; }
  // Nothing when no delivery ever bore this name.
  [[nodiscard]] std::optional<Symbol> symbol_of(std::string_view text) const;
  [[nodiscard]] HostEpoch last_epoch() const { return last_epoch_; }
  [[nodiscard]] std::string_view config_revision() const { return config_revision_; }

 private:
  Status advance(Position position, TimeMs time);
  Status on(Position position, TimeMs time, const EventAccepted& record);
  Status on(Position position, TimeMs time, const EventDerived& record);
  Status on(Position position, TimeMs time, const CursorMoved& record);
  Status on(Position position, TimeMs time, const CursorSet& record);
  Status on(Position position, TimeMs time, const HostStarted& record);
  Status on(Position position, TimeMs time, const HostEnded& record);
  Status on(Position position, TimeMs time, const DeliveryScheduled& record);
  Status on(Position position, TimeMs time, const DeliveryStarted& record);
  Status on(Position position, TimeMs time, const DeliveryDone& record);
  Status on(Position position, TimeMs time, const DeliveryDeferred& record);
  Status on(Position position, TimeMs time, const DeliveryUncertain& record);
  Status on(Position position, TimeMs time, const DeliveryPending& record);
  Status on(Position position, TimeMs time, const DeliveryRetried& record);
  Status on(Position position, TimeMs time, const DeliverySkipped& record);
  Status on(Position position, TimeMs time, const DeliveryConfirmed& record);
  Status on(Position position, TimeMs time, const OutcomeLate& record);
  Status on(Position position, TimeMs time, const JoinFilled& record);
  Status on(Position position, TimeMs time, const JoinClosed& record);
  Status on(Position position, TimeMs time, const ExceptionOpened& record);
  Status on(Position position, TimeMs time, const ExceptionRepeated& record);
  Status on(Position position, TimeMs time, const ExceptionClosed& record);
  Status on(Position position, TimeMs time, const ConnectorFlowSet& record);
  Status on(Position position, TimeMs time, const ConfigActivated& record);
  Status on(Position position, TimeMs time, const TransitionMade& record);

  Symbol intern(std::string_view text);
  ConnectorRow& connector_row(std::string_view name);
  Delivery* open_delivery(Position id);
  void hold_event(Position position, ByteView bytes);
  void retain_event(Position position);
  void release_event(Position position);
  void drop_unheld_events();
  void enter_lane(Delivery& delivery);
  void leave_lane(Delivery& delivery);
  void forget(Delivery& delivery);
  void forget_token(Delivery& delivery);

  const std::uint64_t hash_seed_;
  Position position_ = 0;
  TimeMs time_ = 0;
  HostEpoch last_epoch_ = 0;
  std::string config_revision_;

  SeenKeys seen_;
  PositionTable<Delivery> deliveries_;
  FlatMap<Fingerprint, Lane> lanes_;
  PositionTable<HeldEvent> events_;
  // Events since the last accepted one, it included: kept until the records that follow have had
  // their chance to refer to them.
  std::vector<Position> fresh_events_;
  TextMap<Join> joins_;
  std::unordered_map<Position, ExceptionRow> exceptions_;
  TextMap<Position> groups_;
  TextMap<ConnectorRow> connectors_;
  TextMap<Position> tokens_;
  FlatMap<Fingerprint, Tracked> tracked_;
  std::deque<std::string> symbols_;  // a deque: symbol_of_ refers to its strings
  std::unordered_map<std::string_view, Symbol> symbol_of_;
};

}  // namespace perennial::state
