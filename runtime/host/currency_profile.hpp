// Which currencies a system knows, with how many decimal places, and in which steps.
//
// Place:   read by the loader of a configuration; part of the text of every mapping program, so
//          that an archived revision converts the same way for ever.
// Errors:  a file that says less or more than a profile is refused, naming file and member.
// Format:  a file is JSON: {"source": "where it is documented", "digits": {"2": "EUR USD", "0":
//          "JPY"}, "step": {"100": "ISK"}}. In a program it is one text of rows: "EUR2 ISK2x100".
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/status.hpp"
#include "runtime/host/exact_money.hpp"

namespace perennial::host {

// Name -> rows.
using CurrencyProfiles = std::map<std::string, std::string, std::less<>>;

// The profile that is always there: the minor units of ISO 4217.
inline constexpr std::string_view standard_profile = "iso4217";
[[nodiscard]] std::string_view standard_currencies();

// Rows of one file.
[[nodiscard]] Result<std::string> read_currency_profile(const std::filesystem::path& file);
// The profiles of a folder, <name>.json each; a missing folder has none.
[[nodiscard]] Result<CurrencyProfiles> read_currency_profiles(
    const std::filesystem::path& directory);

// Nothing when the rows do not name the currency.
[[nodiscard]] std::optional<CurrencyRule> find_currency(std::string_view rows,
                                                        std::string_view code);

}  // namespace perennial::host
