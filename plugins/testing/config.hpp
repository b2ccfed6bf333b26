// The switches of the testing connector; config.schema.json says what each does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace testing_connector {

struct Config {
  std::int64_t events = 0;
  std::int64_t size = 500;
  std::int64_t rate = 0;
  std::int64_t correlations = 1'000'000;
  std::string form = "event";
  std::string event_source = "perennial://testing/events";
  std::int64_t result = 0;
  std::int64_t outcome = 1;
  std::int64_t lookup = 1;
  bool has_receipt = true;
  std::string misuse = "none";
  std::string crash_in;
  std::string crash_file;
  std::string throw_in;
  std::string block_in;
  std::int64_t block_ms = 0;
  std::string refuse;
  std::string calls_file;
  std::string template_file;
  std::string check_error;
  std::int64_t begin_us = 0;
  std::int64_t ages_from_us = 0;
};

// False when `bytes` is no flat msgpack map.
[[nodiscard]] bool read_config(std::string_view bytes, Config& config);

}  // namespace testing_connector
