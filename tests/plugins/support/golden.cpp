#include "tests/plugins/support/golden.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "plugins/common/time.hpp"
#include "tests/plugins/support/jq_map.hpp"

namespace perennial::tests {
namespace {

bool is_of_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "boolean") return value.is_boolean();
  throw std::runtime_error("a schema with the type " + type);
}

void check_text(const Json& schema, const std::string& text, const std::string& at,
                std::vector<std::string>& problems) {
  if (schema.contains("minLength") && text.size() < schema["minLength"]) {
    problems.push_back(at + " is too short");
  }
  if (schema.contains("maxLength") && text.size() > schema["maxLength"]) {
    problems.push_back(at + " is too long");
  }
  if (schema.contains("pattern") &&
      !std::regex_search(text, std::regex(schema["pattern"].get<std::string>()))) {
    problems.push_back(at + " does not match the pattern: " + text);
  }
  const std::string format = schema.value("format", "");
  const bool is_date = text.size() == 10 && plugins::common::ms_of_iso(text);
  const bool is_time = text.size() > 10 && plugins::common::ms_of_iso(text);
  if ((format == "date" && !is_date) || (format == "date-time" && !is_time)) {
    problems.push_back(at + " is no " + format + ": " + text);
  }
}

// The keywords that event schemas use.
void check(const Json& schema, const Json& value, const std::string& at,
           std::vector<std::string>& problems) {
  if (schema.contains("type") && !is_of_type(value, schema["type"])) {
    problems.push_back(at + " is not of type " + schema["type"].get<std::string>());
    return;
  }
  if (schema.contains("enum") &&
      std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
    problems.push_back(at + " is none of the allowed values: " + value.dump());
  }
  if (value.is_string()) check_text(schema, value.get<std::string>(), at, problems);
  if (value.is_number_integer() && schema.contains("minimum") && value < schema["minimum"]) {
    problems.push_back(at + " is too small");
  }
  for (const Json& name : schema.value("required", Json::array())) {
    if (!value.contains(name.get<std::string>())) {
      problems.push_back(at + " lacks " + name.get<std::string>());
    }
  }
  if (value.is_object() && schema.contains("properties")) {
    for (const auto& [name, child] : value.items()) {
      if (!schema["properties"].contains(name)) {
        problems.push_back(at + "/" + name + " is not in the schema");
      } else {
        check(schema["properties"][name], child, at + "/" + name, problems);
      }
    }
  }
  if (value.is_array() && schema.contains("items")) {
    for (const Json& child : value) check(schema["items"], child, at + "[]", problems);
  }
}

void check_event(const Json& event, const std::string& name) {
  if (!event.is_object() || !event.contains("type") || !event.contains("data")) return;
  const std::string type = event["type"];
  std::vector<std::string> problems;
  check(json_file("schemas/events/" + type + ".json"), event["data"], "", problems);
  for (const std::string& problem : problems) ADD_FAILURE() << name << ": " << type << problem;
}

void run_pair(JqMaps& maps, const std::filesystem::path& path, std::set<std::string>& seen) {
  const Json pair = json_file(path.string());
  const std::string map = pair["map"];
  const Json vars = pair.value("vars", Json::object());
  seen.insert(map);
  if (pair.contains("error")) {
    try {
      maps.run(map, pair["input"], vars);
      ADD_FAILURE() << path << " was not refused";
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(pair["error"]), std::string::npos) << error.what();
    }
    return;
  }
  const std::vector<Json> results = maps.run(map, pair["input"], vars);
  EXPECT_EQ(Json(results), pair["output"]) << path << "\ngave " << Json(results).dump(2);
  for (const Json& result : results) check_event(result, path.filename().string());
}

}  // namespace

void expect_golden_pairs(const std::string& connector) {
  JqMaps maps(connector);
  std::set<std::string> seen;
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/plugins/" + connector + "/golden")) {
    run_pair(maps, entry.path(), seen);
  }
  for (const std::string& name : maps.names()) {
    EXPECT_EQ(seen.count(name), 1u) << "no golden pair for " << name;
  }
}

}  // namespace perennial::tests
