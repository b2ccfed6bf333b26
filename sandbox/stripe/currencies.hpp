// Amounts as the billing account counts them, which is not always in minor units of ISO 4217.
//
// Place:   seeding, invoice lines and settlement.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace perennial::sandbox::stripe {

// ISO minor units -> amount of the API, and back. Nothing when an amount has no whole ISO unit.
std::int64_t to_amount(std::int64_t minor, const std::string& currency);
std::optional<std::int64_t> from_amount(std::int64_t amount, const std::string& currency);

// Of what the amounts of a currency have to be multiples.
std::int64_t step_of(const std::string& currency);

}  // namespace perennial::sandbox::stripe
