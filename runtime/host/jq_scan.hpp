// Reads a jq filter as tokens, to refuse what jq itself would let pass.
//
// Place:   before every compile: mapping files (jq_program) and filters of pipelines (map_check).
// Errors:  brackets that do not match (a filter must not reach out of its place in the program) and
//          builtins that read the clock, the environment, other input or files. Each with line and
//          column.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace perennial::host {

// A place in a filter and what is wrong there. Column 0 = only the line is known.
struct FilterError {
  std::size_t line = 0;
  std::size_t column = 0;
  std::string reason;
};

[[nodiscard]] std::optional<FilterError> scan_filter(std::string_view text);

}  // namespace perennial::host
