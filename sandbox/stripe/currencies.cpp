#include "sandbox/stripe/currencies.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "sandbox/base/plan.hpp"

namespace perennial::sandbox::stripe {
namespace {

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char symbol) { return static_cast<char>(std::toupper(symbol)); });
  return text;
}

// docs.stripe.com/currencies, "Special cases": they lost their decimals, and the API kept two.
bool keeps_decimals(const std::string& code) {
  return code == "ISK" || code == "UGX";
}

}  // namespace

std::int64_t to_amount(std::int64_t minor, const std::string& currency) {
  return keeps_decimals(upper_case(currency)) ? minor * 100 : minor;
}

std::optional<std::int64_t> from_amount(std::int64_t amount, const std::string& currency) {
  if (!keeps_decimals(upper_case(currency))) return amount;
  if (amount % 100 != 0) return std::nullopt;
  return amount / 100;
}

std::int64_t step_of(const std::string& currency) {
  const std::string code = upper_case(currency);
  if (keeps_decimals(code)) return 100;
  // "Three-decimal currencies": the last digit has to be 0.
  return minor_digits(code) == 3 ? 10 : 1;
}

}  // namespace perennial::sandbox::stripe
