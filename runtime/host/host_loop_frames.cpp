// What goes over the wire in both directions: the frames' side of the host's loop.
#include <perennial/plugin.h>

#include "runtime/host/host_loop.hpp"
#include "runtime/wire/routing.hpp"

namespace perennial::host {
namespace {

constexpr std::size_t outcomes_max = 4096;
constexpr std::size_t outcome_bytes_max = std::size_t{2} * 1024 * 1024;

wire::OutcomeEntry borrow(const Finished& finished) {
  wire::OutcomeEntry entry;
  entry.delivery = finished.delivery;
  entry.attempt = finished.attempt;
  entry.verb = finished.verb;
  entry.kind = finished.answer.kind;
  entry.after_ms = finished.answer.after_ms;
  entry.code = finished.answer.code;
  entry.text = finished.answer.text;
  entry.receipt = finished.answer.receipt;
  entry.token = finished.answer.token;
  entry.map_revision = finished.map_revision;
  entry.follow_ups.assign(finished.follow_ups.begin(), finished.follow_ups.end());
  return entry;
}

std::size_t bytes_of(const wire::OutcomeEntry& entry) {
  std::size_t bytes = 64 + entry.code.size() + entry.text.size() + entry.receipt.size();
  for (ByteView event : entry.follow_ups) bytes += event.size();
  return bytes;
}

wire::WebhookAnswer borrow(const WebhookDone& done) {
  wire::WebhookAnswer answer;
  answer.request = done.request;
  answer.result = done.result.result;
  answer.status = done.result.status;
  answer.content_type = done.result.content_type;
  answer.body = done.result.body;
  answer.text = done.result.explanation.text;
  return answer;
}

}  // namespace

void ConnectorHost::Loop::on_frame(std::size_t partition, const wire::Frame& frame,
                                   const std::shared_ptr<const Bytes>& bytes) {
  if (!failure_) return;
  failure_ = on_body(partition, frame, bytes);
}

Status ConnectorHost::Loop::on_body(std::size_t partition, const wire::Frame& frame,
                                    const std::shared_ptr<const Bytes>& bytes) {
  if (const auto* welcome = std::get_if<wire::Welcome>(&frame.body)) {
    on_welcome(partition, *welcome);
  } else if (const auto* dispatch = std::get_if<wire::Dispatch>(&frame.body)) {
    on_dispatch(partition, *dispatch, bytes);
  } else if (const auto* events = std::get_if<wire::EventsDurable>(&frame.body)) {
    return book_.events_durable(partition, events->source, events->batch);
  } else if (const auto* cursor = std::get_if<wire::CursorDurable>(&frame.body)) {
    return book_.cursor_durable(cursor->source, cursor->batch);
  } else if (const auto* request = std::get_if<wire::WebhookRequest>(&frame.body)) {
    control_->receive(partition, *request);
  } else if (const auto* control = std::get_if<wire::Control>(&frame.body)) {
    on_control(partition, *control);
  } else if (!std::holds_alternative<wire::Heartbeat>(frame.body)) {
    return fail(Code::corrupted, "expected a frame for a host, but a " +
                                     std::string(wire::name_of(wire::kind_of(frame.body))) +
                                     " frame came");
  }
  return {};
}

void ConnectorHost::Loop::on_welcome(std::size_t partition, const wire::Welcome& welcome) {
  if (welcome.is_paused) paused_by_.insert(partition);
  for (const wire::SourceStart& start : welcome.sources) {
    const std::size_t home =
        wire::home_partition(shared_->spec.name, start.source, shared_->partitions());
    if (home != partition) continue;
    starts_[std::string(start.source)] = {Bytes(start.cursor), std::string(start.start)};
  }
  if (!links_.is_open()) return;
  restarts_in_row_ = 0;
  ++generation_;
  for (const auto& source : sources_) {
    const auto begin = starts_.find(source->name());
    source->set_paused(!paused_by_.empty());
    source->open(generation_, begin == starts_.end() ? SourceBegin{} : begin->second);
  }
  shared_->log(PERENNIAL_LEVEL_DEBUG, "connected to every partition");
}

void ConnectorHost::Loop::on_dispatch(std::size_t partition, const wire::Dispatch& dispatch,
                                      const std::shared_ptr<const Bytes>& bytes) {
  std::vector<QueuedCall> calls;
  std::vector<Finished> refused;
  calls.reserve(dispatch.entries.size());
  for (const wire::DispatchEntry& entry : dispatch.entries) {
    if (stop_due_us_ == 0 && pool_->queue().knows(entry.operation)) {
      calls.push_back({bytes, partition, entry});
      continue;
    }
    Finished& finished = refused.emplace_back();
    finished.partition = partition;
    finished.delivery = entry.delivery;
    finished.attempt = entry.attempt;
    finished.verb = entry.verb;
    finished.answer.token = entry.token;
    finished.answer.code = stop_due_us_ == 0 ? "unknown_operation" : "host_stopping";
    finished.answer.text = stop_due_us_ == 0
                               ? "expected an operation of plugin " + shared_->manifest.id +
                                     ", but '" + std::string(entry.operation) + "' is none"
                               : "the host stopped before this was sent";
    finished.answer.kind =
        entry.verb == wire::Verb::lookup ? static_cast<std::uint32_t>(PERENNIAL_LOOKUP_CANNOT_TELL)
        : stop_due_us_ == 0              ? static_cast<std::uint32_t>(PERENNIAL_OUTCOME_REJECTED)
                            : static_cast<std::uint32_t>(PERENNIAL_OUTCOME_NOT_CONNECTED);
  }
  if (!refused.empty()) shared_->outbox.post(std::move(refused));
  if (!calls.empty()) pool_->queue().push(std::move(calls));
}

void ConnectorHost::Loop::set_paused(std::size_t partition, bool is_paused) {
  if (is_paused) {
    paused_by_.insert(partition);
  } else {
    paused_by_.erase(partition);
  }
  for (const auto& source : sources_) source->set_paused(!paused_by_.empty());
}

void ConnectorHost::Loop::on_control(std::size_t partition, const wire::Control& control) {
  switch (control.verb) {
    case wire::ControlVerb::pause:
    case wire::ControlVerb::drain:
      // Draining is the partition's: it sends nothing new, and what is here ends.
      return set_paused(partition, true);
    case wire::ControlVerb::resume:
      return set_paused(partition, false);
    case wire::ControlVerb::stop:
      stop_reason_ = "the runtime asked this host to stop";
      is_stop_asked_ = true;
      return;
    case wire::ControlVerb::check:
      return control_->check(partition, control.request);
  }
}

Status ConnectorHost::Loop::send_outgoing() {
  for (Outgoing& outgoing : shared_->outbox.drain()) {
    if (auto status = send_one(outgoing); !status) return status;
  }
  return send_outcomes();
}

Status ConnectorHost::Loop::send_one(Outgoing& outgoing) {
  if (auto* finished = std::get_if<std::vector<Finished>>(&outgoing)) {
    // Usually all of one call are of one partition, and nothing waits there.
    std::vector<Finished>& first = outcomes_[finished->front().partition];
    if (outcomes_.size() == 1 && first.empty()) {
      first = std::move(*finished);
      return {};
    }
    for (Finished& one : *finished) outcomes_[one.partition].push_back(std::move(one));
    return {};
  }
  if (auto* round = std::get_if<std::shared_ptr<Round>>(&outgoing)) {
    const bool is_stale = !(*round)->webhook && (*round)->generation != generation_;
    if (is_stale || !links_.is_open()) return {};
    // Outcomes that settled a token come before the answer to the webhook that brought it.
    if (auto status = send_outcomes(); !status) return status;
    return book_.begin(std::move(*round));
  }
  if (const auto* report = std::get_if<OwnedReport>(&outgoing)) return send_report(*report);
  return send_health(std::get<HealthDone>(outgoing));
}

// Everything of a turn together: a frame and its record cost more than an outcome in it.
Status ConnectorHost::Loop::send_outcomes() {
  for (std::size_t partition = 0; partition < outcomes_.size(); ++partition) {
    // Kept until the partition welcomes this host again; it then counts as late.
    if (outcomes_[partition].empty() || !links_.is_welcomed(partition)) continue;
    const auto finished = std::exchange(outcomes_[partition], {});
    if (auto status = send_finished(finished); !status) return status;
  }
  return {};
}

Status ConnectorHost::Loop::send_finished(const std::vector<Finished>& finished) {
  const std::size_t partition = finished.front().partition;
  wire::Outcomes frame;
  std::size_t bytes = 0;
  for (const Finished& one : finished) {
    if (one.refusal) {
      // Before its outcome, so that the one is never durable without the other.
      auto status = book_.refuse(partition, one.operation, *one.refusal);
      if (!status) return status;
    }
    bytes += bytes_of(frame.entries.emplace_back(borrow(one)));
    if (frame.entries.size() < outcomes_max && bytes < outcome_bytes_max) continue;
    if (auto status = links_.send(partition, frame); !status) return status;
    frame.entries.clear();
    bytes = 0;
  }
  if (frame.entries.empty()) return {};
  return links_.send(partition, frame);
}

Status ConnectorHost::Loop::send_report(const OwnedReport& report) {
  const std::size_t home =
      wire::home_partition(shared_->spec.name, report.source, shared_->partitions());
  if (!links_.is_welcomed(home)) return {};
  wire::SourceReport frame;
  frame.source = report.source;
  frame.result = report.result;
  frame.code = report.explanation.code;
  frame.text = report.explanation.text;
  frame.gap_from = report.explanation.gap_from;
  frame.gap_to = report.explanation.gap_to;
  return links_.send(home, frame);
}

Status ConnectorHost::Loop::send_health(const HealthDone& done) {
  if (!links_.is_welcomed(done.partition)) return {};
  wire::Health frame;
  frame.request = done.request;
  for (const HealthFinding& finding : done.findings) {
    frame.findings.push_back({finding.level, finding.name, finding.text});
  }
  return links_.send(done.partition, frame);
}

void ConnectorHost::Loop::on_round_durable(const Round& round) {
  if (round.webhook) {
    if (!links_.is_welcomed(round.webhook->partition)) return;
    auto status = links_.send(round.webhook->partition, borrow(*round.webhook));
    if (!status && failure_) failure_ = status;
    return;
  }
  for (const auto& source : sources_) {
    if (source->name() == round.source) source->round_durable(round);
  }
}

}  // namespace perennial::host
