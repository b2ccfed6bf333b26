// What a person has to look at: how exceptions open, repeat and close, and what operators may do.
#include <algorithm>

#include "runtime/pipeline/partition.hpp"
#include "runtime/policy/formats.hpp"

namespace perennial::pipeline {

using state::DeliveryStatus;

// The delivery waits for a person: under a new exception, or under the one whose trial has just
// failed.
Status Partition::park(Turn& turn, const state::Delivery& delivery, std::string_view cause,
                       std::string_view code, std::string_view text, ByteView body) {
  if (const state::ExceptionRow* row = state_.exception(delivery.exception)) {
    const std::string said =
        code.empty() ? std::string(text) : std::string(code) + ": " + std::string(text);
    return write(turn, state::ExceptionRepeated{row->id, said, body, cause});
  }
  const std::string_view connector = state_.text(delivery.connector);
  const std::string_view operation = state_.text(delivery.operation);
  const std::string correlation(correlation_of(delivery));
  const Owner owner = graph_.owner_of(cause, connector, operation);
  state::ExceptionOpened record;
  record.cause = cause;
  record.connector = connector;
  record.operation = operation;
  record.correlation = correlation;
  record.owner = owner.name;
  record.due = turn.now + owner.due_ms;
  record.code = code;
  record.text = text;
  record.delivery = delivery.id;
  record.is_parking = true;
  record.body = body;
  ++counters_.exceptions_opened;
  return write(turn, record);
}

Status Partition::open_incident(Turn& turn, std::string_view cause, std::string_view connector,
                                std::string_view operation, std::string_view code,
                                std::string_view text, ByteView body) {
  std::string group;
  group.append(cause)
      .append("|")
      .append(connector)
      .append("|")
      .append(operation)
      .append("|")
      .append(code);
  if (const state::ExceptionRow* row = state_.exception_of_group(group)) {
    return write(turn, state::ExceptionRepeated{row->id, text, body, {}});
  }
  const Owner owner = graph_.owner_of(cause, connector, operation);
  state::ExceptionOpened record;
  record.cause = cause;
  record.connector = connector;
  record.operation = operation;
  record.owner = owner.name;
  record.due = turn.now + owner.due_ms;
  record.code = code;
  record.text = text;
  record.group = group;
  record.body = body;
  std::string correlation;
  if (!body.empty()) correlation = event::trusted_event(body).correlation;
  record.correlation = correlation;
  ++counters_.exceptions_opened;
  return write(turn, record);
}

Status Partition::close_incident(Turn& turn, std::string_view cause, std::string_view connector,
                                 std::string_view operation) {
  const std::string prefix =
      std::string(cause) + "|" + std::string(connector) + "|" + std::string(operation) + "|";
  std::vector<Position> over;  // each with another code
  for (const auto& [id, row] : state_.exceptions()) {
    if (row.group.starts_with(prefix)) over.push_back(id);
  }
  // The table has no order of its own, and the records of a run must not depend on it.
  std::sort(over.begin(), over.end());
  for (const Position id : over) {
    auto status = write(turn, state::ExceptionClosed{id, "recovered", "runtime", "it works again"});
    if (!status) return status;
  }
  return {};
}

Status Partition::on_command(Turn& turn, const Command& input) {
  CommandOutput answer;
  answer.token = input.token;
  Status status;
  switch (input.verb) {
    case CommandVerb::retry:
      status = retry_exception(turn, input, answer);
      break;
    case CommandVerb::resolve:
      status = resolve_exception(turn, input, answer);
      break;
    case CommandVerb::pause:
    case CommandVerb::resume:
    case CommandVerb::drain:
      status = set_flow(turn, input, answer);
      break;
    case CommandVerb::set_cursor:
      status = set_cursor(turn, input, answer);
      break;
  }
  if (!status) return status;
  leave(turn, std::move(answer));
  return pump_all(turn);
}

Status Partition::retry_exception(Turn& turn, const Command& input, CommandOutput& answer) {
  const state::ExceptionRow* row = state_.exception(input.exception);
  if (row == nullptr) {
    answer.code = Code::not_found;
    answer.text =
        "expected an open exception, but there is none with this id: it may be closed already";
    return {};
  }
  if (!row->is_parking) {
    answer.text = "expected an exception that holds a delivery, but this one (" + row->cause +
                  ") holds none: remove its cause, then resolve it";
    return {};
  }
  const state::Delivery* delivery = state_.delivery(row->delivery);
  if (row->is_on_trial || delivery == nullptr || delivery->status != DeliveryStatus::parked) {
    answer.code = Code::conflict;
    answer.text = "expected no trial under way, but one is: wait for its outcome";
    return {};
  }
  const bool is_in_doubt = row->cause == "outcome_unknown" || row->cause == "possible_double";
  state::DeliveryRetried record;
  record.delivery = delivery->id;
  // A new key only where the old one surely did nothing: under the old one the remote might replay
  // its refusal.
  record.generation = delivery->generation + (delivery->was_rejected ? 1 : 0);
  record.by_lookup = is_in_doubt && plan_of(*delivery).has_lookup;
  record.by = input.by;
  record.why = input.why;
  const Position id = delivery->id;
  if (auto status = write(turn, record); !status) return status;
  enlist(turn, *state_.delivery(id));
  answer.is_done = true;
  answer.text = record.by_lookup ? "the remote is asked first; the exception closes on success"
                                 : "the delivery is tried again; the exception closes on success";
  return {};
}

Status Partition::resolve_exception(Turn& turn, const Command& input, CommandOutput& answer) {
  const state::ExceptionRow* row = state_.exception(input.exception);
  if (row == nullptr) {
    answer.code = Code::not_found;
    answer.text =
        "expected an open exception, but there is none with this id: it may be closed already";
    return {};
  }
  if (row->is_on_trial) {
    answer.code = Code::conflict;
    answer.text = "expected no trial under way, but one is: wait for its outcome";
    return {};
  }
  Fingerprint lane;
  if (row->is_parking) {
    const state::Delivery* delivery = state_.delivery(row->delivery);
    if (delivery != nullptr) {
      lane = delivery->lane;
      auto status = write(turn, state::DeliverySkipped{delivery->id, input.by, input.why});
      if (!status) return status;
    }
  }
  if (!row->join.empty()) {
    const std::string join = row->join;
    const std::string key = row->key;
    if (auto status = write(turn, state::JoinClosed{join, key, "resolved"}); !status) return status;
  }
  auto status =
      write(turn, state::ExceptionClosed{input.exception, "resolved", input.by, input.why});
  if (!status) return status;
  answer.is_done = true;
  answer.text = "resolved";
  return advance_lane(turn, lane);
}

// Only while the connector is paused: what its host has read ahead of the journal must not move the
// cursor again.
Status Partition::set_cursor(Turn& turn, const Command& input, CommandOutput& answer) {
  const ConnectorPlan* plan = graph_.connector(input.connector);
  const bool is_known = plan != nullptr && std::find(plan->sources.begin(), plan->sources.end(),
                                                     input.source) != plan->sources.end();
  const std::string connector(input.connector);
  if (!is_known) {
    answer.code = Code::not_found;
    answer.text = "expected a configured source, but connector '" + connector + "' has no '" +
                  std::string(input.source) + "'";
    return {};
  }
  const bool is_start = input.start == "now" || input.start == "all" ||
                        policy::has_format(policy::Format::date_time, input.start);
  if (input.cursor.empty() == input.start.empty() || (input.cursor.empty() && !is_start)) {
    answer.code = Code::invalid;
    answer.text = "expected either a cursor, or a start that is now, all or an RFC 3339 time";
    return {};
  }
  const state::ConnectorRow* row = state_.connector(connector);
  if (row == nullptr || row->flow == state::Flow::running) {
    answer.code = Code::conflict;
    answer.text = "expected a paused connector, but '" + connector +
                  "' runs: pause it, set the cursor, then resume it";
    return {};
  }
  state::CursorSet record;
  record.connector = input.connector;
  record.source = input.source;
  record.cursor = input.cursor;
  record.start = input.start;
  record.by = input.by;
  record.why = input.why;
  if (auto status = write(turn, record); !status) return status;
  leave(turn, ResetOutput{connector, "an operator moved its source " + std::string(input.source)});
  answer.is_done = true;
  answer.text = "set: it is read from there when the connector is resumed";
  return {};
}

Status Partition::set_flow(Turn& turn, const Command& input, CommandOutput& answer) {
  if (graph_.connector(input.connector) == nullptr) {
    answer.code = Code::not_found;
    answer.text =
        "expected a configured connector, but there is no '" + std::string(input.connector) + "'";
    return {};
  }
  const bool is_resume = input.verb == CommandVerb::resume;
  state::ConnectorFlowSet record;
  record.connector = input.connector;
  record.flow = is_resume                          ? state::Flow::running
                : input.verb == CommandVerb::pause ? state::Flow::paused
                                                   : state::Flow::draining;
  record.by = input.by;
  record.why = input.why;
  if (auto status = write(turn, record); !status) return status;
  leave(turn, FlowOutput{std::string(input.connector), is_resume ? wire::ControlVerb::resume
                                                       : input.verb == CommandVerb::pause
                                                           ? wire::ControlVerb::pause
                                                           : wire::ControlVerb::drain});
  answer.is_done = true;
  answer.text = is_resume ? "running"
                : input.verb == CommandVerb::pause
                    ? "paused: nothing is read or sent"
                    : "draining: nothing is read, what is open is sent";
  return {};
}

}  // namespace perennial::pipeline
