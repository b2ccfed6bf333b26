#include "tests/simulation/remote.hpp"

#include <algorithm>

namespace perennial::simulation {

using pipeline::Idempotency;
using pipeline::Lookup;
using pipeline::Outcome;

namespace {

constexpr std::uint32_t number_of(Outcome outcome) {
  return static_cast<std::uint32_t>(outcome);
}
constexpr std::uint32_t number_of(Lookup lookup) {
  return static_cast<std::uint32_t>(lookup);
}

}  // namespace

Remote::Remote(Clockwork& clock, const Estate& estate) : clock_(clock) {
  const auto follow = [&](const std::string& connector, const std::string& correlation,
                          const std::string& event) {
    const std::string lane = connector + "/" + correlation;
    ordinals_[connector + "/" + event] = {lane, lanes_[lane].size()};
    lanes_[lane].push_back(event);
  };
  for (const Duty& duty : estate.duties_of_sources()) {
    const bool has_order = duty.connector == "erp" || duty.operation == "note";
    if (has_order) follow(duty.connector, duty.correlation, duty.event);
  }
}

void Remote::check_order(const RemoteCall& call) {
  const auto found = ordinals_.find(call.connector + "/" + call.event);
  // When the clock jumps over the deadline of a call, nobody knows that it is still under way.
  const bool is_jumped = clock_.last_forward() >= call.begun;
  if (found == ordinals_.end()) return;
  const auto& [lane, place] = found->second;
  std::size_t& reached = reached_[lane];
  const auto& events = lanes_[lane];
  while (reached < place && pardoned_.contains(call.connector + "/" + events[reached])) ++reached;
  if (is_jumped) {
    reached = std::max(reached, place + 1);
  } else if (place + 1 < reached) {
    clock_.violate("order: " + place_of(call) + " was applied again after " + events[reached - 1]);
  } else if (place > reached) {
    clock_.violate("order: " + place_of(call) + " was applied before " + events[reached]);
  }
  reached = std::max(reached, place + 1);
}

void Remote::apply(const RemoteCall& call) {
  check_order(call);
  auto& all = applied_[place_of(call)];
  events_[call.connector + "/" + call.operation + "/" + call.correlation].insert(call.event);
  keys_[call.operation + "/" + call.key].emplace_back(clock_.now(), call.event);
  const auto& shape = shape_of(call.connector, call.operation);
  if (!all.empty() && shape.idempotency != Idempotency::natural) {
    TimeMs first = call.begun;
    for (const Applied& one : all) first = std::min(first, one.begun);
    doubles_.push_back({call.connector, call.operation, call.correlation, call.event, first});
  }
  const TimeMs hidden = shape.has_lookup ? clock_.between(0, settle_ms - 100) : 0;
  all.push_back({call.key, call.begun, clock_.now(), clock_.now() + hidden});
}

bool Remote::knows(const RemoteCall& call) const {
  return keys_.contains(call.operation + "/" + call.key) || work_.contains("token-" + call.key);
}

// As remotes with keys do: a refusal is given again for its key, and never after a success.
void Remote::refuse(const RemoteCall& call) {
  refused_.insert(call.operation + "/" + call.event);
  if (shape_of(call.connector, call.operation).idempotency == Idempotency::key) {
    refused_keys_.insert(call.key);
  }
}

RemoteAnswer Remote::execute(const RemoteCall& call, bool may_be_pending) {
  const auto& shape = shape_of(call.connector, call.operation);
  if (refuses(call)) return {number_of(Outcome::rejected), {}};
  if (shape.idempotency == Idempotency::key) {
    const auto known = keys_.find(call.operation + "/" + call.key);
    const bool is_known =
        known != keys_.end() && clock_.now() - known->second.back().first <= shape.key_window_ms;
    if (is_known) return {number_of(Outcome::already_done), {}};
    const std::string token = "token-" + call.key;
    const auto work = work_.find(token);
    const bool is_under_way = work != work_.end() && !work->second.is_applied;
    if (is_under_way) return {number_of(Outcome::pending), token};
    if (may_be_pending) {
      work_[token] = {call, false, false};
      clock_.after(clock_.between(100, 8'000), [this, token] {
        Work& done = work_[token];
        apply(done.call);
        done.is_applied = true;
      });
      return {number_of(Outcome::pending), token};
    }
  }
  apply(call);
  return {number_of(Outcome::done), {}};
}

RemoteAnswer Remote::lookup(const RemoteCall& call) const {
  std::size_t seen = 0;
  const auto found = applied_.find(place_of(call));
  if (found != applied_.end()) {
    for (const Applied& one : found->second) {
      if (one.visible <= clock_.now() && one.key == call.key) ++seen;
    }
  }
  const auto work = work_.find("token-" + call.key);
  const bool is_under_way = work != work_.end() && !work->second.is_applied;
  if (is_under_way) return {number_of(Lookup::in_progress), {}};
  if (seen == 0) return {number_of(Lookup::absent), {}};
  return {number_of(seen == 1 ? Lookup::done : Lookup::several), {}};
}

RemoteAnswer Remote::poll(const std::string& token) const {
  const auto found = work_.find(token);
  if (found == work_.end()) return {number_of(Outcome::unknown), {}};
  return {number_of(found->second.is_applied ? Outcome::done : Outcome::pending), token};
}

std::vector<std::string> Remote::take_finished() {
  std::vector<std::string> tokens;
  for (auto& [token, work] : work_) {
    if (!work.is_applied || work.is_told) continue;
    work.is_told = true;
    tokens.push_back(token);
  }
  return tokens;
}

std::size_t Remote::applied(std::string_view connector, std::string_view operation,
                            const std::string& event) const {
  const auto found =
      applied_.find(std::string(connector) + "/" + std::string(operation) + "/" + event);
  return found == applied_.end() ? 0 : found->second.size();
}

std::size_t Remote::applied_for(std::string_view connector, std::string_view operation,
                                const std::string& correlation) const {
  const auto found =
      events_.find(std::string(connector) + "/" + std::string(operation) + "/" + correlation);
  if (found == events_.end()) return 0;
  return found->second.size();
}

}  // namespace perennial::simulation
