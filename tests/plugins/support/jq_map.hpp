// Runs a connector's mappings in the engine of the runtime, with the profiles that it ships.
//
// Errors:  a mapping that does not compile, or fails, throws std::runtime_error with jq's words.
#ifndef PERENNIAL_TESTS_PLUGINS_SUPPORT_JQ_MAP_HPP
#define PERENNIAL_TESTS_PLUGINS_SUPPORT_JQ_MAP_HPP

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugins/common/json.hpp"
#include "runtime/host/jq_engine.hpp"

namespace perennial::tests {

using plugins::common::Json;

class JqMaps {
 public:
  // Reads plugins/<connector>/mappings. The program holds every map, as in the runtime.
  explicit JqMaps(const std::string& connector);

  std::vector<Json> run(const std::string& map, const Json& input,
                        const Json& vars = Json::object());
  // Requires: the map gives exactly one value.
  Json one(const std::string& map, const Json& input, const Json& vars = Json::object());

  const std::vector<std::string>& names() const { return names_; }

 private:
  host::JqEngine& engine_for(const Json& vars);

  std::string connector_;
  std::vector<std::string> names_;
  std::map<std::string, std::unique_ptr<host::JqEngine>>
      engines_;  // by vars, which are compiled in
};

// The JSON of a file below the repository's root.
Json json_file(const std::string& path);
std::string text_file(const std::string& path);

}  // namespace perennial::tests

#endif
