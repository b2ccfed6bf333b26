// Money as digits: decimals, minor units, rounding and splitting without binary floating point.
//
// Place:   pure; called by jq_native for the functions that mappings use.
// Errors:  what can't be exact is refused, and the reason names the value.
// Limits:  minor units within +-(2^53-1), which jq keeps exactly; decimals of 24 significant
//          digits; 1000 parts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.hpp"

namespace perennial::host {

// What a profile says of one currency: `digits` decimal places, and amounts in multiples of `step`
// minor units only.
struct CurrencyRule {
  int digits = 2;
  std::int64_t step = 1;
};

enum class Rounding { refuse, half_even, half_up, down, up };

// Nothing for a word that names no mode.
[[nodiscard]] Result<Rounding> rounding_of(std::string_view word);

// "12.50" -> 1250 with two digits. A rounding mode rounds to the step; without one nothing is lost.
[[nodiscard]] Result<std::int64_t> to_minor(std::string_view decimal, const CurrencyRule& rule,
                                            Rounding rounding);
// 1250 -> "12.50", always with all digits.
[[nodiscard]] std::string from_minor(std::int64_t minor, int digits);

// Parts in proportion to the weights, by largest remainder: each a multiple of the step, together
// exactly `minor`; the first parts get what is left when remainders are equal. Weights are
// non-negative decimals.
[[nodiscard]] Result<std::vector<std::int64_t>> split_minor(std::int64_t minor,
                                                            const std::vector<std::string>& weights,
                                                            std::int64_t step);
[[nodiscard]] Result<std::int64_t> sum_minor(const std::vector<std::int64_t>& all);
// The exact product of two decimals, without trailing zeros.
[[nodiscard]] Result<std::string> multiply(std::string_view left, std::string_view right);

// `value` cut to a length that fits a reason, as JSON text.
[[nodiscard]] std::string in_quotes(std::string_view value);

}  // namespace perennial::host
