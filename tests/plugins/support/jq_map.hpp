// Runs a connector's mapping as the runtime does: one program of prelude, definitions and maps.
//
// Errors:  a mapping that does not compile, or fails, throws std::runtime_error with jq's words.
#ifndef PERENNIAL_TESTS_PLUGINS_SUPPORT_JQ_MAP_HPP
#define PERENNIAL_TESTS_PLUGINS_SUPPORT_JQ_MAP_HPP

#include <string>
#include <vector>

#include "plugins/common/json.hpp"

namespace perennial::tests {

using plugins::common::Json;

class JqMaps {
 public:
  // Reads plugins/<connector>/mappings. The program holds every map, as in the runtime.
  explicit JqMaps(const std::string& connector);
  ~JqMaps();
  JqMaps(const JqMaps&) = delete;
  JqMaps& operator=(const JqMaps&) = delete;

  std::vector<Json> run(const std::string& map, const Json& input,
                        const Json& vars = Json::object());
  // Requires: the map gives exactly one value.
  Json one(const std::string& map, const Json& input, const Json& vars = Json::object());

  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::string error_;
  void* program_;
};

// The JSON of a file below the repository's root.
Json json_file(const std::string& path);
std::string text_file(const std::string& path);

}  // namespace perennial::tests

#endif
