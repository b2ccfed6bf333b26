// What an answer of a connector means for its delivery.
#include <algorithm>

#include "runtime/base/limits.hpp"
#include "runtime/pipeline/controls.hpp"
#include "runtime/pipeline/outcome.hpp"
#include "runtime/pipeline/partition.hpp"

namespace perennial::pipeline {
namespace {

using state::DeliveryStatus;

// Waits where the remote gave none.
constexpr TimeMs throttled_wait_ms = 1'000;
constexpr TimeMs pending_wait_ms = 2'000;
// A connection that failed: 250 ms, doubling, at most 30 s; after this many failures in a row a
// person is told.
constexpr TimeMs connection_wait_ms_min = 250;
constexpr TimeMs connection_wait_ms_max = 30'000;
constexpr std::uint32_t connection_failures_quiet = 8;
// Lookups without an answer before a person is asked.
constexpr std::uint32_t lookups_max = 40;
constexpr TimeMs lookup_wait_ms_min = 250;
constexpr TimeMs lookup_wait_ms_max = 30'000;
// A second look at a settled delivery whose earlier attempt was believed absent: after several
// times the time that the remote says it needs to show an effect.
constexpr TimeMs confirm_settles = 10;
constexpr TimeMs confirm_wait_ms_min = 10'000;
constexpr std::uint32_t confirm_lookups_max = 10;

TimeMs doubling(TimeMs first, TimeMs last, std::uint32_t times) {
  TimeMs wait = first;
  while (times-- > 0 && wait < last) wait *= 2;
  return std::min(wait, last);
}

std::string_view clipped(std::string_view text) {
  return text.substr(0, limits::reason_bytes_max);
}

}  // namespace

Status Partition::on_outcomes(Turn& turn, const OutcomesArrived& input) {
  const state::ConnectorRow* row = state_.connector(input.connector);
  const bool is_live = row != nullptr && row->epoch == input.epoch;
  const Answering from{input.connector, input.epoch, is_live, connection(input.connector)};
  for (const wire::OutcomeEntry& entry : input.frame->entries) {
    if (auto status = on_outcome(turn, from, entry); !status) return status;
  }
  return pump_all(turn);
}

Status Partition::on_outcome(Turn& turn, const Answering& from, const wire::OutcomeEntry& entry) {
  const state::Delivery* delivery = entry.delivery != 0
                                        ? state_.delivery(entry.delivery)
                                        : state_.delivery_of_token(from.connector, entry.token);
  const bool is_question = entry.verb == wire::Verb::lookup || entry.verb == wire::Verb::poll;
  if (is_question) {
    const auto asked = asked_.find(entry.delivery);
    const bool is_asked = from.is_live && asked != asked_.end() && asked->second.verb == entry.verb;
    if (!is_asked) return {};  // an answer to a question that nobody asked changes nothing
    asked_.erase(asked);
    --from.link.in_flight;
    return delivery == nullptr ? Status{} : settle_question(turn, *delivery, entry);
  }
  const bool is_by_token = entry.delivery == 0 && delivery != nullptr;
  if (is_by_token) {
    // The token is of an attempt before the one under way, which gives an answer of its own.
    if (delivery->status == DeliveryStatus::started) return {};
    return settle_attempt(turn, *delivery, entry);
  }
  const bool is_current = from.is_live && delivery != nullptr &&
                          delivery->status == DeliveryStatus::started &&
                          delivery->attempt == entry.attempt && delivery->epoch == from.epoch;
  if (!is_current) return late(turn, delivery, entry);
  --from.link.in_flight;
  return settle_attempt(turn, *delivery, entry);
}

Status Partition::settle_question(Turn& turn, const state::Delivery& delivery,
                                  const wire::OutcomeEntry& entry) {
  const bool is_lookup = entry.verb == wire::Verb::lookup;
  if (is_lookup && delivery.status == DeliveryStatus::confirming) {
    return settle_confirm(turn, delivery, entry);
  }
  if (is_lookup && delivery.status == DeliveryStatus::uncertain) {
    return settle_lookup(turn, delivery, entry);
  }
  if (!is_lookup && delivery.status == DeliveryStatus::pending) {
    return settle_attempt(turn, delivery, entry);
  }
  // It moved on while the remote was asked, and had to wait for this.
  enlist(turn, delivery);
  return {};
}

Status Partition::settle_attempt(Turn& turn, const state::Delivery& delivery,
                                 const wire::OutcomeEntry& entry) {
  const Outcome outcome = outcome_of(entry.kind);
  const bool is_reached = outcome != Outcome::not_connected && outcome != Outcome::unauthorized &&
                          outcome != Outcome::unknown;
  if (is_reached) {
    if (auto status = connection_worked(turn, state_.text(delivery.connector)); !status)
      return status;
  }
  switch (outcome) {
    case Outcome::done:
      return done(turn, delivery, entry, state::Settled::done);
    case Outcome::already_done:
      return done(turn, delivery, entry, state::Settled::already_done);
    case Outcome::rejected:
      return park(turn, delivery, state::cause_rejected, entry.code, clipped(entry.text), {});
    case Outcome::try_again:
      return try_later(turn, delivery, entry, "try_again");
    case Outcome::throttled: {
      const TimeMs due = turn.now + (entry.after_ms >= 0 ? entry.after_ms : throttled_wait_ms);
      hold(turn, state_.text(delivery.connector), due);
      return defer(turn, delivery, entry, "throttled", due, false);
    }
    case Outcome::unauthorized:
      return connection_failed(turn, delivery, entry, "unauthorized");
    case Outcome::not_connected:
      return connection_failed(turn, delivery, entry, "not_connected");
    case Outcome::pending: {
      state::DeliveryPending record;
      record.delivery = delivery.id;
      record.attempt = delivery.attempt;
      record.token = entry.token;
      record.due = turn.now + (entry.after_ms >= 0 ? entry.after_ms : pending_wait_ms);
      if (auto status = write(turn, record); !status) return status;
      enlist(turn, *state_.delivery(delivery.id));
      return {};
    }
    case Outcome::unknown:
    case Outcome::unlisted:
      return in_doubt(turn, delivery, entry, turn.now);
  }
  return in_doubt(turn, delivery, entry, turn.now);
}

Status Partition::done(Turn& turn, const state::Delivery& delivery, const wire::OutcomeEntry& entry,
                       state::Settled how) {
  const OperationPlan& plan = plan_of(delivery);
  const Fingerprint lane = delivery.lane;
  const Position trial = delivery.exception;
  // Interned names stand; the correlation goes with the event, which may be the last one's here.
  const std::string_view connector = state_.text(delivery.connector);
  const std::string_view operation = state_.text(delivery.operation);
  const std::string correlation(entry.follow_ups.empty() ? "" : correlation_of(delivery));
  state::DeliveryDone record;
  record.delivery = delivery.id;
  record.attempt = delivery.attempt;
  record.how = how;
  record.receipt = entry.receipt;
  record.text = clipped(entry.text);
  if (delivery.was_absent && plan.has_lookup) {
    record.confirm_due = turn.now + std::max(confirm_wait_ms_min, confirm_settles * plan.settle_ms);
  }
  const Position id = delivery.id;
  if (auto status = write(turn, record); !status) return status;
  ++counters_.deliveries_done;
  if (record.confirm_due != 0) enlist(turn, *state_.delivery(id));
  if (trial != 0) {
    auto status = write(
        turn, state::ExceptionClosed{trial, "succeeded", "runtime", "the delivery was applied"});
    if (!status) return status;
  }
  for (ByteView bytes : entry.follow_ups) {
    IngestVerdict verdict = IngestVerdict::accepted;
    Refused refused;
    auto status = accept(turn, {connector, operation, bytes, correlation}, verdict, refused);
    if (!status) return status;
    if (verdict != IngestVerdict::refused) continue;
    if (status = refuse(turn, connector, operation, refused); !status) return status;
  }
  return advance_lane(turn, lane);
}

Status Partition::advance_lane(Turn& turn, const Fingerprint& lane) {
  if (!lane.is_set()) return {};
  if (const state::Delivery* head = state_.lane_head(lane)) enlist(turn, *head);
  return {};
}

Status Partition::defer(Turn& turn, const state::Delivery& delivery,
                        const wire::OutcomeEntry& entry, std::string_view cause, TimeMs due,
                        bool is_counted, std::uint32_t generation) {
  state::DeliveryDeferred record;
  record.delivery = delivery.id;
  record.attempt = delivery.attempt;
  record.cause = cause;
  record.code = entry.code;
  record.text = clipped(entry.text);
  record.due = due;
  record.tries = delivery.tries + (is_counted ? 1 : 0);
  record.map_revision = entry.map_revision;
  record.generation = generation;
  const Position id = delivery.id;
  if (auto status = write(turn, record); !status) return status;
  ++counters_.deliveries_deferred;
  enlist(turn, *state_.delivery(id));
  return {};
}

// Another attempt that counts, or a person when there were enough.
Status Partition::try_later(Turn& turn, const state::Delivery& delivery,
                            const wire::OutcomeEntry& entry, std::string_view cause,
                            std::uint32_t generation) {
  const ConnectorPlan* plan = graph_.connector(state_.text(delivery.connector));
  const policy::RetryPolicy retry = plan == nullptr ? policy::RetryPolicy{} : plan->retry;
  const std::uint32_t tries = delivery.tries + 1;
  if (policy::is_exhausted(retry, tries)) {
    const std::string text = "expected success within " + std::to_string(retry.tries_max) +
                             " attempts, but the last answer was: " + std::string(entry.text);
    return park(turn, delivery, "retries_exhausted", entry.code, clipped(text), {});
  }
  const TimeMs wait =
      std::max<TimeMs>(entry.after_ms, policy::backoff(retry, delivery.tries, random_));
  return defer(turn, delivery, entry, cause, turn.now + wait, true, generation);
}

// The attempt may have been applied, or may still be until it is `over`. What happens next depends on
// what makes a second send safe.
Status Partition::in_doubt(Turn& turn, const state::Delivery& delivery,
                           const wire::OutcomeEntry& entry, TimeMs over) {
  ++counters_.deliveries_uncertain;
  const OperationPlan& plan = plan_of(delivery);
  if (controls().skips_lookup) return try_later(turn, delivery, entry, state::cause_absent);
  const bool is_resend_safe =
      plan.idempotency == Idempotency::key || plan.idempotency == Idempotency::natural;
  // A remote that keeps failures answers one key with the same failure for ever: after a second
  // doubtful answer under one key it is asked what is true.
  const bool is_perhaps_kept = plan.caches_failures && plan.has_lookup && delivery.doubt_since != 0;
  if (is_resend_safe && !is_perhaps_kept) {
    wire::OutcomeEntry answer = entry;
    // If the lane went on before it is over, it could land late and undo what was stated since.
    const bool must_wait = plan.idempotency == Idempotency::natural;
    if (must_wait) answer.after_ms = std::max(answer.after_ms, over - turn.now);
    return try_later(turn, delivery, answer, state::cause_in_doubt);
  }
  if (!plan.has_lookup) {
    return park(
        turn, delivery, "outcome_unknown", entry.code,
        "expected an answer, but it was lost, and the operation has neither idempotency nor "
        "lookup: find out by hand, then retry or resolve",
        {});
  }
  state::DeliveryUncertain record;
  record.delivery = delivery.id;
  record.attempt = delivery.attempt;
  record.code = entry.code;
  record.text = clipped(entry.text);
  // Nothing may be concluded from absence while the attempt can still land and become visible.
  record.due = over + plan.settle_ms;
  record.map_revision = entry.map_revision;
  const Position id = delivery.id;
  if (auto status = write(turn, record); !status) return status;
  enlist(turn, *state_.delivery(id));
  return {};
}

Status Partition::settle_lookup(Turn& turn, const state::Delivery& delivery,
                                const wire::OutcomeEntry& entry) {
  switch (lookup_of(entry.kind)) {
    case Lookup::done:
      return done(turn, delivery, entry, state::Settled::found);
    case Lookup::absent:
      return send_again(turn, delivery, entry);
    case Lookup::several:
      return park(
          turn, delivery, "possible_double", entry.code,
          "expected at most one effect under this key, but the remote has several: decide which "
          "one stays, then resolve",
          entry.receipt);
    case Lookup::in_progress:
    case Lookup::cannot_tell:
    case Lookup::unlisted:
      break;
  }
  if (delivery.lookups + 1 >= lookups_max) {
    const std::string text = "expected the remote to say what became of the attempt, but after " +
                             std::to_string(lookups_max) + " lookups: " + std::string(entry.text);
    return park(turn, delivery, "outcome_unknown", entry.code, clipped(text), {});
  }
  return ask_again(turn, delivery, entry);
}

// Proven absent. The same key is safest; where the remote keeps failures it would be answered with
// the failure again, so a new key follows, but not while an attempt under the old one may still run.
Status Partition::send_again(Turn& turn, const state::Delivery& delivery,
                             const wire::OutcomeEntry& entry) {
  const OperationPlan& plan = plan_of(delivery);
  const bool keeps_failures = plan.idempotency == Idempotency::key && plan.caches_failures;
  if (!keeps_failures) return try_later(turn, delivery, entry, state::cause_absent);
  const TimeMs surely_over = delivery.deadline + plan.settle_ms;
  if (turn.now < surely_over) return ask_again(turn, delivery, entry, surely_over);
  return try_later(turn, delivery, entry, state::cause_absent, delivery.generation + 1);
}

Status Partition::ask_again(Turn& turn, const state::Delivery& delivery,
                            const wire::OutcomeEntry& entry, TimeMs not_before) {
  state::DeliveryUncertain record;
  record.delivery = delivery.id;
  record.attempt = delivery.attempt;
  record.code = entry.code;
  record.text = clipped(entry.text);
  record.lookups = delivery.lookups + 1;
  const TimeMs wait = doubling(lookup_wait_ms_min, lookup_wait_ms_max, delivery.lookups);
  record.due = std::max(turn.now + std::max(wait, entry.after_ms), not_before);
  const Position id = delivery.id;
  if (auto status = write(turn, record); !status) return status;
  enlist(turn, *state_.delivery(id));
  return {};
}

// The second look at a settled delivery.
Status Partition::settle_confirm(Turn& turn, const state::Delivery& delivery,
                                 const wire::OutcomeEntry& entry) {
  const Lookup answer = lookup_of(entry.kind);
  // Asked under the key of the absent attempt: what is found is a second effect. Under the one key
  // of both, nothing found means that the remote does not show yet what it has done.
  const bool is_single = delivery.was_renewed ? answer == Lookup::absent : answer == Lookup::done;
  const bool is_double =
      answer == Lookup::several || (delivery.was_renewed && answer == Lookup::done);
  const bool is_answered = is_single || is_double;
  if (!is_answered && delivery.lookups + 1 < confirm_lookups_max) {
    return ask_again(turn, delivery, entry);
  }
  if (!is_single) {
    state::ExceptionOpened record;
    const Owner owner = graph_.owner_of("possible_double", state_.text(delivery.connector),
                                        state_.text(delivery.operation));
    record.cause = "possible_double";
    record.connector = state_.text(delivery.connector);
    record.operation = state_.text(delivery.operation);
    const std::string correlation(correlation_of(delivery));
    record.correlation = correlation;
    record.owner = owner.name;
    record.due = turn.now + owner.due_ms;
    record.code = entry.code;
    record.text = is_double
                      ? "an earlier attempt, believed absent, landed after its settling time: the "
                        "remote has both; decide which one stays, then resolve"
                      : "an earlier attempt was believed absent, and the remote does not say "
                        "whether it landed too: look there, then resolve";
    record.delivery = delivery.id;
    record.body = is_double ? entry.receipt : ByteView(delivery.receipt);
    ++counters_.exceptions_opened;
    if (auto status = write(turn, record); !status) return status;
  }
  return write(turn, state::DeliveryConfirmed{delivery.id});
}

// The connection, not the delivery, is at fault: nobody's attempts are used up, and one incident
// stands for all.
Status Partition::connection_failed(Turn& turn, const state::Delivery& delivery,
                                    const wire::OutcomeEntry& entry, std::string_view cause) {
  const std::string connector(state_.text(delivery.connector));
  Connection& link = connection(connector);
  const TimeMs wait = doubling(connection_wait_ms_min, connection_wait_ms_max, link.failures);
  const TimeMs due = turn.now + std::max(wait, entry.after_ms);
  // Many deliveries fail together when a connection breaks: that is one failure.
  if (link.held_until <= turn.now) ++link.failures;
  hold(turn, connector, due);
  if (auto status = defer(turn, delivery, entry, cause, due, false); !status) return status;
  if (link.failures < connection_failures_quiet) return {};
  const bool is_refused = cause == "unauthorized";
  const std::string_view incident = is_refused ? "connector_unauthorized" : "connector_unreachable";
  if (state_.exception_of_group(std::string(incident) + "|" + connector + "||") != nullptr)
    return {};
  return open_incident(turn, incident, connector, {}, entry.code, clipped(entry.text), {});
}

Status Partition::connection_worked(Turn& turn, std::string_view connector) {
  Connection& link = connection(connector);
  if (link.failures == 0) return {};
  link.failures = 0;
  if (auto status = close_incident(turn, "connector_unauthorized", connector, {}); !status)
    return status;
  return close_incident(turn, "connector_unreachable", connector, {});
}

// An answer to an attempt that is over. It is written down; what it proves is used.
Status Partition::late(Turn& turn, const state::Delivery* delivery,
                       const wire::OutcomeEntry& entry) {
  ++counters_.outcomes_late;
  const Outcome outcome = outcome_of(entry.kind);
  state::OutcomeLate record;
  record.delivery = entry.delivery;
  record.attempt = entry.attempt;
  record.kind = name_of(outcome);
  record.code = entry.code;
  record.receipt = entry.receipt;
  if (auto status = write(turn, record); !status) return status;
  if (outcome != Outcome::done) return {};
  const bool is_waiting = delivery != nullptr && (delivery->status == DeliveryStatus::uncertain ||
                                                  delivery->status == DeliveryStatus::scheduled);
  if (is_waiting) return done(turn, *delivery, entry, state::Settled::found);
  return open_incident(
      turn, "possible_double",
      delivery == nullptr ? std::string_view() : state_.text(delivery->connector),
      delivery == nullptr ? std::string_view() : state_.text(delivery->operation), entry.code,
      "an attempt that was given up answered 'done' after another one was made: look at "
      "the remote which ones stand, then resolve",
      entry.receipt);
}

}  // namespace perennial::pipeline
