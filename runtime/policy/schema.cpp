#include "runtime/policy/schema.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "runtime/event/cursor.hpp"
#include "runtime/policy/formats.hpp"

namespace perennial::policy {
namespace {

using Json = nlohmann::json;
using event::Cursor;
using Verdict = tl::expected<void, Violation>;

enum TypeBit : unsigned {
  type_null = 1,
  type_boolean = 2,
  type_integer = 4,
  type_number = 8,
  type_text = 16,
  type_array = 32,
  type_object = 64,
};

struct Node;

struct Property {
  std::string name;
  std::unique_ptr<Node> node;
  bool is_required = false;
};

// One schema object; unset parts do not constrain.
struct Node {
  bool refuses_all = false;  // the schema `false`
  unsigned types = 0;        // 0 = any
  std::vector<Property> properties;
  std::unique_ptr<Node> additional;  // of properties not named; unset = free
  std::unique_ptr<Node> items;
  std::vector<Json> allowed;  // enum, const
  std::unique_ptr<RE2> pattern;
  std::string pattern_text;
  Format format = Format::none;
  std::optional<double> minimum, maximum, above, below;
  std::optional<std::uint64_t> length_min, length_max, items_min, items_max;
};

Verdict violation(std::string pointer, std::string reason) {
  return tl::unexpected(Violation{std::move(pointer), std::move(reason)});
}

std::string escaped(std::string_view part) {
  std::string out = "/";
  for (char symbol : part) {
    if (symbol == '~') {
      out += "~0";
    } else if (symbol == '/') {
      out += "~1";
    } else {
      out += symbol;
    }
  }
  return out;
}

// ---- compiling
// --------------------------------------------------------------------------------------------------

class Compiler {
 public:
  Result<std::unique_ptr<Node>> compile(const Json& schema, const std::string& pointer) {
    auto node = std::make_unique<Node>();
    if (schema.is_boolean()) {
      node->refuses_all = !schema.get<bool>();
      return node;
    }
    if (!schema.is_object()) return refuse(pointer, "expected an object or a boolean");
    for (const auto& [keyword, value] : schema.items()) {
      if (auto status = keyword_of(*node, schema, keyword, value, pointer + escaped(keyword));
          !status) {
        return tl::unexpected(status.error());
      }
    }
    return node;
  }

 private:
  static tl::unexpected<Error> refuse(const std::string& pointer, const std::string& reason) {
    return fail(Code::invalid, "schema at '" + pointer + "': " + reason);
  }

  static bool is_annotation(const std::string& keyword) {
    static constexpr std::string_view annotations[] = {
        "$schema", "$id",        "$comment", "title",     "description", "examples",
        "default", "deprecated", "readOnly", "writeOnly", "x-money",     "x-personal"};
    return std::find(std::begin(annotations), std::end(annotations), keyword) !=
           std::end(annotations);
  }

  Status keyword_of(Node& node, const Json& schema, const std::string& keyword, const Json& value,
                    const std::string& pointer) {
    if (is_annotation(keyword)) return {};
    if (keyword == "type") return type(node, value, pointer);
    if (keyword == "properties") return properties(node, schema, value, pointer);
    if (keyword == "required") return required(node, schema, value, pointer);
    if (keyword == "additionalProperties") return child(node.additional, value, pointer);
    if (keyword == "items") return child(node.items, value, pointer);
    if (keyword == "enum" || keyword == "const") return allowed(node, keyword, value, pointer);
    if (keyword == "pattern") return pattern(node, value, pointer);
    if (keyword == "format") return format(node, value, pointer);
    return bound(node, keyword, value, pointer);
  }

  static Status type(Node& node, const Json& value, const std::string& pointer) {
    static constexpr std::pair<std::string_view, unsigned> names[] = {
        {"null", type_null},       {"boolean", type_boolean},
        {"integer", type_integer}, {"number", type_number | type_integer},
        {"string", type_text},     {"array", type_array},
        {"object", type_object}};
    for (const Json& name : value.is_array() ? value : Json::array({value})) {
      const auto* found = std::find_if(std::begin(names), std::end(names), [&](const auto& known) {
        return name.is_string() && name.get_ref<const std::string&>() == known.first;
      });
      if (found == std::end(names)) return refuse(pointer, "expected a JSON Schema type name");
      node.types |= found->second;
    }
    return {};
  }

  Status child(std::unique_ptr<Node>& into, const Json& value, const std::string& pointer) {
    auto node = compile(value, pointer);
    if (!node) return tl::unexpected(node.error());
    into = std::move(*node);
    return {};
  }

  static Property& property(Node& node, const std::string& name) {
    const auto found = std::find_if(node.properties.begin(), node.properties.end(),
                                    [&](const Property& known) { return known.name == name; });
    if (found != node.properties.end()) return *found;
    node.properties.push_back(Property{name, nullptr, false});
    return node.properties.back();
  }

  Status properties(Node& node, const Json& /*schema*/, const Json& value,
                    const std::string& pointer) {
    if (!value.is_object()) return refuse(pointer, "expected an object");
    for (const auto& [name, schema] : value.items()) {
      if (auto status = child(property(node, name).node, schema, pointer + escaped(name));
          !status) {
        return status;
      }
    }
    return {};
  }

  static Status required(Node& node, const Json& schema, const Json& value,
                         const std::string& pointer) {
    if (!value.is_array()) return refuse(pointer, "expected an array of names");
    const bool is_closed = schema.contains("additionalProperties") &&
                           schema["additionalProperties"].is_boolean() &&
                           !schema["additionalProperties"].get<bool>();
    for (const Json& name : value) {
      if (!name.is_string()) return refuse(pointer, "expected an array of names");
      const auto& text = name.get_ref<const std::string&>();
      const bool is_declared = schema.contains("properties") && schema["properties"].contains(text);
      if (is_closed && !is_declared) {
        return refuse(pointer, "expected '" + text + "' among the properties of a closed object");
      }
      property(node, text).is_required = true;
    }
    return {};
  }

  static Status allowed(Node& node, const std::string& keyword, const Json& value,
                        const std::string& pointer) {
    if (keyword == "enum" && !value.is_array()) return refuse(pointer, "expected an array");
    const Json values = keyword == "enum" ? value : Json::array({value});
    for (const Json& one : values) {
      if (one.is_structured()) return refuse(pointer, "expected scalar values");
      node.allowed.push_back(one);
    }
    return {};
  }

  static Status pattern(Node& node, const Json& value, const std::string& pointer) {
    if (!value.is_string()) return refuse(pointer, "expected a regular expression");
    RE2::Options options;
    options.set_log_errors(false);
    node.pattern_text = value.get<std::string>();
    node.pattern = std::make_unique<RE2>(node.pattern_text, options);
    if (!node.pattern->ok())
      return refuse(pointer, "expected an RE2 pattern, but " + node.pattern->error());
    return {};
  }

  static Status format(Node& node, const Json& value, const std::string& pointer) {
    const auto known = value.is_string() ? format_of(value.get<std::string>()) : std::nullopt;
    if (!known) return refuse(pointer, "expected format date or date-time");
    node.format = *known;
    return {};
  }

  static Status bound(Node& node, const std::string& keyword, const Json& value,
                      const std::string& pointer) {
    static const std::pair<std::string_view, std::optional<double> Node::*> numbers[] = {
        {"minimum", &Node::minimum},
        {"maximum", &Node::maximum},
        {"exclusiveMinimum", &Node::above},
        {"exclusiveMaximum", &Node::below}};
    static const std::pair<std::string_view, std::optional<std::uint64_t> Node::*> counts[] = {
        {"minLength", &Node::length_min},
        {"maxLength", &Node::length_max},
        {"minItems", &Node::items_min},
        {"maxItems", &Node::items_max}};
    for (const auto& [name, field] : numbers) {
      if (name != keyword) continue;
      if (!value.is_number()) return refuse(pointer, "expected a number");
      node.*field = value.get<double>();
      return {};
    }
    for (const auto& [name, field] : counts) {
      if (name != keyword) continue;
      if (!value.is_number_unsigned()) return refuse(pointer, "expected a whole number from 0");
      node.*field = value.get<std::uint64_t>();
      return {};
    }
    return refuse(pointer, "expected a keyword that event schemas may use; this one is not known");
  }
};

// ---- checking
// ---------------------------------------------------------------------------------------------------

std::uint64_t code_points(std::string_view text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
  }));
}

unsigned type_of(Cursor cursor) {
  switch (cursor.kind()) {
    case event::Kind::nil:
      return type_null;
    case event::Kind::boolean:
      return type_boolean;
    case event::Kind::integer:
    case event::Kind::unsigned_integer:
      return type_integer;
    case event::Kind::real: {
      const double value = cursor.real();
      return std::trunc(value) == value ? type_number | type_integer : type_number;
    }
    case event::Kind::text:
      return type_text;
    case event::Kind::array:
      return type_array;
    case event::Kind::map:
      return type_object;
    default:
      return 0;
  }
}

std::string type_names(unsigned types) {
  static constexpr std::pair<unsigned, std::string_view> names[] = {
      {type_object, "an object"}, {type_array, "an array"},     {type_text, "text"},
      {type_number, "a number"},  {type_integer, "an integer"}, {type_boolean, "true or false"},
      {type_null, "null"}};
  std::string out;
  for (const auto& [bit, name] : names) {
    if ((types & bit) == 0 || (bit == type_integer && (types & type_number) != 0)) continue;
    out += (out.empty() ? "" : " or ") + std::string(name);
  }
  return out.empty() ? "something else" : out;
}

bool equals(const Json& wanted, Cursor cursor) {
  switch (cursor.kind()) {
    case event::Kind::text:
      return wanted.is_string() && wanted.get_ref<const std::string&>() == cursor.text();
    case event::Kind::integer:
      return wanted.is_number() && wanted == cursor.integer();
    case event::Kind::real:
      return wanted.is_number() && wanted == cursor.real();
    case event::Kind::boolean:
      return wanted.is_boolean() && wanted.get<bool>() == cursor.boolean();
    case event::Kind::nil:
      return wanted.is_null();
    default:
      return false;
  }
}

class Program final : public Schema {
 public:
  explicit Program(std::unique_ptr<Node> root) : root_(std::move(root)) {}

  Verdict check(ByteView value) const override {
    Cursor cursor(value);
    return node(*root_, cursor);
  }

 private:
  // Consumes exactly one value. Depth is bounded by the event gate, which runs first.
  static Verdict node(const Node& rule, Cursor& cursor) {
    if (rule.refuses_all) return violation("", "expected it to be absent, but it is given");
    const unsigned type = type_of(cursor);
    if (rule.types != 0 && (rule.types & type) == 0) {
      return violation("",
                       "expected " + type_names(rule.types) + ", but it is " + type_names(type));
    }
    if (!rule.allowed.empty()) {
      const bool is_allowed = std::any_of(rule.allowed.begin(), rule.allowed.end(),
                                          [&](const Json& one) { return equals(one, cursor); });
      if (!is_allowed) return violation("", "expected one of " + Json(rule.allowed).dump());
    }
    if (type == type_object) return object(rule, cursor);
    if (type == type_array) return array(rule, cursor);
    if (type == type_text) return text(rule, cursor.text());
    if ((type & (type_number | type_integer)) != 0) return number(rule, cursor.real());
    cursor.skip();
    return {};
  }

  static Verdict within(Verdict verdict, std::string_view part) {
    if (verdict) return verdict;
    verdict.error().pointer.insert(0, escaped(part));
    return verdict;
  }

  static Verdict object(const Node& rule, Cursor& cursor) {
    std::uint64_t found =
        0;  // bit per property; schemas with more than 64 are counted by name below
    std::vector<bool> found_beyond;
    if (rule.properties.size() > 64) found_beyond.resize(rule.properties.size());
    for (std::uint32_t pairs = cursor.map(); pairs > 0; --pairs) {
      const std::string_view name = cursor.text();
      std::size_t index = 0;
      while (index < rule.properties.size() && rule.properties[index].name != name) ++index;
      const bool is_known = index < rule.properties.size();
      if (is_known && found_beyond.empty()) found |= std::uint64_t{1} << index;
      if (is_known && !found_beyond.empty()) found_beyond[index] = true;
      const Node* next = is_known ? rule.properties[index].node.get() : rule.additional.get();
      if (next == nullptr) {
        cursor.skip();
      } else if (!is_known && next->refuses_all) {
        return violation(escaped(name),
                         "expected only the declared fields, but this one is unknown");
      } else if (auto verdict = within(node(*next, cursor), name); !verdict) {
        return verdict;
      }
    }
    for (std::size_t index = 0; index < rule.properties.size(); ++index) {
      const bool is_found =
          found_beyond.empty() ? ((found >> index) & 1) != 0 : found_beyond[index];
      if (rule.properties[index].is_required && !is_found) {
        return violation(escaped(rule.properties[index].name),
                         "expected this field, but it is missing");
      }
    }
    return {};
  }

  static Verdict array(const Node& rule, Cursor& cursor) {
    const std::uint32_t count = cursor.array();
    if (rule.items_min && count < *rule.items_min) {
      return violation("", "expected at least " + std::to_string(*rule.items_min) + " elements");
    }
    if (rule.items_max && count > *rule.items_max) {
      return violation("", "expected at most " + std::to_string(*rule.items_max) + " elements");
    }
    for (std::uint32_t index = 0; index < count; ++index) {
      if (!rule.items) {
        cursor.skip();
      } else if (auto verdict = within(node(*rule.items, cursor), std::to_string(index));
                 !verdict) {
        return verdict;
      }
    }
    return {};
  }

  static Verdict text(const Node& rule, std::string_view value) {
    if (rule.length_min || rule.length_max) {
      const std::uint64_t length = code_points(value);
      if (rule.length_min && length < *rule.length_min) {
        return violation("",
                         "expected at least " + std::to_string(*rule.length_min) + " characters");
      }
      if (rule.length_max && length > *rule.length_max) {
        return violation("",
                         "expected at most " + std::to_string(*rule.length_max) + " characters");
      }
    }
    if (rule.pattern &&
        !RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), *rule.pattern)) {
      return violation("", "expected text like /" + rule.pattern_text + "/");
    }
    if (!has_format(rule.format, value)) {
      return violation("", "expected a " + std::string(name_of(rule.format)));
    }
    return {};
  }

  static Verdict number(const Node& rule, double value) {
    const bool is_low =
        (rule.minimum && value < *rule.minimum) || (rule.above && value <= *rule.above);
    const bool is_high =
        (rule.maximum && value > *rule.maximum) || (rule.below && value >= *rule.below);
    if (is_low) return violation("", "expected a larger number");
    if (is_high) return violation("", "expected a smaller number");
    return {};
  }

  std::unique_ptr<Node> root_;
};

}  // namespace

Result<std::shared_ptr<const Schema>> Schema::compile(std::string_view json_text) {
  const Json document = Json::parse(json_text, nullptr, false);
  if (document.is_discarded())
    return fail(Code::invalid, "expected a JSON document, but it does not parse");
  auto root = Compiler().compile(document, "");
  if (!root) return tl::unexpected(root.error());
  return std::make_shared<Program>(std::move(*root));
}

const Schema* Registry::find(std::string_view type) const {
  const auto found = schemas.find(type);
  return found == schemas.end() ? nullptr : found->second.get();
}

}  // namespace perennial::policy
