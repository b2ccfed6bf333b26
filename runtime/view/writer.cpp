#include "runtime/view/writer.hpp"

#include "runtime/event/event.hpp"
#include "runtime/view/json_text.hpp"
#include "runtime/view/rows.hpp"
#include "runtime/view/told.hpp"

namespace perennial::view {
namespace {

// An id of another system is short; longer texts are prose.
constexpr std::size_t reference_bytes_max = 128;
// Positions stay far below: a partition that writes a million records a second fills this in years.
constexpr unsigned position_bits = 56;
constexpr std::size_t cached_max = 200'000;

std::uint64_t cache_key(std::uint32_t partition, Position delivery) {
  return (static_cast<std::uint64_t>(partition) << position_bits) | delivery;
}

// The key that the remote was given: identity and generation, as the partition writes it.
std::string key_text(std::string_view identity, std::uint32_t generation) {
  constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string text;
  do {
    text.insert(text.begin(), digits[generation % digits.size()]);
    generation /= static_cast<std::uint32_t>(digits.size());
  } while (generation > 0);
  return std::string(identity) + "-" + text;
}

// Cursors are the plugin's own: text as a rule, and then shown as text.
std::string cursor_text(ByteView cursor) {
  return event::is_utf8(cursor) ? quoted(cursor) : to_json_text(cursor);
}

}  // namespace

Status Writer::write(std::uint32_t partition, Position position, ByteView record) {
  auto stamped = state::decode(record);
  if (!stamped) {
    return fail_within(
        "record " + std::to_string(position) + " of partition " + std::to_string(partition),
        stamped.error());
  }
  const At at{partition, position, stamped->time};
  std::visit([&](const auto& one) { on(at, one); }, stamped->record);
  return {};
}

// ---- events

void Writer::add_event(const At& at, std::string_view connector, std::string_view channel,
                       ByteView bytes) {
  const event::EventView event = event::trusted_event(bytes);
  database_.run(
      "INSERT INTO events VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9, :10, :11, :12)",
      {at.partition, at.position, at.time, connector, channel, event.id, event.source, event.type,
       event.subject, event.correlation, event.causation, to_json_text(bytes)});
}

void Writer::on(const At& at, const state::EventAccepted& record) {
  add_event(at, record.connector, record.channel, record.event);
  const event::EventView event = event::trusted_event(record.event);
  change(at, event.correlation, {.events = 1});
  each_plain_field(event.data, [&](std::string_view name, const std::string& value) {
    add_reference(record.connector, name, value, event.correlation);
  });
  Told told{"event.accepted", event.correlation, record.connector, record.channel,
            std::string(event.type)};
  told.detail = "{\"id\":" + quoted(event.id) + ",\"source\":" + quoted(event.source) +
                ",\"subject\":" + quoted(event.subject) + "}";
  tell(at, told);
}

void Writer::on(const At& at, const state::EventDerived& record) {
  add_event(at, "runtime", "join", record.event);
}

void Writer::add_reference(std::string_view system, std::string_view object, const std::string& id,
                           std::string_view correlation) {
  const bool is_useful =
      !correlation.empty() && !id.empty() && id.size() <= reference_bytes_max && id != correlation;
  if (!is_useful) return;
  database_.run("INSERT INTO xref VALUES (:1, :2, :3, :4) ON CONFLICT DO NOTHING",
                {id, system, object, correlation});
}

// ---- connectors

void Writer::on(const At& at, const state::CursorMoved& record) {
  database_.run(
      "INSERT INTO cursors VALUES (:1, :2, :3, :4, :5) ON CONFLICT (part, connector, source) "
      "DO UPDATE SET position = excluded.position, moved = excluded.moved",
      {at.partition, record.connector, record.source, cursor_text(record.cursor), at.time});
}

void Writer::on(const At& at, const state::CursorSet& record) {
  const std::string position = record.cursor.empty() ? quoted("start " + std::string(record.start))
                                                     : cursor_text(record.cursor);
  database_.run(
      "INSERT INTO cursors VALUES (:1, :2, :3, :4, :5) ON CONFLICT (part, connector, source) "
      "DO UPDATE SET position = excluded.position, moved = excluded.moved",
      {at.partition, record.connector, record.source, position, at.time});
  tell(at, {record.name, {}, record.connector, record.source, told(record)});
}

void Writer::on(const At& at, const state::HostStarted& record) {
  database_.run(
      "INSERT INTO connectors VALUES (:1, :2, 'running', :3, :4, :5, :6, '') "
      "ON CONFLICT (part, name) DO UPDATE SET epoch = excluded.epoch, plugin = excluded.plugin, "
      "version = excluded.version, pid = excluded.pid",
      {at.partition, record.connector, record.epoch, record.plugin, record.version, record.pid});
}

void Writer::on(const At& at, const state::HostEnded& record) {
  database_.run(
      "UPDATE connectors SET epoch = 0, pid = 0, last_end = :1 "
      "WHERE part = :2 AND name = :3 AND epoch = :4",
      {record.reason, at.partition, record.connector, record.epoch});
}

void Writer::on(const At& at, const state::ConnectorFlowSet& record) {
  database_.run(
      "INSERT INTO connectors VALUES (:1, :2, :3, 0, '', '', 0, '') "
      "ON CONFLICT (part, name) DO UPDATE SET flow = excluded.flow",
      {at.partition, record.connector, word_of(record.flow)});
  tell(at, {record.name, {}, record.connector, {}, told(record)});
}

void Writer::on(const At& /*at*/, const state::ConfigActivated& record) {
  database_.run(
      "INSERT INTO meta VALUES ('revision', :1) ON CONFLICT (name) DO UPDATE SET value = "
      "excluded.value",
      {record.revision});
}

// ---- deliveries

void Writer::on(const At& at, const state::DeliveryScheduled& record) {
  std::string correlation;
  database_.select("SELECT correlation FROM events WHERE part = :1 AND position = :2",
                   {at.partition, record.event}, 1,
                   [&](const Row& row) { correlation = row.text(0); });
  Known known{std::string(record.connector),
              std::string(record.operation),
              correlation,
              to_text(record.identity),
              {},
              false};
  database_.run(
      "INSERT INTO deliveries VALUES (:1, :2, :3, :4, :5, :6, :7, 'scheduled', 0, 0, :8, 0, 0, :8, "
      ":9, :10, 'null', '', '', '')",
      {at.partition, at.position, record.event, record.effect, record.connector, record.operation,
       correlation, at.time, known.identity, key_text(known.identity, 0)});
  change(at, correlation, {.deliveries = 1, .deliveries_open = 1});
  known_[cache_key(at.partition, at.position)] = std::move(known);
}

Writer::Known& Writer::known(const At& at, Position delivery) {
  const std::uint64_t key = cache_key(at.partition, delivery);
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  if (known_.size() > cached_max) known_.clear();
  Known& known = known_[key];
  known.is_closed = true;  // an answer to a delivery that no record scheduled
  database_.select(
      "SELECT connector, operation, correlation, identity, exception, status FROM deliveries "
      "WHERE part = :1 AND id = :2",
      {at.partition, delivery}, 6, [&](const Row& row) {
        const std::string& status = row.text(5);
        known =
            Known{row.text(0), row.text(1),
                  row.text(2), row.text(3),
                  row.text(4), status == "done" || status == "skipped" || status == "confirming"};
      });
  return known;
}

void Writer::close(const At& at, Position delivery, Known& known) {
  if (!known.is_closed) change(at, known.correlation, {.deliveries_open = -1});
  known_.erase(cache_key(at.partition, delivery));
}

void Writer::on(const At& at, const state::DeliveryStarted& record) {
  database_.run(
      "UPDATE deliveries SET status = 'started', attempts = :1, started = :2, due = :3 "
      "WHERE part = :4 AND id = :5",
      {record.attempt, at.time, record.deadline, at.partition, record.delivery});
}

void Writer::on(const At& at, const state::DeliveryDone& record) {
  Known& one = known(at, record.delivery);
  const std::string receipt = to_json_text(record.receipt);
  database_.run(
      "UPDATE deliveries SET status = :1, settled = :2, receipt = :3, due = :4, last_code = '', "
      "last_text = :5 WHERE part = :6 AND id = :7",
      {record.confirm_due == 0 ? "done" : "confirming", at.time, receipt, record.confirm_due,
       record.text, at.partition, record.delivery});
  each_plain_field(record.receipt, [&](std::string_view name, const std::string& value) {
    add_reference(one.connector, name, value, one.correlation);
  });
  Told line{record.name, one.correlation, one.connector, one.operation, told(record)};
  line.detail = "{\"delivery\":" + std::to_string(record.delivery) +
                ",\"attempts\":" + std::to_string(record.attempt) +
                ",\"how\":" + quoted(word_of(record.how)) + ",\"receipt\":" + receipt + "}";
  tell(at, line);
  close(at, record.delivery, one);
}

void Writer::on(const At& at, const state::DeliveryDeferred& record) {
  const Known& one = known(at, record.delivery);
  database_.run(
      "UPDATE deliveries SET status = 'scheduled', tries = :1, due = :2, last_code = :3, "
      "last_text = :4 WHERE part = :5 AND id = :6",
      {record.tries, record.due, record.code, record.text, at.partition, record.delivery});
  Told line{record.name, one.correlation, one.connector, one.operation, told(record)};
  line.detail = "{\"delivery\":" + std::to_string(record.delivery) +
                ",\"cause\":" + quoted(record.cause) + ",\"code\":" + quoted(record.code) + "}";
  tell(at, line);
}

void Writer::on(const At& at, const state::DeliveryUncertain& record) {
  const Known& one = known(at, record.delivery);
  database_.run(
      "UPDATE deliveries SET status = CASE WHEN status = 'confirming' THEN status ELSE 'uncertain' "
      "END, due = :1, last_code = :2, last_text = :3 WHERE part = :4 AND id = :5",
      {record.due, record.code, record.text, at.partition, record.delivery});
  tell(at, {record.name, one.correlation, one.connector, one.operation, told(record),
            "{\"delivery\":" + std::to_string(record.delivery) + "}"});
}

void Writer::on(const At& at, const state::DeliveryPending& record) {
  const Known& one = known(at, record.delivery);
  database_.run("UPDATE deliveries SET status = 'pending', due = :1 WHERE part = :2 AND id = :3",
                {record.due, at.partition, record.delivery});
  tell(at, {record.name, one.correlation, one.connector, one.operation, told(record),
            "{\"delivery\":" + std::to_string(record.delivery) + "}"});
}

void Writer::on(const At& at, const state::DeliveryRetried& record) {
  const Known& one = known(at, record.delivery);
  database_.run(
      "UPDATE deliveries SET status = :1, tries = 0, due = :2, delivery_key = :3 "
      "WHERE part = :4 AND id = :5",
      {record.by_lookup ? "uncertain" : "scheduled", at.time,
       key_text(one.identity, record.generation), at.partition, record.delivery});
  if (!one.exception.empty()) {
    database_.run("UPDATE exceptions SET state = 'trial' WHERE id = :1", {one.exception});
  }
  tell(at, {record.name, one.correlation, one.connector, one.operation, told(record),
            "{\"delivery\":" + std::to_string(record.delivery) + "}"});
}

void Writer::on(const At& at, const state::DeliverySkipped& record) {
  Known& one = known(at, record.delivery);
  database_.run(
      "UPDATE deliveries SET status = 'skipped', settled = :1, due = 0 WHERE part = :2 AND id = :3",
      {at.time, at.partition, record.delivery});
  tell(at, {record.name, one.correlation, one.connector, one.operation, told(record),
            "{\"delivery\":" + std::to_string(record.delivery) + "}"});
  close(at, record.delivery, one);
}

void Writer::on(const At& at, const state::DeliveryConfirmed& record) {
  const Known& one = known(at, record.delivery);
  database_.run("UPDATE deliveries SET status = 'done', due = 0 WHERE part = :1 AND id = :2",
                {at.partition, record.delivery});
  tell(at, {record.name, one.correlation, one.connector, one.operation, told(record),
            "{\"delivery\":" + std::to_string(record.delivery) + "}"});
  known_.erase(cache_key(at.partition, record.delivery));
}

void Writer::on(const At& at, const state::OutcomeLate& record) {
  const Known& one = known(at, record.delivery);
  tell(at, {record.name, one.correlation, one.connector, one.operation, told(record),
            "{\"delivery\":" + std::to_string(record.delivery) +
                ",\"receipt\":" + to_json_text(record.receipt) + "}"});
}

// ---- joins

void Writer::on(const At& at, const state::JoinFilled& record) {
  bool is_open = false;
  database_.select("SELECT is_closed FROM joins WHERE part = :1 AND name = :2 AND join_key = :3",
                   {at.partition, record.join, record.key}, 1,
                   [&](const Row& row) { is_open = row.number(0) == 0; });
  if (is_open) return;
  database_.run(
      "INSERT INTO joins VALUES (:1, :2, :3, :4, 0) ON CONFLICT (part, name, join_key) "
      "DO UPDATE SET due = excluded.due, is_closed = 0",
      {at.partition, record.join, record.key, record.due});
  change(at, record.key, {.joins_waiting = 1});
}

void Writer::on(const At& at, const state::JoinClosed& record) {
  database_.run("UPDATE joins SET is_closed = 1 WHERE part = :1 AND name = :2 AND join_key = :3",
                {at.partition, record.join, record.key});
  change(at, record.key, {.joins_waiting = -1});
}

// ---- exceptions

void Writer::on(const At& at, const state::ExceptionOpened& record) {
  const std::string id = exception_id(at.partition, at.position);
  database_.run(
      "INSERT INTO exceptions VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9, :10, 'open', :11, :12, "
      "1, "
      ":13, 0, '', '', '', :14)",
      {id, at.partition, at.position, record.cause, record.connector, record.operation,
       record.correlation, record.owner, at.time, record.due, record.code, record.text,
       record.delivery, to_json_text(record.body)});
  if (record.delivery != 0) {
    known(at, record.delivery).exception = id;
    database_.run("UPDATE deliveries SET exception = :1 WHERE part = :2 AND id = :3",
                  {id, at.partition, record.delivery});
  }
  if (record.is_parking) {
    database_.run(
        "UPDATE deliveries SET status = 'parked', due = 0, last_code = :1, last_text = :2 "
        "WHERE part = :3 AND id = :4",
        {record.code, record.text, at.partition, record.delivery});
  }
  change(at, record.correlation, {.exceptions = 1, .exceptions_open = 1});
  tell(at, {record.name, record.correlation, record.connector, record.operation, told(record),
            "{\"exception\":" + quoted(id) + ",\"cause\":" + quoted(record.cause) + "}"});
}

void Writer::on(const At& at, const state::ExceptionRepeated& record) {
  const std::string id = exception_id(at.partition, record.exception);
  database_.run(
      "UPDATE deliveries SET status = 'parked', due = 0, last_text = :1 WHERE part = :2 AND "
      "id = (SELECT delivery FROM exceptions WHERE id = :3 AND state = 'trial')",
      {record.text, at.partition, id});
  database_.run(
      "UPDATE exceptions SET repeats = repeats + 1, told = :1, state = 'open', "
      "cause = CASE WHEN :2 = '' THEN cause ELSE :2 END WHERE id = :3",
      {record.text, record.cause, id});
  Told line{record.name, {}, {}, {}, told(record), "{\"exception\":" + quoted(id) + "}"};
  Row found;
  database_.select("SELECT correlation, connector, operation FROM exceptions WHERE id = :1", {id},
                   3, [&](const Row& row) { found = row; });
  found.columns.resize(3);
  line.correlation = found.text(0);
  line.connector = found.text(1);
  line.operation = found.text(2);
  tell(at, line);
}

void Writer::on(const At& at, const state::ExceptionClosed& record) {
  const std::string id = exception_id(at.partition, record.exception);
  database_.run(
      "UPDATE exceptions SET state = 'closed', closed = :1, closed_how = :2, closed_by = :3, "
      "closed_why = :4 WHERE id = :5",
      {at.time, record.how, record.by, record.why, id});
  Row found;
  database_.select("SELECT correlation, connector, operation FROM exceptions WHERE id = :1", {id},
                   3, [&](const Row& row) { found = row; });
  found.columns.resize(3);
  change(at, found.text(0), {.exceptions_open = -1});
  tell(at, {record.name, found.text(0), found.text(1), found.text(2), told(record),
            "{\"exception\":" + quoted(id) + ",\"how\":" + quoted(record.how) + "}"});
}

// ---- what many records add to

void Writer::tell(const At& at, const Told& told) {
  database_.run("INSERT INTO timeline VALUES (:1, :2, :3, :4, :5, :6, :7, :8, :9)",
                {at.partition, at.position, at.time, told.correlation, told.kind, told.connector,
                 told.operation, told.text, told.detail});
}

void Writer::change(const At& at, std::string_view correlation, const Change& change) {
  if (correlation.empty()) return;
  database_.run(
      "INSERT INTO renewals VALUES (:1, :2, :2, :3, :4, :5, :6, :7, :8, "
      "CASE WHEN :8 > 0 THEN 'blocked' WHEN :5 > 0 THEN 'running' WHEN :6 > 0 THEN 'waiting' "
      "ELSE 'settled' END) "
      "ON CONFLICT (correlation) DO UPDATE SET last = MAX(last, excluded.last), "
      "events = events + excluded.events, deliveries = deliveries + excluded.deliveries, "
      "deliveries_open = deliveries_open + excluded.deliveries_open, "
      "joins_waiting = joins_waiting + excluded.joins_waiting, "
      "exceptions = exceptions + excluded.exceptions, "
      "exceptions_open = exceptions_open + excluded.exceptions_open, "
      "state = CASE WHEN exceptions_open + excluded.exceptions_open > 0 THEN 'blocked' "
      "WHEN deliveries_open + excluded.deliveries_open > 0 THEN 'running' "
      "WHEN joins_waiting + excluded.joins_waiting > 0 THEN 'waiting' ELSE 'settled' END",
      {correlation, at.time, change.events, change.deliveries, change.deliveries_open,
       change.joins_waiting, change.exceptions, change.exceptions_open});
}

}  // namespace perennial::view
