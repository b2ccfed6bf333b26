// Texts with {fields} and places in JSON: how a configuration speaks of payloads and answers.
//
// Errors:  Parsed says what is wrong with a text of the configuration; an Unfilled says which field
//          could not be put in, and why. Values that could change the meaning of a request are
//          refused: line breaks in a header, "..", "." or nothing in a path.
// Format:  simple expansion of RFC 6570 (level 1): `{name}`, and `{a.b}` for a field of a map. The
//          name `key` is the delivery's key, `found.x` what the call named in `first` has taken;
//          everything else is of the payload. JSON Pointer is RFC 6901.
#ifndef PERENNIAL_PLUGINS_HTTP_TEMPLATE_HPP
#define PERENNIAL_PLUGINS_HTTP_TEMPLATE_HPP

#include <optional>

#include "plugins/common/json.hpp"

namespace perennial::plugins::http {

// Where the fields of a template come from.
struct Scope {
  const common::Json& payload;
  const common::Json& found;
  std::string_view key;
};

// Where an expanded text goes, which decides what a value may hold.
enum class Target { path, query, header, text };

struct Unfilled {
  std::string field;
  std::string why;
};

class Template {
 public:
  Template() = default;
  static common::Parsed<Template> parse(std::string_view text);

  // In a path values are percent-encoded; a query is encoded as a whole by its writer.
  tl::expected<std::string, Unfilled> expand(const Scope& scope, Target target) const;
  bool has_fields() const;
  bool names(std::string_view field) const;
  bool empty() const { return parts_.empty(); }

 private:
  struct Part {
    std::string text;  // literal, or the dotted name of a field
    bool is_field = false;
  };
  static tl::expected<std::string, Unfilled> value_of(const std::string& name, const Scope& scope);

  std::vector<Part> parts_;
};

class Pointer {
 public:
  Pointer() = default;
  // "" is the whole value.
  static common::Parsed<Pointer> parse(const std::string& text);

  // nullptr when there is nothing, or null, at that place.
  const common::Json* find(const common::Json& value) const;
  // Puts `set` there; false when a value on the way is neither a map nor missing.
  bool put(common::Json& value, const common::Json& set) const;
  std::string text() const { return place_.to_string(); }

 private:
  common::Json::json_pointer place_;
};

// The text of a text, number or truth value; nothing for maps, lists and null.
std::optional<std::string> scalar_text(const common::Json& value);

}  // namespace perennial::plugins::http

#endif
