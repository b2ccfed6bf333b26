// JSON of the vendors, and its way to and from msgpack.
//
// Errors:  text of what is wrong and where; never throws.
// Limits:  depth 64, since both the msgpack writer and a consumer recurse.
// Format:  a JSON number with a fraction or an exponent becomes its decimal text ("1.25E7" becomes
//          "12500000"), so that money never passes through binary floating point. Integers beyond
//          2^53-1, which canonical events refuse, become text too.
#ifndef PERENNIAL_PLUGINS_COMMON_JSON_HPP
#define PERENNIAL_PLUGINS_COMMON_JSON_HPP

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace perennial::plugins::common {

using Json = nlohmann::json;
template <class Value>
using Parsed = tl::expected<Value, std::string>;

Parsed<Json> parse_json(std::string_view text);

std::string msgpack_of(const Json& value);
Parsed<Json> json_of_msgpack(std::string_view bytes);

// JSON text for a request body; bytes that are no UTF-8 are replaced rather than thrown at.
std::string text_of(const Json& value);

// The text at a path of keys, or "" where there is none. Numbers give their digits.
std::string text_at(const Json& value, std::initializer_list<const char*> path);

// The value at a path of keys, or nullptr.
const Json* find_at(const Json& value, std::initializer_list<const char*> path);

// "1.5e3" as "1500": exact, on digits only. Requires: `number` follows the JSON grammar.
std::string plain_decimal(std::string_view number);

}  // namespace perennial::plugins::common

#endif
