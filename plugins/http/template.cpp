#include "plugins/http/template.hpp"

#include <algorithm>

#include "plugins/common/url.hpp"

namespace perennial::plugins::http {
namespace {

using common::Json;
using common::Parsed;

bool is_field_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.back() != '.' &&
         std::all_of(name.begin(), name.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                  (letter >= '0' && letter <= '9') || letter == '_' || letter == '-' ||
                  letter == '.';
         });
}

const Json* at_dotted(const Json& value, std::string_view name) {
  const Json* here = &value;
  while (here->is_object()) {
    const std::size_t dot = name.find('.');
    const auto found = here->find(std::string(name.substr(0, dot)));
    if (found == here->end()) return nullptr;
    here = &*found;
    if (dot == std::string_view::npos) return here;
    name.remove_prefix(dot + 1);
  }
  return nullptr;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte < 0x20 || byte == 0x7f;
  });
}

// Why a value may not stand there; "" when it may.
std::string objection(const std::string& value, Target target) {
  if (target != Target::text && value.empty()) return "is empty";
  if (target == Target::path && (value == "." || value == "..")) {
    return "is a step of a path, which would lead to another resource";
  }
  if (target == Target::header && has_control(value)) return "has control characters";
  return {};
}

}  // namespace

Parsed<Template> Template::parse(std::string_view text) {
  Template made;
  while (!text.empty()) {
    const std::size_t open = text.find_first_of("{}");
    if (open > 0) made.parts_.push_back({std::string(text.substr(0, open)), false});
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (text[open] == '}' || close == std::string_view::npos || !is_field_name(name)) {
      return tl::unexpected(
          "expected {field} with a name of letters, digits, _, - and dots, but \"" +
          std::string(text.substr(open)) + "\" came");
    }
    made.parts_.push_back({std::string(name), true});
    text.remove_prefix(close + 1);
  }
  return made;
}

tl::expected<std::string, Unfilled> Template::value_of(const std::string& name,
                                                       const Scope& scope) {
  if (name == "key") return std::string(scope.key);
  const bool is_found = name.rfind("found.", 0) == 0;
  const Json* value =
      is_found ? at_dotted(scope.found, name.substr(6)) : at_dotted(scope.payload, name);
  if (value == nullptr || value->is_null()) return tl::unexpected(Unfilled{name, "is not there"});
  std::optional<std::string> text = scalar_text(*value);
  if (!text) return tl::unexpected(Unfilled{name, "is a map or a list"});
  return std::move(*text);
}

tl::expected<std::string, Unfilled> Template::expand(const Scope& scope, Target target) const {
  std::string out;
  for (const Part& part : parts_) {
    if (!part.is_field) {
      out += part.text;
      continue;
    }
    tl::expected<std::string, Unfilled> value = value_of(part.text, scope);
    if (!value) return value;
    if (std::string why = objection(*value, target); !why.empty()) {
      return tl::unexpected(Unfilled{part.text, std::move(why)});
    }
    out += target == Target::path ? common::percent_encoded(*value) : *value;
  }
  return out;
}

bool Template::has_fields() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.is_field; });
}

bool Template::names(std::string_view field) const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [&](const Part& part) { return part.is_field && part.text == field; });
}

Parsed<Pointer> Pointer::parse(const std::string& text) {
  Pointer made;
  // The library reports a malformed pointer by throwing only.
  try {
    made.place_ = Json::json_pointer(text);
  } catch (const Json::exception&) {
    return tl::unexpected("expected a JSON Pointer such as /items/0/id, but \"" + text + "\" came");
  }
  return made;
}

const Json* Pointer::find(const Json& value) const {
  // contains() throws for an index such as "01", which is nowhere.
  try {
    if (!value.contains(place_)) return nullptr;
    const Json& found = value.at(place_);
    return found.is_null() ? nullptr : &found;
  } catch (const Json::exception&) {
    return nullptr;
  }
}

bool Pointer::put(Json& value, const Json& set) const {
  try {
    value[place_] = set;
  } catch (const Json::exception&) {
    return false;
  }
  return true;
}

std::optional<std::string> scalar_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return std::string(value.get<bool>() ? "true" : "false");
  if (value.is_number()) return value.dump();
  return std::nullopt;
}

}  // namespace perennial::plugins::http
