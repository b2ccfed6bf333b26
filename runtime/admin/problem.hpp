// Refusals over HTTP: problem+json with a code for programs and our reason for people.
//
// Format:  RFC 9457 (Problem Details for HTTP APIs), with the member `code`.
#pragma once

#include <string>
#include <string_view>

#include "runtime/admin/exchange.hpp"
#include "runtime/base/status.hpp"

namespace perennial::admin {

// `members` is JSON to add, as the inside of an object ("\"ready\":false"); empty = none.
[[nodiscard]] Response problem(unsigned status, std::string_view code, std::string_view detail,
                               std::string_view members = {});
[[nodiscard]] Response problem(const Error& error);
[[nodiscard]] std::string_view word_of(Code code);
[[nodiscard]] std::string_view phrase_of(unsigned status);

}  // namespace perennial::admin
