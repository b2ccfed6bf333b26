// How hard one seed is: which faults it has, how often, and the sizes of its world.
#pragma once

#include <cstdint>

#include "tests/simulation/clockwork.hpp"

namespace perennial::simulation {

// A rate of n means once in n times; 0 means never.
struct Profile {
  std::uint32_t partitions = 1;
  std::uint32_t in_flight_max = 8;
  std::uint64_t segment_bytes = 256 * 1024;
  bool has_operator = true;

  TimeMs crash_every_ms = 0;  // at most that long between two deaths of the runtime
  std::uint64_t write_error = 0;
  std::uint64_t sync_error = 0;
  std::uint64_t read_error = 0;
  std::uint64_t slow_sync = 0;
  bool has_full_disk = false;

  std::uint64_t frame_lost = 0;
  std::uint64_t frame_doubled = 0;
  std::uint64_t frame_swapped = 0;
  std::uint64_t frame_late = 0;

  std::uint64_t host_kill = 0;  // of a call, before or after its effect
  std::uint64_t answer_lost = 0;
  std::uint64_t refusal = 0;  // an answer other than done
  std::uint64_t slow_call = 0;
  std::uint32_t concurrency = 4;

  std::uint64_t source_repeat = 0;
  bool has_clock_forward = false;
  bool has_clock_back = false;
  bool has_reload = false;
  bool has_removal = false;
};

[[nodiscard]] inline Profile draw_profile(Clockwork& clock) {
  Profile profile;
  const auto rate = [&](std::uint64_t low, std::uint64_t high) -> std::uint64_t {
    return clock.one_in(2) ? low + clock.draw(high - low + 1) : 0;
  };
  profile.partitions = clock.one_in(3) ? 2 : 1;
  profile.in_flight_max = 2 + static_cast<std::uint32_t>(clock.draw(8));
  profile.segment_bytes = (std::uint64_t{96} << clock.draw(3)) * 1024;
  profile.has_operator = !clock.one_in(5);
  profile.crash_every_ms = clock.one_in(4) ? 0 : clock.between(2'000, 40'000);
  profile.write_error = rate(50, 2'000);
  profile.sync_error = rate(50, 2'000);
  profile.read_error = rate(40, 400);
  profile.slow_sync = rate(8, 200);
  profile.has_full_disk = clock.one_in(4);
  profile.frame_lost = rate(20, 1'000);
  profile.frame_doubled = rate(50, 1'000);
  profile.frame_swapped = rate(50, 1'000);
  profile.frame_late = rate(8, 200);
  profile.host_kill = rate(10, 200);
  profile.answer_lost = rate(6, 100);
  profile.refusal = rate(3, 40);
  profile.slow_call = rate(4, 60);
  profile.concurrency = 1 + static_cast<std::uint32_t>(clock.draw(6));
  profile.source_repeat = rate(3, 30);
  profile.has_clock_forward = clock.one_in(6);
  profile.has_clock_back = clock.one_in(6);
  profile.has_reload = clock.one_in(3);
  profile.has_removal = clock.one_in(6);
  return profile;
}

}  // namespace perennial::simulation
