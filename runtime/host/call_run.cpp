#include "runtime/host/call_run.hpp"

#include <perennial/plugin.h>

#include <algorithm>

#include "runtime/base/limits.hpp"
#include "runtime/event/event.hpp"
#include "runtime/event/pack.hpp"
#include "runtime/host/event_maker.hpp"

namespace perennial::host {
namespace {

constexpr std::string_view skipped_code = "skipped_by_map";

// One rendered payload; a record of the boundary's own limit.
constexpr std::size_t payload_bytes_max = PERENNIAL_RECORD_BYTES_MAX;
// All follow-up events of one outcome; well below a frame.
constexpr std::size_t follow_up_bytes_max = std::size_t{1024} * 1024;

// What a delivery becomes when the plugin was surely not called for it.
std::uint32_t kind_when_unsent(wire::Verb verb) {
  switch (verb) {
    case wire::Verb::execute:
      return PERENNIAL_OUTCOME_REJECTED;
    case wire::Verb::lookup:
      return PERENNIAL_LOOKUP_CANNOT_TELL;
    case wire::Verb::poll:
    case wire::Verb::cancel:
      break;
  }
  return PERENNIAL_OUTCOME_UNKNOWN;
}

bool is_applied(const Finished& finished) {
  if (finished.verb == wire::Verb::lookup) return finished.answer.kind == PERENNIAL_LOOKUP_DONE;
  return finished.answer.kind == PERENNIAL_OUTCOME_DONE ||
         finished.answer.kind == PERENNIAL_OUTCOME_ALREADY_DONE;
}

void put(event::Packer& packer, std::string_view name, ByteView value) {
  packer.text(name);
  if (value.empty()) {
    packer.nil();
  } else {
    packer.raw(value);
  }
}

Bytes result_input(const wire::DispatchEntry& entry, ByteView payload, const Answer& answer) {
  Bytes input;
  event::Packer packer(input);
  packer.map(4);
  put(packer, "event", entry.event);
  put(packer, "payload", payload);
  put(packer, "receipt", answer.receipt);
  put(packer, "body", answer.body);
  return input;
}

}  // namespace

void CallRun::begin_step(std::int64_t budget_ms) {
  constexpr std::int64_t day_ms = 86'400'000;
  const std::int64_t ms = std::min(budget_ms, day_ms) + shared_.spec.tuning.grace_ms;
  due_us_.store(shared_.clock.monotonic_us() + ms * 1000);
}

bool CallRun::is_overdue(std::int64_t now_us) const {
  const Phase phase = phase_.load();
  const bool is_under_way = phase == Phase::mapping || phase == Phase::calling;
  return is_under_way && now_us > due_us_.load();
}

Finished CallRun::begun(const QueuedCall& call) const {
  Finished finished;
  finished.partition = call.partition;
  finished.delivery = call.entry.delivery;
  finished.attempt = call.entry.attempt;
  finished.verb = call.entry.verb;
  return finished;
}

Result<Bytes> CallRun::rendered_by_map(Mapper& mapper, const wire::DispatchEntry& entry) {
  if (auto status = mapper.prepare(entry.map_revision); !status) {
    return fail_within("map " + std::string(entry.map), status.error());
  }
  // Twice the bound of a run, because the watchdog stops a map only at its next look.
  begin_step(2 * shared_.spec.tuning.map_ms);
  auto outputs =
      mapper.run(entry.map, entry.map_revision, entry.event, RunBounds{1, payload_bytes_max});
  if (!outputs) return tl::unexpected(outputs.error());
  return outputs->empty() ? Bytes() : std::move(outputs->front());
}

void CallRun::render(Mapper& mapper) {
  finished_.reserve(calls_.size());
  rendered_.reserve(calls_.size());  // its texts are referred to
  for (const QueuedCall& call : calls_) {
    Finished& finished = finished_.emplace_back(begun(call));
    ByteView& payload = payloads_.emplace_back();
    if (call.entry.map.empty()) {
      payload = event::trusted_event(call.entry.event).data;
      continue;
    }
    finished.map_revision =
        call.entry.map_revision.empty() ? mapper.current_revision() : call.entry.map_revision;
    auto rendered = rendered_by_map(mapper, call.entry);
    const bool is_skipped = rendered && rendered->empty();
    if (is_skipped && call.entry.verb == wire::Verb::execute) {
      // `empty` is how a map says that this event asks for nothing.
      finished.answer.kind = PERENNIAL_OUTCOME_ALREADY_DONE;
      finished.answer.code = skipped_code;
      finished.answer.text = "skipped: map " + std::string(call.entry.map) + " gave nothing";
      continue;
    }
    if (is_skipped) rendered = fail(Code::invalid, "the map gave no payload to ask with");
    if (rendered) {
      payload = rendered_.emplace_back(std::move(*rendered));
      continue;
    }
    finished.answer.kind = kind_when_unsent(call.entry.verb);
    finished.answer.code = "mapping_failed";
    finished.answer.text = rendered.error().reason.substr(0, limits::reason_bytes_max);
  }
}

void CallRun::call_plugin() {
  std::vector<DeliveryCall> deliveries;
  std::vector<std::size_t> indexes;
  std::int64_t deadline_ms = INT64_MAX;
  for (std::size_t index = 0; index < calls_.size(); ++index) {
    if (finished_[index].answer.kind != 0) continue;
    const wire::DispatchEntry& entry = calls_[index].entry;
    deliveries.push_back({entry.key, entry.correlation, entry.traceparent, payloads_[index],
                          entry.token, entry.attempt});
    indexes.push_back(index);
    deadline_ms = std::min(deadline_ms, entry.deadline_ms);
  }
  if (deliveries.empty()) return;
  if (deadline_ms <= 0) deadline_ms = lane_.operation->deadline_ms;
  begin_step(deadline_ms);
  const OperationCall call{lane_.operation->name, &deliveries, shared_.clock.now_ms(), deadline_ms};
  auto answers = shared_.connector->call(calls_.front().entry.verb, call);
  for (std::size_t index = 0; index < indexes.size(); ++index) {
    finished_[indexes[index]].answer = std::move(answers[index]);
  }
}

void CallRun::map_results(Mapper& mapper) {
  if (lane_.operation->result_map.empty()) return;
  for (std::size_t index = 0; index < calls_.size(); ++index) {
    const Finished& finished = finished_[index];
    if (is_applied(finished) && finished.answer.code != skipped_code) map_result(mapper, index);
  }
}

void CallRun::map_result(Mapper& mapper, std::size_t index) {
  const wire::DispatchEntry& entry = calls_[index].entry;
  Finished& finished = finished_[index];
  const Bytes input = result_input(entry, payloads_[index], finished.answer);
  const std::string source = "perennial://" + shared_.spec.name + "/" + lane_.operation->name;
  const event::EventView cause = event::trusted_event(entry.event);
  begin_step(2 * shared_.spec.tuning.map_ms);
  Status status;
  const auto outputs = mapper.run(lane_.operation->result_map, finished.map_revision, input,
                                  RunBounds{limits::follow_ups_max, follow_up_bytes_max});
  if (!outputs) status = tl::unexpected(outputs.error());
  for (std::size_t number = 0; outputs && status && number < outputs->size(); ++number) {
    const std::string id = std::string(entry.key) + "/" + std::to_string(number + 1);
    auto made = complete_event((*outputs)[number],
                               {source, id, entry.correlation, true, cause.id, entry.traceparent});
    if (made) {
      finished.follow_ups.push_back(std::move(*made));
    } else {
      status = fail_within("map " + lane_.operation->result_map, made.error());
    }
  }
  if (status) return;
  // The effect is there whatever the map says: the outcome stands, and a person sees what is
  // missing.
  finished.follow_ups.clear();
  finished.operation = lane_.operation->name;
  finished.refusal = OwnedRefusal{
      "mapping_failed", status.error().reason.substr(0, limits::reason_bytes_max),
      std::string(entry.key), input.size() <= limits::event_bytes_max ? input : Bytes()};
}

std::vector<Finished> CallRun::run(Mapper& mapper) {
  render(mapper);
  if (!move(Phase::mapping, Phase::calling)) return {};
  call_plugin();
  map_results(mapper);
  return std::move(finished_);
}

bool CallRun::finish() {
  return move(Phase::calling, Phase::finished);
}

std::vector<Finished> CallRun::abandon() {
  const bool is_unsent = move(Phase::mapping, Phase::abandoned);
  if (!is_unsent && !move(Phase::calling, Phase::abandoned)) return {};
  std::vector<Finished> all;
  for (const QueuedCall& call : calls_) {
    Finished& finished = all.emplace_back(begun(call));
    finished.answer.kind = is_unsent ? kind_when_unsent(call.entry.verb)
                           : call.entry.verb == wire::Verb::lookup
                               ? static_cast<std::uint32_t>(PERENNIAL_LOOKUP_CANNOT_TELL)
                               : static_cast<std::uint32_t>(PERENNIAL_OUTCOME_UNKNOWN);
    finished.answer.code = is_unsent ? "mapping_failed" : "deadline_passed";
    finished.answer.text = is_unsent
                               ? "expected the map to end within its time, but it did not; nothing "
                                 "was sent"
                               : "expected the plugin to return within its deadline of " +
                                     std::to_string(call.entry.deadline_ms) + " ms, but it did not";
    finished.map_revision = call.entry.map_revision;
    finished.answer.token = call.entry.token;
  }
  return all;
}

}  // namespace perennial::host
