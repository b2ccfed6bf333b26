// The codes of plugin_api/status.h as the partition reads them. Numbers are the ABI's and never
// change; a test holds the two lists together.
#pragma once

#include <cstdint>
#include <string_view>

namespace perennial::pipeline {

enum class Outcome : std::uint32_t {
  unlisted = 0,
  done = 1,
  already_done,
  rejected,
  try_again,
  throttled,
  unauthorized,
  not_connected,
  pending,
  unknown,
};

enum class Lookup : std::uint32_t {
  unlisted = 0,
  done = 1,
  absent,
  in_progress,
  cannot_tell,
  several
};

[[nodiscard]] constexpr Outcome outcome_of(std::uint32_t kind) {
  return kind <= static_cast<std::uint32_t>(Outcome::unknown) ? static_cast<Outcome>(kind)
                                                              : Outcome::unlisted;
}

[[nodiscard]] constexpr Lookup lookup_of(std::uint32_t kind) {
  return kind <= static_cast<std::uint32_t>(Lookup::several) ? static_cast<Lookup>(kind)
                                                             : Lookup::unlisted;
}

[[nodiscard]] constexpr std::string_view name_of(Outcome outcome) {
  constexpr std::string_view names[] = {"unlisted",  "done",      "already_done", "rejected",
                                        "try_again", "throttled", "unauthorized", "not_connected",
                                        "pending",   "unknown"};
  return names[static_cast<std::uint32_t>(outcome)];
}

}  // namespace perennial::pipeline
