// JSON values as the simulated systems keep and answer them, with lenient readers for fields.
//
// Errors:  readers never throw: a missing or differently typed field reads as the fallback.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace perennial::sandbox {

using Json = nlohmann::json;

// The string under `key`, or an empty one when the field is missing, null or no string.
std::string text_of(const Json& object, std::string_view key);
std::int64_t number_of(const Json& object, std::string_view key, std::int64_t fallback = 0);
bool flag_of(const Json& object, std::string_view key, bool fallback = false);

// The member under `key`, or a null value with static lifetime.
const Json& member_of(const Json& object, std::string_view key);

// Nothing when the text is no JSON, so that every vendor can answer in its own words.
std::optional<Json> parse_json(std::string_view text);

// Depth-first search for the first string that contains a renewal number (R- and six digits).
std::string find_renewal_number(const Json& value);
std::string find_renewal_number(std::string_view text);

}  // namespace perennial::sandbox
