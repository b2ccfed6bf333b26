// The vendor's form encoding: `items[0][price]=x&metadata[a]=b` as nested JSON of text values.
//
// Limits:  nesting deeper than limits below is flattened into the last name, never followed.
// Format:  docs.stripe.com/api, "Form-encoded request bodies".
#pragma once

#include <string_view>

#include "sandbox/base/json.hpp"

namespace perennial::sandbox::stripe {

inline constexpr std::size_t form_depth_max = 8;

// Objects whose names are all numbers become arrays in the order of those numbers.
Json decode_form(std::string_view text);

}  // namespace perennial::sandbox::stripe
