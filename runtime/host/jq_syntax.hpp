// A jq filter as a tree, for checks that need to know what is computed from what.
//
// Place:   read by money_check after jq itself has accepted the text.
// Errors:  what is no jq 1.6 is refused with line and column.
// Format:  the grammar of jq 1.6 (src/parser.y), a little wider: what jq refuses may pass here.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.hpp"
#include "runtime/host/jq_scan.hpp"

namespace perennial::host {

struct JqNode {
  enum class Kind {
    identity,            // .
    recursion,           // ..
    field,               // children: of, name (any expression)
    iteration,           // .[]; children: of
    slice,               // .[a:b]; children: of, and the bounds that are there
    literal,             // a number
    text,                // children: the filters inside; `name` = the text when there are none
    array,               // children: the filter inside, if any
    object,              // children: key, value, key, value ...
    variable,            // $name
    call,                // name(children)
    definition,          // def name(parameters): children[0]; children[1], if any, is in its scope
    pipe,                // a | b
    comma,               // a, b
    arithmetic,          // name = + - * / %
    alternative,         // a // b
    comparison,          // also and, or
    assignment,          // name = = |= += -= *= /= %= //=
    negation,            // -a
    condition,           // children: condition, then, condition, then ..., else
    attempt,             // try a catch b, a?
    binding,             // children: source, body; patterns
    reduction,           // children: source, initial, update; patterns
    iteration_of_state,  // foreach; children: source, initial, update[, extract]; patterns
    label,               // label $name | children[0]
    jump                 // break $name
  };
  using Pointer = std::unique_ptr<JqNode>;

  // What `as` binds: $name, [patterns] or {key: pattern}.
  struct Pattern {
    std::string variable;  // empty = none at this level
    std::vector<Pattern> elements;
    std::vector<std::pair<Pointer, std::vector<Pattern>>> members;  // key, and its pattern if any
  };

  Kind kind = Kind::identity;
  std::size_t at = 0;  // offset in the text; of an operator, where it stands
  std::string name;
  std::vector<std::string> parameters;
  std::vector<Pointer> children;
  std::vector<Pattern> patterns;
};

// The filter, or the definitions that a file of definitions holds.
[[nodiscard]] tl::expected<JqNode::Pointer, FilterError> parse_filter(std::string_view text);
[[nodiscard]] tl::expected<std::vector<JqNode::Pointer>, FilterError> parse_definitions(
    std::string_view text);

// Line and column of an offset, from 1.
[[nodiscard]] FilterError place_of(std::string_view text, std::size_t at, std::string reason);

}  // namespace perennial::host
