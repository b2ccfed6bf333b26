// One seed: a world that is built, disturbed, left in peace and judged.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/host.hpp"
#include "tests/simulation/operator.hpp"
#include "tests/simulation/runtime.hpp"

namespace perennial::simulation {

struct Report {
  std::string violation;  // empty = all checks held
  std::string tail;       // the last records, when one did not
  FaultCounts faults;
  std::uint64_t digest = 0;
  std::uint64_t records = 0;
  std::uint64_t effects = 0;
};

class World {
 public:
  World(std::uint64_t seed, std::uint64_t events);
  [[nodiscard]] Report run(std::uint64_t records_told);

 private:
  void plan_crash();
  void plan_disk();
  void plan_clock();
  void plan_reload();
  void plan_operator();
  void supervise(const std::string& connector, std::uint64_t pid);
  void start_hosts();
  void post(std::size_t index);
  void send_post(std::size_t index);
  void calm_down();
  [[nodiscard]] bool is_settled() const;
  [[nodiscard]] bool has_left_over() const;
  // What stands open, for the report of a run that does not settle.
  [[nodiscard]] std::string open_work() const;
  void check();
  void check_duty(const Duty& duty, const std::set<std::string>& excused);
  void check_doubles();
  void check_refusals();
  void check_bounds();
  [[nodiscard]] std::set<std::string> excuses() const;
  [[nodiscard]] std::string tail(std::size_t kept) const;

  Clockwork clock_;
  Profile profile_;
  Estate estate_;
  Remote remote_;
  wire::Bus bus_;
  HostWorld host_world_;
  Runtime runtime_;
  Operator operator_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::set<std::size_t> accepted_posts_;
  std::set<std::size_t> open_posts_;
  std::uint64_t effects_ = 0;
};

}  // namespace perennial::simulation
