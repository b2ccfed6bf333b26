#include "runtime/app/plugin_config.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/policy/pattern.hpp"

namespace perennial::app {
namespace {

using Json = nlohmann::ordered_json;

class Checker {
 public:
  Checker(ConfigReader& reader, PluginConfig& out) : reader_(reader), out_(out) {}

  // The value of an object with defaults filled in; `is_sound` turns false at a finding.
  Json object(const YamlNode& node, const Place& place, const Json& schema,
              const std::string& path) {
    Json value = Json::object();
    if (node.kind != YamlNode::Kind::map && node.kind != YamlNode::Kind::null) {
      misfit(node.place, "expected a map of keys and values");
      return value;
    }
    const Json properties = schema.value("properties", Json::object());
    std::vector<std::string> known;
    for (const auto& [name, property] : properties.items()) known.push_back(name);
    const bool is_open =
        !schema.contains("additionalProperties") || schema["additionalProperties"] != Json(false);
    for (const YamlEntry& entry : node.entries) {
      if (is_open || properties.contains(entry.key)) continue;
      misfit(entry.key_place, "expected an option of this plugin, but '" + entry.key + "' is none" +
                                  did_you_mean(entry.key, known));
    }
    for (const Json& name : schema.value("required", Json::array())) {
      if (node.find(name.get<std::string>()) != nullptr) continue;
      misfit(place,
             "expected the option '" + path + name.get<std::string>() + "', but it is missing");
    }
    for (const auto& [name, property] : properties.items()) {
      const YamlEntry* entry = node.find(name);
      if (entry != nullptr) {
        member(value, name, *entry, property, path);
      } else if (property.contains("default")) {
        value[name] = property["default"];
      } else if (property.value("type", Json()) == Json("object") && has_defaults(property)) {
        value[name] = object(YamlNode{}, place, property, path + name + ".");
      }
    }
    return value;
  }

  [[nodiscard]] bool is_sound() const { return is_sound_; }

 private:
  void misfit(const Place& place, const std::string& reason) {
    reader_.add(place, "config-schema", reason);
    is_sound_ = false;
  }

  static bool has_defaults(const Json& schema) {
    if (!schema.value("required", Json::array()).empty()) return false;
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [name, property] : properties.items()) {
      if (property.contains("default")) return true;
    }
    return false;
  }

  void member(Json& value, const std::string& name, const YamlEntry& entry, const Json& schema,
              const std::string& path) {
    if (schema.value("secret", false)) {
      auto secret = reader_.secret(entry.value);
      is_sound_ = is_sound_ && secret.has_value();
      if (secret) out_.secrets[path + name] = *secret;
      return;
    }
    value[name] = any(entry.value, entry.key_place, schema, path + name + ".");
  }

  Json any(const YamlNode& node, const Place& place, const Json& schema, const std::string& path) {
    const std::string type = schema.value("type", std::string("string"));
    if (type == "object") return object(node, place, schema, path);
    if (type == "array") return array(node, schema, path);
    if (node.kind != YamlNode::Kind::scalar) {
      misfit(node.place, "expected " + type);
      return {};
    }
    auto text = reader_.text(node);
    if (!text) {
      is_sound_ = false;
      return {};
    }
    Json value = scalar(*text, type);
    if (value.is_null()) {
      misfit(node.place, "expected " + type + ", but '" + *text + "' came");
    } else {
      bounds(node, value, schema);
    }
    return value;
  }

  Json array(const YamlNode& node, const Json& schema, const std::string& path) {
    Json values = Json::array();
    if (node.kind != YamlNode::Kind::sequence) {
      misfit(node.place, "expected a list");
      return values;
    }
    const Json element = schema.value("items", Json::object());
    for (const YamlNode& one : node.elements) values.push_back(any(one, one.place, element, path));
    return values;
  }

  static Json scalar(const std::string& text, const std::string& type) {
    if (type == "string") return text;
    if (type == "boolean" && (text == "true" || text == "false")) return text == "true";
    if (type != "integer" && type != "number") return {};
    const Json parsed = Json::parse(text, nullptr, false);
    if (type == "integer" && !parsed.is_number_integer()) return {};
    return parsed.is_number() ? parsed : Json();
  }

  void bounds(const YamlNode& node, const Json& value, const Json& schema) {
    if (schema.contains("enum")) {
      const Json& allowed = schema["enum"];
      if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
        misfit(node.place, "expected one of " + allowed.dump() + ", but " + value.dump() + " came");
      }
    }
    if (schema.contains("pattern") && value.is_string()) {
      const auto pattern = schema["pattern"].get<std::string>();
      if (!policy::is_like(value.get<std::string>(), pattern)) {
        misfit(node.place, "expected text like /" + pattern + "/, but " + value.dump() + " came");
      }
    }
    if (!value.is_number()) return;
    const auto number = value.get<double>();
    const bool is_low = schema.contains("minimum") && number < schema["minimum"].get<double>();
    const bool is_high = schema.contains("maximum") && number > schema["maximum"].get<double>();
    if (is_low)
      misfit(node.place,
             "expected at least " + schema["minimum"].dump() + ", but " + value.dump() + " came");
    if (is_high)
      misfit(node.place,
             "expected at most " + schema["maximum"].dump() + ", but " + value.dump() + " came");
  }

  ConfigReader& reader_;
  PluginConfig& out_;
  bool is_sound_ = true;
};

}  // namespace

bool read_plugin_config(ConfigReader& reader, const YamlNode& config, const Place& place,
                        const std::string& schema_json, PluginConfig& out) {
  const Json schema = Json::parse(schema_json, nullptr, false);
  if (!schema.is_object()) {
    reader.add(place, "config-schema",
               "expected the plugin's config.schema.json to be JSON, but it is not");
    return false;
  }
  Checker checker(reader, out);
  const Json value = checker.object(config, place, schema, "");
  if (!checker.is_sound()) return false;
  const std::vector<std::uint8_t> packed = Json::to_msgpack(value);
  out.config.assign(packed.begin(), packed.end());
  return true;
}

}  // namespace perennial::app
