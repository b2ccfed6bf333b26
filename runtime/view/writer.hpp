// Turns the records of partitions into rows of the view.
//
// Place:   inside view/; driven by the projector within one transaction of the database.
// Thread:  the projector's.
// Owns:    a cache of open deliveries, so that most records need no look-up in the tables.
// Errors:  DatabaseError. A record that this build cannot decode is told as a Status.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "runtime/base/status.hpp"
#include "runtime/state/records.hpp"
#include "runtime/view/database.hpp"

namespace perennial::view {

class Writer {
 public:
  explicit Writer(Database& database) : database_(database) {}

  [[nodiscard]] Status write(std::uint32_t partition, Position position, ByteView record);
  // After a transaction that was rolled back: what is cached may never have happened.
  void forget_cache() { known_.clear(); }

 private:
  // What later records of a delivery leave out.
  struct Known {
    std::string connector;
    std::string operation;
    std::string correlation;
    std::string identity;
    std::string exception;
    bool is_closed = false;  // no longer counted as open
  };
  // The record at hand.
  struct At {
    std::uint32_t partition = 0;
    Position position = 0;
    TimeMs time = 0;
  };
  struct Told {
    std::string_view kind;
    std::string_view correlation;
    std::string_view connector;
    std::string_view operation;
    std::string text;
    std::string detail = "{}";
  };
  // Changes of the row of one renewal.
  struct Change {
    int events = 0;
    int deliveries = 0;
    int deliveries_open = 0;
    int joins_waiting = 0;
    int exceptions = 0;
    int exceptions_open = 0;
  };

  void on(const At& at, const state::EventAccepted& record);
  void on(const At& at, const state::EventDerived& record);
  void on(const At& at, const state::CursorMoved& record);
  void on(const At& at, const state::HostStarted& record);
  void on(const At& at, const state::HostEnded& record);
  void on(const At& at, const state::DeliveryScheduled& record);
  void on(const At& at, const state::DeliveryStarted& record);
  void on(const At& at, const state::DeliveryDone& record);
  void on(const At& at, const state::DeliveryDeferred& record);
  void on(const At& at, const state::DeliveryUncertain& record);
  void on(const At& at, const state::DeliveryPending& record);
  void on(const At& at, const state::DeliveryRetried& record);
  void on(const At& at, const state::DeliverySkipped& record);
  void on(const At& at, const state::DeliveryConfirmed& record);
  void on(const At& at, const state::OutcomeLate& record);
  void on(const At& at, const state::JoinFilled& record);
  void on(const At& at, const state::JoinClosed& record);
  void on(const At& at, const state::ExceptionOpened& record);
  void on(const At& at, const state::ExceptionRepeated& record);
  void on(const At& at, const state::ExceptionClosed& record);
  void on(const At& at, const state::ConnectorFlowSet& record);
  void on(const At& at, const state::ConfigActivated& record);
  void on(const At& at, const state::CursorSet& record);
  // The event that tells it, if any, has a row of its own.
  void on(const At& /*at*/, const state::TransitionMade& /*record*/) {}

  Known& known(const At& at, Position delivery);
  // The delivery is over: its renewal has one less open.
  void close(const At& at, Position delivery, Known& known);
  void tell(const At& at, const Told& told);
  void add_event(const At& at, std::string_view connector, std::string_view channel,
                 ByteView bytes);
  void add_reference(std::string_view system, std::string_view object, const std::string& id,
                     std::string_view correlation);
  void change(const At& at, std::string_view correlation, const Change& change);

  Database& database_;
  std::unordered_map<std::uint64_t, Known> known_;  // by partition and delivery
};

}  // namespace perennial::view
