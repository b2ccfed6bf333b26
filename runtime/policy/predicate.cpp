#include "runtime/policy/predicate.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "runtime/event/cursor.hpp"

namespace perennial::policy {

// Recursive descent over the text; depth is bounded, since filters come from files that people
// edit.
class PredicateParser {
 public:
  explicit PredicateParser(std::string_view text) : text_(text) {}

  tl::expected<Predicate, PredicateError> parse() {
    Predicate predicate;
    predicate.root_ = any_of(0);
    skip_space();
    if (!error_ && at_ < text_.size()) refuse("expected 'and', 'or' or the end");
    if (error_) return tl::unexpected(*error_);
    return predicate;
  }

 private:
  using Node = Predicate::Node;
  static constexpr int depth_max = 32;

  void refuse(const std::string& reason) {
    if (!error_) error_ = PredicateError{at_ + 1, reason};
  }

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  bool take(std::string_view symbol) {
    skip_space();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
  }

  bool take_word(std::string_view word) {
    skip_space();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word)) return false;
    if (rest.size() > word.size() && is_name(rest[word.size()])) return false;
    at_ += word.size();
    return true;
  }

  static bool is_name(char symbol) {
    return std::isalnum(static_cast<unsigned char>(symbol)) != 0 || symbol == '_';
  }

  Node any_of(int depth) { return sequence(depth, "or", Predicate::Kind::any_of); }

  Node sequence(int depth, std::string_view word, Predicate::Kind kind) {
    if (depth > depth_max) {
      refuse("expected at most " + std::to_string(depth_max) + " levels of parentheses");
      return {};
    }
    const bool is_outer = kind == Predicate::Kind::any_of;
    auto operand = [&] {
      return is_outer ? sequence(depth, "and", Predicate::Kind::all_of) : term(depth);
    };
    Node node;
    node.kind = kind;
    node.children.push_back(operand());
    while (!error_ && take_word(word)) node.children.push_back(operand());
    if (node.children.size() == 1) {
      Node only = std::move(node.children.front());
      return only;
    }
    return node;
  }

  Node term(int depth) {
    Node node;
    if (take("(")) {
      node = any_of(depth + 1);
      if (take("|")) {
        if (!take_word("not")) refuse("expected 'not' after '|'");
        node = negate(std::move(node));
      }
      if (!take(")")) refuse("expected ')'");
      return node;
    }
    node.path = path();
    if (error_) return node;
    if (take("|")) {
      if (!take_word("not")) refuse("expected 'not' after '|'");
      return negate(std::move(node));
    }
    if (auto compare = comparison()) {
      node.kind = Predicate::Kind::compare;
      node.compare = *compare;
      node.literal = literal();
    }
    return node;
  }

  static Node negate(Node inner) {
    Node node;
    node.kind = Predicate::Kind::negation;
    node.children.push_back(std::move(inner));
    return node;
  }

  std::vector<std::string> path() {
    std::vector<std::string> parts;
    skip_space();
    if (at_ >= text_.size() || text_[at_] != '.') {
      refuse("expected a path like .data.region");
      return parts;
    }
    while (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      if (at_ < text_.size() && text_[at_] == '"') {
        parts.push_back(quoted());
        continue;
      }
      const std::size_t begin = at_;
      while (at_ < text_.size() && is_name(text_[at_])) ++at_;
      if (begin == at_) refuse("expected a field name after '.'");
      parts.emplace_back(text_.substr(begin, at_ - begin));
    }
    return parts;
  }

  std::optional<Predicate::Compare> comparison() {
    using Compare = Predicate::Compare;
    if (take("==")) return Compare::equal;
    if (take("!=")) return Compare::unequal;
    if (take("<=")) return Compare::less_equal;
    if (take(">=")) return Compare::greater_equal;
    if (take("<")) return Compare::less;
    if (take(">")) return Compare::greater;
    return std::nullopt;
  }

  Predicate::Literal literal() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '"') return quoted();
    if (take_word("true")) return true;
    if (take_word("false")) return false;
    if (take_word("null")) return std::monostate{};
    std::int64_t number = 0;
    const char* begin = text_.data() + at_;
    const char* end = text_.data() + text_.size();
    const auto [after, code] = std::from_chars(begin, end, number);
    if (code != std::errc{} || (after < end && (*after == '.' || is_name(*after)))) {
      refuse(
          "expected \"text\", an integer, true, false or null (money is compared in minor units)");
      return std::monostate{};
    }
    at_ += static_cast<std::size_t>(after - begin);
    return number;
  }

  std::string quoted() {
    std::string value;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      value += text_[at_];
    }
    if (at_ >= text_.size()) {
      refuse("expected a closing '\"'");
    } else {
      ++at_;
    }
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<PredicateError> error_;
};

tl::expected<Predicate, PredicateError> Predicate::compile(std::string_view text) {
  return PredicateParser(text).parse();
}

bool Predicate::matches(ByteView event) const {
  return holds(root_, event);
}

bool Predicate::holds(const Node& node, ByteView event) {
  const auto child_holds = [&](const Node& child) { return holds(child, event); };
  switch (node.kind) {
    case Kind::all_of:
      return std::all_of(node.children.begin(), node.children.end(), child_holds);
    case Kind::any_of:
      return std::any_of(node.children.begin(), node.children.end(), child_holds);
    case Kind::negation:
      return !holds(node.children.front(), event);
    case Kind::compare:
    case Kind::present:
      break;
  }
  ByteView value = event;
  for (const std::string& part : node.path) value = event::find(value, part);
  if (node.kind == Kind::compare) return compare_holds(node, value);
  event::Cursor cursor(value);
  if (cursor.kind() == event::Kind::boolean) return cursor.boolean();
  return cursor.kind() != event::Kind::none && cursor.kind() != event::Kind::nil;
}

bool Predicate::compare_holds(const Node& node, ByteView value) {
  event::Cursor cursor(value);
  int order = 0;
  bool is_comparable = true;
  if (const auto* text = std::get_if<std::string>(&node.literal)) {
    is_comparable = cursor.kind() == event::Kind::text;
    if (is_comparable) order = cursor.text().compare(*text);
  } else if (const auto* number = std::get_if<std::int64_t>(&node.literal)) {
    const bool is_integer = cursor.kind() == event::Kind::integer;
    const bool is_real = cursor.kind() == event::Kind::real;
    is_comparable = is_integer || is_real;
    if (is_integer) {
      const std::int64_t found = cursor.integer();
      order = found < *number ? -1 : found > *number ? 1 : 0;
    } else if (is_real) {
      const double found = cursor.real();
      const auto wanted = static_cast<double>(*number);
      order = found < wanted ? -1 : found > wanted ? 1 : 0;
    }
  } else if (const auto* truth = std::get_if<bool>(&node.literal)) {
    is_comparable = cursor.kind() == event::Kind::boolean;
    if (is_comparable) order = static_cast<int>(cursor.boolean()) - static_cast<int>(*truth);
  } else {
    is_comparable = cursor.kind() == event::Kind::none || cursor.kind() == event::Kind::nil;
  }
  if (!is_comparable) return node.compare == Compare::unequal;
  switch (node.compare) {
    case Compare::equal:
      return order == 0;
    case Compare::unequal:
      return order != 0;
    case Compare::less:
      return order < 0;
    case Compare::less_equal:
      return order <= 0;
    case Compare::greater:
      return order > 0;
    case Compare::greater_equal:
      return order >= 0;
  }
  return false;
}

}  // namespace perennial::policy
