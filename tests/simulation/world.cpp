#include "tests/simulation/world.hpp"

#include <algorithm>

namespace perennial::simulation {
namespace {

constexpr TimeMs disturbed_ms = 90'000;
constexpr TimeMs patience_ms = 4LL * 3600 * 1000;
constexpr TimeMs check_every_ms = 1'000;
constexpr std::string_view connectors[] = {"crm", "erp", "billing", "access", "mail"};

}  // namespace

World::World(std::uint64_t seed, std::uint64_t events)
    : clock_(seed),
      profile_(draw_profile(clock_)),
      estate_(clock_, events),
      remote_(clock_, estate_),
      host_world_{
          clock_,
          profile_,
          wire_of(bus_),
          remote_,
          estate_,
          [this](std::uint32_t partition, const wire::DispatchEntry& entry) {
            runtime_.check_dispatch(partition, entry);
          },
          [this](const std::string& connector, std::uint64_t pid) { supervise(connector, pid); }},
      runtime_(clock_, profile_, wire_of(bus_), bus_, seed % 100 == 0),
      operator_(clock_, runtime_, remote_, profile_.partitions) {
  wire_of(bus_).attach(
      clock_, profile_, [this](std::uint32_t partition) { runtime_.wake(partition); },
      [this](const wire::Peer& peer, const Bytes& frame) {
        for (const auto& host : hosts_) {
          if (host->receive(peer, frame)) return;
        }
      });
  for (const std::string_view name : connectors) {
    hosts_.push_back(std::make_unique<Host>(host_world_, std::string(name)));
  }
  runtime_.on_up = [this] { start_hosts(); };
  runtime_.on_down = [this] {
    for (const auto& host : hosts_) host->kill(false);
  };
}

Report World::run(std::uint64_t records_told) {
  clock_.after(0, [this] { runtime_.start(); });
  if (profile_.crash_every_ms > 0) plan_crash();
  if (profile_.has_full_disk) plan_disk();
  plan_clock();
  plan_reload();
  plan_operator();
  for (std::size_t index = 0; index < estate_.posts().size(); ++index) post(index);
  clock_.after(disturbed_ms, [this] { calm_down(); });
  TimeMs next_look = disturbed_ms + check_every_ms;
  bool is_done = false;
  while (!is_done && clock_.violation().empty() && clock_.step()) {
    runtime_.look();
    if (clock_.now() < next_look) continue;
    next_look = clock_.now() + check_every_ms;
    is_done = is_settled();
    if (is_done || clock_.now() < disturbed_ms + patience_ms) continue;
    clock_.violate("liveness: not settled " + std::to_string(patience_ms / 1000) +
                   " s after the last fault:\n" + open_work());
  }
  if (clock_.violation().empty()) check();
  Report report;
  report.violation = clock_.violation();
  if (!report.violation.empty()) report.tail = tail(records_told);
  report.faults = clock_.counts();
  report.digest = clock_.digest();
  for (std::uint32_t index = 0; index < profile_.partitions; ++index) {
    report.records += runtime_.book(index).records.size();
  }
  return report;
}

// ---- disturbances

void World::plan_crash() {
  clock_.after(clock_.between(200, profile_.crash_every_ms), [this] {
    if (clock_.is_calm) return;
    if (runtime_.is_up()) {
      const std::uint64_t kind = clock_.draw(4);
      if (kind == 0) {
        clock_.count(Fault::process_kill);
        runtime_.die(Runtime::Death::process);
      } else if (kind == 1) {
        clock_.count(Fault::power_cut);
        runtime_.die(Runtime::Death::power);
      } else {
        runtime_.disk().cut_power_in(1 + clock_.draw(12));
      }
    }
    plan_crash();
  });
}

void World::plan_disk() {
  clock_.after(clock_.between(1'000, 40'000), [this] {
    if (clock_.is_calm) return;
    runtime_.disk().set_full(true);
    clock_.after(clock_.between(500, 20'000), [this] { runtime_.disk().set_full(false); });
    plan_disk();
  });
}

void World::plan_clock() {
  if (profile_.has_clock_forward) {
    clock_.after(clock_.between(1'000, disturbed_ms), [this] {
      clock_.count(Fault::clock_forward);
      clock_.jump(clock_.between(1'000, 600'000));
    });
  }
  if (profile_.has_clock_back) {
    clock_.after(clock_.between(1'000, disturbed_ms), [this] {
      clock_.count(Fault::clock_back);
      clock_.jump(-clock_.between(1'000, 300'000));
    });
  }
}

void World::plan_reload() {
  if (profile_.has_reload) {
    clock_.after(clock_.between(5'000, 60'000),
                 [this] { runtime_.reload(runtime_.revision() + 1, runtime_.has_notify()); });
  }
  if (!profile_.has_removal) return;
  const TimeMs gone = clock_.between(5'000, 40'000);
  clock_.after(gone, [this] { runtime_.reload(runtime_.revision(), false); });
  clock_.after(gone + clock_.between(5'000, 30'000),
               [this] { runtime_.reload(runtime_.revision(), true); });
}

void World::plan_operator() {
  clock_.after(clock_.between(3'000, 12'000), [this] {
    if (profile_.has_operator) operator_.look();
    plan_operator();
  });
}

void World::start_hosts() {
  for (const auto& host : hosts_) {
    clock_.after(clock_.between(5, 200), [this, raw = host.get()] {
      if (runtime_.is_up()) raw->start();
    });
  }
}

// The supervisor of the runtime: says that the process ended, and starts another one.
void World::supervise(const std::string& connector, std::uint64_t pid) {
  clock_.after(clock_.between(5, 500), [this, connector, pid] {
    if (!runtime_.is_up()) return;
    for (std::uint32_t index = 0; index < profile_.partitions; ++index) {
      runtime_.service(index).host_exited(connector, pid, "the process was killed");
    }
  });
  clock_.after(clock_.between(100, 3'000), [this, connector] {
    if (!runtime_.is_up()) return;
    for (std::size_t index = 0; index < hosts_.size(); ++index) {
      if (connectors[index] == connector) hosts_[index]->start();
    }
  });
}

// A caller over HTTP: repeats its event until it gets an answer.
void World::post(std::size_t index) {
  open_posts_.insert(index);
  clock_.after(clock_.between(500, disturbed_ms), [this, index] { send_post(index); });
}

void World::send_post(std::size_t index) {
  if (!open_posts_.contains(index)) return;
  const Fact& fact = estate_.posts()[index];
  if (runtime_.is_up()) {
    const auto view = event::trusted_event(fact.event);
    const auto partition =
        static_cast<std::uint32_t>(wire::partition_of(view, profile_.partitions));
    runtime_.service(partition).ingest(
        {fact.event}, [this, index](const pipeline::IngestOutput& answer) {
          const auto verdict = answer.events.front().verdict;
          if (verdict == pipeline::IngestVerdict::unavailable) return;
          if (verdict == pipeline::IngestVerdict::refused) {
            clock_.violate("intake: a sound event was refused: " + answer.events.front().reason);
          }
          open_posts_.erase(index);
          accepted_posts_.insert(index);
        });
  }
  clock_.after(clock_.between(500, 5'000), [this, index] { send_post(index); });
}

void World::calm_down() {
  clock_.is_calm = true;
  runtime_.disk().set_full(false);
  remote_.forgive();
  if (!runtime_.has_notify()) runtime_.reload(runtime_.revision(), true);
}

// ---- the end

bool World::has_left_over() const {
  for (std::uint32_t index = 0; index < profile_.partitions; ++index) {
    const auto& state = runtime_.partition(index).state();
    for (const auto& [id, delivery] : state.deliveries()) {
      // One that a person has to look at, and whoever waits behind it, may stand.
      const state::Delivery* head = state.lane_head(delivery.lane);
      const auto& first = head == nullptr ? delivery : *head;
      const bool is_parked = first.status == state::DeliveryStatus::parked;
      if (!is_parked || profile_.has_operator) return true;
    }
    for (const auto& [id, join] : state.joins()) {
      if (!join.is_closed && join.exception == 0) return true;
    }
    for (const auto& [id, row] : state.exceptions()) {
      const bool is_owned = row.is_parking || !row.join.empty();
      if (is_owned && profile_.has_operator) return true;
    }
  }
  return false;
}

bool World::is_settled() const {
  if (!clock_.is_calm || !runtime_.is_quiet() || !open_posts_.empty()) return false;
  for (const auto& host : hosts_) {
    if (!host->is_running() || !host->is_drained()) return false;
  }
  return !has_left_over();
}

std::string World::open_work() const {
  if (!runtime_.is_up()) return "the runtime is down";
  std::string text;
  for (const auto& host : hosts_) {
    if (!host->is_running()) text += "a host is down\n";
    if (!host->is_drained()) text += "a source is not drained\n";
  }
  if (!open_posts_.empty()) text += std::to_string(open_posts_.size()) + " posts unanswered\n";
  if (!runtime_.is_quiet()) text += "records wait for their sync\n";
  for (std::uint32_t index = 0; index < profile_.partitions; ++index) {
    text += dump(runtime_.partition(index).state(), {});
  }
  return text;
}

std::string World::tail(std::size_t kept) const {
  std::string text;
  for (std::uint32_t index = 0; index < profile_.partitions; ++index) {
    const Book& book = runtime_.book(index);
    const std::size_t count = book.records.size();
    text += "partition " + std::to_string(index) + ", the last of " + std::to_string(count) +
            " records, " + std::to_string(book.durable) + " of them durable:\n";
    for (std::size_t at = count > kept ? count - kept : 0; at < count; ++at) {
      text += describe(at + 1, book.records[at]) + "\n";
    }
  }
  return text;
}

}  // namespace perennial::simulation
