// Structured log lines: one JSON object a line, on standard error.
//
// Thread:  any.
// Rule:    no payload and no secret ever stands in a line; ids, names, counts and reasons do.
// Format:  {"time", "level", "area", "text", fields...}
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perennial::log {

enum class Level { debug, info, warning, error };

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

// "debug", "info", "warning", "error"; lines below it are not written.
void set_level(std::string_view name);
void write(Level level, std::string_view area, std::string_view text, const Fields& fields = {});
// `text` as the inside of a JSON string.
[[nodiscard]] std::string escape_json(std::string_view text);

}  // namespace perennial::log
