// Regular expressions of schemas, in linear time.
#pragma once

#include <string_view>

namespace perennial::policy {

// Whether `text` contains a match. A pattern that RE2 does not take matches nothing.
[[nodiscard]] bool is_like(std::string_view text, std::string_view pattern);

}  // namespace perennial::policy
