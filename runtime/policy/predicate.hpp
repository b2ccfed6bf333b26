// Route filters: field comparisons over an event, compiled once and evaluated on its msgpack bytes.
//
// Place:   pure; compiled by app/config, evaluated by pipeline/router on the partition's thread.
// Errors:  compile() answers with the column (from 1) and what was expected. A missing field is
// null, as in jq; comparing
//          values of different kinds is false, except for != which is true.
// Format:  a subset of jq: `.data.region == "EMEA" and (.data.total_minor >= 1000 or .type != "x")
// and (.data.x | not)`,
//          literals: text, integer, true, false, null; a lone path is true unless it is null or
//          false.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"

namespace perennial::policy {

struct PredicateError {
  std::size_t column = 1;
  std::string reason;
};

class Predicate {
 public:
  [[nodiscard]] static tl::expected<Predicate, PredicateError> compile(std::string_view text);

  // `event` is a whole canonical event.
  [[nodiscard]] bool matches(ByteView event) const;

 private:
  friend class PredicateParser;

  enum class Kind : std::uint8_t { compare, present, all_of, any_of, negation };
  enum class Compare : std::uint8_t { equal, unequal, less, less_equal, greater, greater_equal };
  using Literal = std::variant<std::monostate, bool, std::int64_t, std::string>;

  struct Node {
    Kind kind = Kind::present;
    Compare compare = Compare::equal;
    std::vector<std::string> path;
    Literal literal;
    std::vector<Node> children;
  };

  [[nodiscard]] static bool holds(const Node& node, ByteView event);
  [[nodiscard]] static bool compare_holds(const Node& node, ByteView value);

  Node root_;
};

}  // namespace perennial::policy
