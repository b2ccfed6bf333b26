// Percent encoding of URL parts, form bodies, and base64.
//
// Errors:  none: every text can be encoded.
// Format:  RFC 3986 unreserved characters stay; forms follow application/x-www-form-urlencoded with
//          bracketed names for nested values: metadata[renewal]=R-000001, lines[0][amount]=100.
#ifndef PERENNIAL_PLUGINS_COMMON_URL_HPP
#define PERENNIAL_PLUGINS_COMMON_URL_HPP

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/common/json.hpp"

namespace perennial::plugins::common {

std::string percent_encoded(std::string_view text);

// "a=1&b=x%20y" of pairs in their order.
std::string query_of(const std::vector<std::pair<std::string, std::string>>& pairs);

// Flattens an object of parameters; null is left out, true and false are written as words.
std::string form_of(const Json& parameters);

std::string base64_of(std::string_view bytes);
// Without padding and with "-_" (RFC 4648, 5), as JSON Web Tokens need it.
std::string base64url_of(std::string_view bytes);

// `base` and `path` with exactly one slash between them.
std::string joined_url(std::string_view base, std::string_view path);

}  // namespace perennial::plugins::common

#endif
