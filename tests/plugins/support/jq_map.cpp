#include "tests/plugins/support/jq_map.hpp"

extern "C" {
#include <jq.h>
}

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace perennial::tests {
namespace {

void keep_error(void* context, jv message) {
  jv text = jq_format_error(message);
  *static_cast<std::string*>(context) += jv_string_value(text);
  jv_free(text);
}

std::string source_of(const std::string& connector, std::vector<std::string>& names) {
  const std::string folder = "plugins/" + connector + "/mappings";
  std::vector<std::string> definitions;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string stem = entry.path().stem().string();
    (stem.front() == '_' ? definitions : names).push_back(stem);
  }
  std::sort(definitions.begin(), definitions.end());
  std::sort(names.begin(), names.end());
  std::string source = text_file("tests/plugins/support/prelude.jq");
  for (const std::string& name : definitions) source += text_file(folder + "/" + name + ".jq");
  source += ". as $call | $call.vars as $vars | $call.input | ";
  const char* word = "if";
  for (const std::string& name : names) {
    source += std::string(word) + " $call.map == \"" + name + "\" then (" +
              text_file(folder + "/" + name + ".jq") + ") ";
    word = "elif";
  }
  return source + "else error(\"no map \" + $call.map) end";
}

}  // namespace

JqMaps::JqMaps(const std::string& connector) {
  jq_state* jq = jq_init();
  program_ = jq;
  jq_set_error_cb(jq, keep_error, &error_);
  const std::string source = source_of(connector, names_);
  if (jq_compile(jq, source.c_str()) == 0) {
    throw std::runtime_error("mappings of " + connector + ": " + error_);
  }
}

JqMaps::~JqMaps() {
  auto* jq = static_cast<jq_state*>(program_);
  jq_teardown(&jq);
}

std::vector<Json> JqMaps::run(const std::string& map, const Json& input, const Json& vars) {
  auto* jq = static_cast<jq_state*>(program_);
  const Json call = {{"map", map}, {"vars", vars}, {"input", input}};
  jq_start(jq, jv_parse(call.dump().c_str()), 0);
  std::vector<Json> results;
  jv value = jq_next(jq);
  for (; jv_is_valid(value); value = jq_next(jq)) {
    jv text = jv_dump_string(value, 0);
    results.push_back(Json::parse(jv_string_value(text)));
    jv_free(text);
  }
  if (jv_invalid_has_msg(jv_copy(value))) {
    jv message = jv_invalid_get_msg(value);
    const std::string why = jv_string_value(message);
    jv_free(message);
    throw std::runtime_error(map + ": " + why);
  }
  jv_free(value);
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
