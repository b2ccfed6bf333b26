// Event schemas: JSON Schema 2020-12, compiled to a program over msgpack bytes.
//
// Place:   pure; compiled by app from files, asked by pipeline/partition at intake and by lint.
// Errors:  compile() refuses a keyword that it does not know, with its JSON pointer, instead of
// ignoring it. check()
//          answers the first violation: JSON pointer into the value, what was expected, what came.
// Format:  JSON Schema draft 2020-12, the subset that event schemas use: type, properties,
// required,
//          additionalProperties, items, enum, const, pattern (RE2), minLength, maxLength, minimum,
//          maximum, exclusiveMinimum, exclusiveMaximum, minItems, maxItems, format (date,
//          date-time), and annotations.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"
#include "runtime/base/text_map.hpp"

namespace perennial::policy {

struct Violation {
  std::string pointer;  // "" = the value itself
  std::string reason;
};

class Schema {
 public:
  [[nodiscard]] static Result<std::shared_ptr<const Schema>> compile(std::string_view json_text);
  virtual ~Schema() = default;
  // Ok when `value` (one msgpack value) satisfies the schema.
  [[nodiscard]] virtual tl::expected<void, Violation> check(ByteView value) const = 0;
};

// Event type -> schema of its data.
struct Registry {
  TextMap<std::shared_ptr<const Schema>> schemas;
  // Types outside the registry: accepted as they are when true (vendors' namespaced types), refused
  // otherwise.
  bool accepts_unknown_types = false;
  [[nodiscard]] const Schema* find(std::string_view type) const;
};

}  // namespace perennial::policy
