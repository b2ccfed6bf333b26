// What the simulation does to the runtime, by kind, and how often it did.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace perennial::simulation {

enum class Fault : std::uint8_t {
  process_kill,
  power_cut,
  crash_inside_disk_call,
  sector_lost,
  sector_torn,
  bit_flipped_in_tail,
  bit_flipped_in_synced,
  name_lost,
  short_write,
  full_on_write,
  full_on_reserve,
  error_on_write,
  error_on_sync,
  error_on_read,
  slow_disk,
  frame_lost,
  frame_doubled,
  frame_swapped,
  frame_late,
  host_killed,
  host_killed_before_effect,
  host_killed_after_effect,
  answer_lost,
  answer_refused,
  slow_consumer,
  source_repeated,
  clock_forward,
  clock_back,
  reload,
  operation_removed,
  count
};

inline constexpr std::size_t fault_kinds = static_cast<std::size_t>(Fault::count);

inline constexpr std::array<std::string_view, fault_kinds> fault_names = {
    "process killed",
    "power cut",
    "crash inside a disk call",
    "unsynced sector lost",
    "unsynced sector torn",
    "bit flipped in the unsynced tail",
    "bit flipped in synced bytes",
    "unsynced name lost",
    "short write",
    "disk full on write",
    "disk full on reserve",
    "error on write",
    "error on sync",
    "error on read",
    "slow disk",
    "frame lost",
    "frame doubled",
    "frame swapped with the next",
    "frame late",
    "host killed",
    "host killed before an effect",
    "host killed after an effect",
    "answer lost",
    "answer other than done",
    "slow consumer",
    "source read again",
    "clock jumped forward",
    "clock jumped back",
    "configuration reloaded",
    "operation left the configuration",
};

struct FaultCounts {
  std::array<std::uint64_t, fault_kinds> of{};
  void add(Fault fault) { ++of[static_cast<std::size_t>(fault)]; }
};

}  // namespace perennial::simulation
