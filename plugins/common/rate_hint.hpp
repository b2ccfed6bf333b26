// How long a remote asks us to wait.
//
// Errors:  a hint that cannot be read counts as none.
// Format:  Retry-After as seconds or as an HTTP date (RFC 9110, 10.2.3); a date is compared with
//          the answer's own Date, so that our clock does not matter.
#ifndef PERENNIAL_PLUGINS_COMMON_RATE_HINT_HPP
#define PERENNIAL_PLUGINS_COMMON_RATE_HINT_HPP

#include "plugins/common/transport.hpp"

namespace perennial::plugins::common {

// Milliseconds to wait, or -1 when the answer does not say.
std::int64_t retry_after_ms(const Headers& headers);

}  // namespace perennial::plugins::common

#endif
