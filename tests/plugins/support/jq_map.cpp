#include "tests/plugins/support/jq_map.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "runtime/host/currency_profile.hpp"
#include "runtime/host/jq_program.hpp"

namespace perennial::tests {
namespace {

Bytes packed(const Json& value) {
  const std::vector<std::uint8_t> bytes = Json::to_msgpack(value);
  return {bytes.begin(), bytes.end()};
}

template <typename T>
T wanted(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().reason);
  return std::move(*result);
}

host::JqProgram program_of(const std::string& connector, const Json& vars) {
  const std::string folder = "plugins/" + connector;
  return wanted(
      host::JqProgram::assemble(folder + "/mappings", {}, packed(vars),
                                wanted(host::read_currency_profiles(folder + "/currencies"))));
}

}  // namespace

JqMaps::JqMaps(const std::string& connector) : connector_(connector) {
  host::hide_home_from_jq();
  names_ = program_of(connector, Json::object()).maps();
}

host::JqEngine& JqMaps::engine_for(const Json& vars) {
  std::unique_ptr<host::JqEngine>& engine = engines_[vars.dump()];
  if (!engine) engine = wanted(host::JqEngine::compile(program_of(connector_, vars)));
  return *engine;
}

std::vector<Json> JqMaps::run(const std::string& map, const Json& input, const Json& vars) {
  const auto outputs = engine_for(vars).run(map, packed(input), host::RunBounds());
  if (!outputs) throw std::runtime_error(map + ": " + outputs.error().reason);
  std::vector<Json> results;
  for (const Bytes& output : *outputs) results.push_back(Json::from_msgpack(output));
  return results;
}

Json JqMaps::one(const std::string& map, const Json& input, const Json& vars) {
  const std::vector<Json> results = run(map, input, vars);
  if (results.size() != 1) {
    throw std::runtime_error(map + " gave " + std::to_string(results.size()) + " values");
  }
  return results.front();
}

std::string text_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Json json_file(const std::string& path) {
  return Json::parse(text_file(path));
}

}  // namespace perennial::tests
