#include "runtime/host/exact_money.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "runtime/base/limits.hpp"

namespace perennial::host {
namespace {

// 38 digits; every product below has at most 24 + 9 or 16 + 18.
__extension__ using Wide = __int128;

constexpr std::size_t significant_max = 24;
constexpr std::size_t weight_digits_max = 18;
constexpr std::size_t parts_max = 1000;

// coefficient / 10^scale.
struct Decimal {
  Wide coefficient = 0;
  std::size_t scale = 0;
};

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char symbol) { return symbol >= '0' && symbol <= '9'; });
}

Wide power_of_ten(std::size_t exponent) {
  Wide power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

std::string text_of(Wide value) {
  std::string text;
  const bool is_negative = value < 0;
  if (is_negative) value = -value;
  do text += static_cast<char>('0' + static_cast<int>(value % 10));
  while ((value /= 10) > 0);
  if (is_negative) text += '-';
  return {text.rbegin(), text.rend()};
}

tl::unexpected<Error> no_decimal(std::string_view text) {
  const bool has_exponent =
      text.find_first_of("eE") != std::string_view::npos && is_digits(text.substr(0, 1));
  return fail(Code::invalid, "expected a decimal such as 12.50, but " + in_quotes(text) + " came" +
                                 (has_exponent ? "; an exponent hides how many digits are exact, "
                                                 "have the source write them out"
                                               : ""));
}

Result<Decimal> read_decimal(std::string_view text, std::size_t digits_max) {
  std::string_view rest = text;
  const bool is_negative = !rest.empty() && rest.front() == '-';
  if (is_negative) rest.remove_prefix(1);
  const std::size_t point = rest.find('.');
  std::string_view whole = rest.substr(0, point);
  std::string_view fraction;
  if (point != std::string_view::npos) fraction = rest.substr(point + 1);
  if (!is_digits(whole) || (point != std::string_view::npos && !is_digits(fraction))) {
    return no_decimal(text);
  }
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  if (whole.size() + fraction.size() > digits_max) {
    return fail(Code::invalid, "expected at most " + std::to_string(digits_max) + " digits, but " +
                                   in_quotes(text) + " has more");
  }
  Decimal decimal{0, fraction.size()};
  for (const std::string_view part : {whole, fraction}) {
    for (const char symbol : part) decimal.coefficient = decimal.coefficient * 10 + (symbol - '0');
  }
  if (is_negative) decimal.coefficient = -decimal.coefficient;
  return decimal;
}

// numerator / denominator to a whole number, of which neither is negative.
Wide round(Wide numerator, Wide denominator, Rounding rounding) {
  const Wide quotient = numerator / denominator;
  const Wide rest = numerator % denominator;
  if (rest == 0) return quotient;
  const Wide twice = rest * 2;
  bool is_up = false;
  switch (rounding) {
    case Rounding::half_even:
      is_up = twice > denominator || (twice == denominator && quotient % 2 == 1);
      break;
    case Rounding::half_up:
      is_up = twice >= denominator;
      break;
    case Rounding::up:
      is_up = true;
      break;
    case Rounding::down:
    case Rounding::refuse:
      break;
  }
  return quotient + (is_up ? 1 : 0);
}

Result<std::int64_t> within_bounds(Wide minor, std::string_view shown) {
  if (minor <= limits::integer_max && minor >= -limits::integer_max) {
    return static_cast<std::int64_t>(minor);
  }
  return fail(Code::invalid,
              "expected an amount below 2^53 minor units, but " + std::string(shown) + " came");
}

tl::unexpected<Error> inexact(std::string_view decimal, const Decimal& value,
                              const CurrencyRule& rule) {
  if (value.scale > static_cast<std::size_t>(rule.digits)) {
    return fail(Code::invalid, "expected at most " + std::to_string(rule.digits) +
                                   " decimal digits, but " + in_quotes(decimal) +
                                   " has more; round it where it is made, or name a rounding mode");
  }
  return fail(Code::invalid, "expected a multiple of " + from_minor(rule.step, rule.digits) +
                                 ", but " + in_quotes(decimal) +
                                 " is none; change the amount, or name a rounding mode");
}

Result<std::vector<Wide>> read_weights(const std::vector<std::string>& weights) {
  if (weights.empty() || weights.size() > parts_max) {
    return fail(Code::invalid, "expected 1 to " + std::to_string(parts_max) + " parts, but " +
                                   std::to_string(weights.size()) + " came");
  }
  std::vector<Decimal> decimals;
  std::size_t scale = 0;
  for (const std::string& weight : weights) {
    auto decimal = read_decimal(weight, weight_digits_max);
    if (!decimal) return tl::unexpected(decimal.error());
    if (decimal->coefficient < 0) {
      return fail(Code::invalid,
                  "expected weights of at least 0, but " + in_quotes(weight) + " came");
    }
    scale = std::max(scale, decimal->scale);
    decimals.push_back(*decimal);
  }
  std::vector<Wide> all;
  const Wide weight_max = power_of_ten(weight_digits_max);
  for (std::size_t index = 0; index < decimals.size(); ++index) {
    all.push_back(decimals[index].coefficient * power_of_ten(scale - decimals[index].scale));
    if (all.back() < weight_max) continue;
    return fail(Code::invalid,
                "expected weights of at most 18 digits between the largest and the "
                "finest, but " +
                    in_quotes(weights[index]) + " has more");
  }
  return all;
}

}  // namespace

std::string in_quotes(std::string_view value) {
  constexpr std::size_t shown_max = 60;
  return "\"" + std::string(value.substr(0, shown_max)) + (value.size() > shown_max ? "..." : "") +
         "\"";
}

Result<Rounding> rounding_of(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Rounding>, 4> modes = {
      {{"half_even", Rounding::half_even},
       {"half_up", Rounding::half_up},
       {"down", Rounding::down},
       {"up", Rounding::up}}};
  for (const auto& [name, rounding] : modes) {
    if (name == word) return rounding;
  }
  return fail(Code::invalid, "expected half_even, half_up, down or up as the rounding mode, but " +
                                 in_quotes(word) + " came");
}

Result<std::int64_t> to_minor(std::string_view decimal, const CurrencyRule& rule,
                              Rounding rounding) {
  const auto value = read_decimal(decimal, significant_max);
  if (!value) return tl::unexpected(value.error());
  const bool is_negative = value->coefficient < 0;
  const Wide numerator = (is_negative ? -value->coefficient : value->coefficient) *
                         power_of_ten(static_cast<std::size_t>(rule.digits));
  const Wide denominator = power_of_ten(value->scale) * rule.step;
  if (numerator % denominator != 0 && rounding == Rounding::refuse) {
    return inexact(decimal, *value, rule);
  }
  const Wide minor = round(numerator, denominator, rounding) * rule.step;
  return within_bounds(is_negative ? -minor : minor, in_quotes(decimal));
}

std::string from_minor(std::int64_t minor, int digits) {
  const bool is_negative = minor < 0;
  std::string text = text_of(is_negative ? -Wide{minor} : Wide{minor});
  const auto places = static_cast<std::size_t>(digits);
  if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
  if (places > 0) text.insert(text.size() - places, ".");
  return is_negative ? "-" + text : text;
}

Result<std::vector<std::int64_t>> split_minor(std::int64_t minor,
                                              const std::vector<std::string>& weights,
                                              std::int64_t step) {
  const auto shares = read_weights(weights);
  if (!shares) return tl::unexpected(shares.error());
  const Wide whole = std::accumulate(shares->begin(), shares->end(), Wide{0});
  if (whole == 0) return fail(Code::invalid, "expected a weight above 0, but all are 0");
  if (minor % step != 0) {
    return fail(Code::invalid, "expected a multiple of " + std::to_string(step) +
                                   " minor units to split, but " + std::to_string(minor) +
                                   " is none");
  }
  const std::int64_t sign = minor < 0 ? -1 : 1;
  const Wide units = Wide{minor} * sign / step;
  std::vector<std::int64_t> parts;
  std::vector<Wide> rests;
  Wide left = units;
  for (const Wide share : *shares) {
    parts.push_back(static_cast<std::int64_t>(units * share / whole));
    rests.push_back(units * share % whole);
    left -= parts.back();
  }
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t one, std::size_t other) { return rests[one] > rests[other]; });
  for (std::size_t index = 0; left > 0; ++index, --left) ++parts[order[index]];
  for (std::int64_t& part : parts) part *= step * sign;
  return parts;
}

Result<std::int64_t> sum_minor(const std::vector<std::int64_t>& all) {
  const Wide sum = std::accumulate(all.begin(), all.end(), Wide{0});
  return within_bounds(sum, "the sum " + text_of(sum));
}

Result<std::string> multiply(std::string_view left, std::string_view right) {
  const auto one = read_decimal(left, weight_digits_max);
  if (!one) return tl::unexpected(one.error());
  const auto other = read_decimal(right, weight_digits_max);
  if (!other) return tl::unexpected(other.error());
  const Wide product = one->coefficient * other->coefficient;
  const std::size_t scale = one->scale + other->scale;
  std::string text = text_of(product < 0 ? -product : product);
  if (text.size() <= scale) text.insert(0, scale + 1 - text.size(), '0');
  if (scale > 0) {
    text.insert(text.size() - scale, ".");
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return product < 0 ? "-" + text : text;
}

}  // namespace perennial::host
