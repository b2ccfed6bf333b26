#include "runtime/base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>

namespace perennial::log {
namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> shared = [] {
    auto made = std::make_shared<spdlog::logger>("perennial",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}",
                      spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *shared;
}

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

std::string escape_json(std::string_view text) {
  std::string out;
  for (char symbol : text) {
    const auto byte = static_cast<unsigned char>(symbol);
    if (symbol == '"' || symbol == '\\') {
      out += '\\';
      out += symbol;
    } else if (byte < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out += escaped;
    } else {
      out += symbol;
    }
  }
  return out;
}

void set_level(std::string_view name) {
  const Level level = name == "debug"     ? Level::debug
                      : name == "warning" ? Level::warning
                      : name == "error"   ? Level::error
                                          : Level::info;
  logger().set_level(level_of(level));
}

void write(Level level, std::string_view area, std::string_view text, const Fields& fields) {
  if (!logger().should_log(level_of(level))) return;
  std::string line =
      "\"area\":\"" + escape_json(area) + "\",\"text\":\"" + escape_json(text) + "\"";
  for (const auto& [name, value] : fields) {
    line += ",\"" + escape_json(name) + "\":\"" + escape_json(value) + "\"";
  }
  logger().log(level_of(level), "{}", line);
}

}  // namespace perennial::log
