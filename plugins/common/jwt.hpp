// A signed JSON Web Token, RS256 (RFC 7519, RFC 7518 3.3).
//
// Errors:  text of what is wrong with the key; never the key itself.
#ifndef PERENNIAL_PLUGINS_COMMON_JWT_HPP
#define PERENNIAL_PLUGINS_COMMON_JWT_HPP

#include "plugins/common/json.hpp"

namespace perennial::plugins::common {

// `private_key_pem` is an RSA key in PKCS#8 or PKCS#1 PEM.
Parsed<std::string> signed_jwt(const Json& claims, std::string_view private_key_pem);

// Lower-case hexadecimal HMAC-SHA256, as webhook signatures carry it.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

// Compares without telling by its duration where two texts differ.
bool equals_in_constant_time(std::string_view left, std::string_view right);

}  // namespace perennial::plugins::common

#endif
