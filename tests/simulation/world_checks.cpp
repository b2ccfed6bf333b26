// What must hold when a world has settled, judged by the facts and by the remotes.
#include "tests/simulation/world.hpp"

namespace perennial::simulation {

void World::check() {
  runtime_.compare();
  check_refusals();
  check_bounds();
  check_doubles();
  const auto excused = excuses();
  for (const Duty& duty : estate_.duties_of_sources()) {
    // While an operation is not configured, nothing asks for it.
    if (profile_.has_removal && duty.operation == "notify") continue;
    check_duty(duty, excused);
  }
  for (const std::size_t index : accepted_posts_) {
    check_duty(Estate::duty_of_post(estate_.posts()[index]), excused);
  }
  runtime_.check_flips(4);
}

// Correlations in which a person settled something or still has something to look at.
std::set<std::string> World::excuses() const {
  std::set<std::string> excused = operator_.settled_by_hand();
  for (std::uint32_t index = 0; index < profile_.partitions; ++index) {
    for (const auto& [id, row] : runtime_.partition(index).state().exceptions()) {
      const bool is_owned = !row.owner.empty() && (row.is_parking || !row.join.empty());
      if (is_owned) excused.insert(row.correlation);
    }
  }
  return excused;
}

void World::check_duty(const Duty& duty, const std::set<std::string>& excused) {
  const std::size_t count =
      duty.event.empty() ? remote_.applied_for(duty.connector, duty.operation, duty.correlation)
                         : remote_.applied(duty.connector, duty.operation, duty.event);
  if (count > 0 || excused.contains(duty.correlation)) return;
  clock_.violate("lost: " + duty.connector + "." + duty.operation + " of " + duty.correlation +
                 " (" + duty.event + ") was never applied, and no exception says so");
}

// A second effect is a breach, unless the clock jumped over the settling time of the first one; then
// it must have been told. And who sets the clock back makes the window of a key seem longer than it is
// at the remote.
void World::check_doubles() {
  for (const Remote::Double& one : remote_.doubles()) {
    const bool has_jumped = clock_.last_forward() >= one.first_begun;
    bool is_told = false;
    for (std::uint32_t index = 0; index < profile_.partitions; ++index) {
      for (const auto& [delivery, correlation] : runtime_.book(index).doubles_told) {
        is_told = is_told || correlation == one.correlation;
      }
    }
    const bool is_keyed =
        shape_of(one.connector, one.operation).idempotency == pipeline::Idempotency::key;
    const bool is_stretched = is_keyed && clock_.last_back() >= 0;
    if ((has_jumped && is_told) || is_stretched) continue;
    clock_.violate("doubled: " + one.connector + "." + one.operation + " of " + one.correlation +
                   " (" + one.event + ")" + (is_told ? ", and it was told" : ", and nobody knows"));
  }
}

// Whatever a source gave that is no proper event stands in an exception, or stood there until a
// person resolved it.
void World::check_refusals() {
  if (estate_.bad_facts() == 0) return;
  bool is_seen = false;
  for (std::uint32_t index = 0; index < profile_.partitions; ++index) {
    is_seen = is_seen || runtime_.book(index).refusals > 0;
    for (const auto& [id, row] : runtime_.partition(index).state().exceptions()) {
      if (row.owner.empty()) clock_.violate("visibility: exception without an owner: " + row.text);
    }
  }
  if (!is_seen) clock_.violate("visibility: refused events left no exception");
}

// What stays in memory is what is open, and one row for each record that is watched.
void World::check_bounds() {
  for (std::uint32_t index = 0; index < profile_.partitions; ++index) {
    const auto& state = runtime_.partition(index).state();
    // Events are held for open deliveries and joins, and until the next one is accepted.
    constexpr std::size_t fresh_max = 16;
    std::size_t needed = fresh_max;
    for ([[maybe_unused]] const auto& [id, delivery] : state.deliveries()) ++needed;
    for (const auto& [id, join] : state.joins()) needed += join.events.size();
    if (state.events_held() > needed) {
      clock_.violate("bounds: " + std::to_string(state.events_held()) +
                     " events are held, but at most " + std::to_string(needed) + " are needed");
    }
  }
}

}  // namespace perennial::simulation
