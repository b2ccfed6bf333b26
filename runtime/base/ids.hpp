// Strong types for the numbers and fingerprints that must not be mixed up.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace perennial {

// Sequence number of a record in its partition: gap-free, from 1. 0 = before the first record.
using Position = std::uint64_t;
// Unix time in milliseconds, UTC.
using TimeMs = std::int64_t;
// Number of one start of one connector host; rises with every start, so an older one is over for
// good.
using HostEpoch = std::uint64_t;

// A 128-bit fingerprint: of an event's identity, of a delivery's, of a payload.
struct Fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const Fingerprint&) const = default;
  [[nodiscard]] bool is_set() const { return (high | low) != 0; }
};

// 26 characters of Crockford base32, upper case: printable, sortable, fits the narrowest vendor
// fields.
[[nodiscard]] std::string to_text(const Fingerprint& value);
// The same, behind what `out` holds.
void append_text(const Fingerprint& value, std::string& out);
// False when `text` is not exactly what to_text gives.
[[nodiscard]] bool from_text(std::string_view text, Fingerprint& value);

}  // namespace perennial

template <>
struct std::hash<perennial::Fingerprint> {
  std::size_t operator()(const perennial::Fingerprint& value) const noexcept {
    return value.low ^ (value.high * 0x9E3779B97F4A7C15ULL);
  }
};
