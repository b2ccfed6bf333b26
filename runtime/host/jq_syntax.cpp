#include "runtime/host/jq_syntax.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace perennial::host {
namespace {

using Kind = JqNode::Kind;
using Pointer = JqNode::Pointer;

struct Operator {
  std::string_view text;
  int strength;
  Kind kind;
};
// Longer ones first, because one may begin like another.
constexpr std::array<Operator, 25> operators = {
    {{"//=", 3, Kind::assignment}, {"|=", 3, Kind::assignment},  {"+=", 3, Kind::assignment},
     {"-=", 3, Kind::assignment},  {"*=", 3, Kind::assignment},  {"/=", 3, Kind::assignment},
     {"%=", 3, Kind::assignment},  {"==", 6, Kind::comparison},  {"!=", 6, Kind::comparison},
     {"<=", 6, Kind::comparison},  {">=", 6, Kind::comparison},  {"//", 2, Kind::alternative},
     {"or", 4, Kind::comparison},  {"and", 5, Kind::comparison}, {"=", 3, Kind::assignment},
     {"<", 6, Kind::comparison},   {">", 6, Kind::comparison},   {"+", 7, Kind::arithmetic},
     {"-", 7, Kind::arithmetic},   {"*", 8, Kind::arithmetic},   {"/", 8, Kind::arithmetic},
     {"%", 8, Kind::arithmetic},   {",", 1, Kind::comma},        {"|", 0, Kind::pipe},
     {"?//", -1, Kind::pipe}}};
constexpr int strength_of_pipe = 0;
constexpr int strength_above_comma = 2;
constexpr int strength_of_alternative = 2;
constexpr std::size_t depth_max = 400;

bool is_word_start(char symbol) {
  return (symbol >= 'a' && symbol <= 'z') || (symbol >= 'A' && symbol <= 'Z') || symbol == '_';
}
bool is_digit(char symbol) {
  return symbol >= '0' && symbol <= '9';
}
bool is_word(char symbol) {
  return is_word_start(symbol) || is_digit(symbol);
}

// Thrown and caught in this file only: a tree of returns would hide the grammar.
struct Refusal {
  std::size_t at;
  std::string expected;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Pointer filter() {
    Pointer root = pipe();
    need_end();
    return root;
  }

  std::vector<Pointer> definitions() {
    std::vector<Pointer> all;
    while (is_word_next("def")) all.push_back(definition());
    need_end();
    return all;
  }

 private:
  [[noreturn]] void refuse(std::string expected) { throw Refusal{at_, std::move(expected)}; }
  void need_end() {
    skip();
    if (at_ < text_.size()) refuse("the end of the filter");
  }

  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void skip() {
    while (at_ < text_.size()) {
      if (peek() == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') {
        ++at_;
      } else {
        return;
      }
    }
  }
  bool is_next(std::string_view symbol) {
    skip();
    return text_.substr(at_, symbol.size()) == symbol;
  }
  bool take(std::string_view symbol) {
    if (!is_next(symbol)) return false;
    at_ += symbol.size();
    return true;
  }
  void need(std::string_view symbol) {
    if (!take(symbol)) refuse("'" + std::string(symbol) + "'");
  }
  bool is_word_next(std::string_view word) { return is_next(word) && !is_word(peek(word.size())); }
  bool take_word(std::string_view word) {
    if (!is_word_next(word)) return false;
    at_ += word.size();
    return true;
  }
  void need_word(std::string_view word) {
    if (!take_word(word)) refuse("'" + std::string(word) + "'");
  }
  std::string word() {
    skip();
    const std::size_t begin = at_;
    if (!is_word_start(peek())) refuse("a name");
    while (is_word(peek()) || (peek() == ':' && peek(1) == ':' && is_word_start(peek(2)))) {
      at_ += peek() == ':' ? 2 : 1;
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  Pointer node(Kind kind, std::size_t at, std::string name = {}) const {
    auto made = std::make_unique<JqNode>();
    made->kind = kind;
    made->at = at;
    made->name = std::move(name);
    return made;
  }
  template <typename... Children>
  Pointer node_of(Kind kind, std::size_t at, std::string name, Children... children) const {
    Pointer made = node(kind, at, std::move(name));
    (made->children.push_back(std::move(children)), ...);
    return made;
  }

  Pointer pipe() {
    if (++depth_ > depth_max) refuse("fewer levels");
    Pointer made;
    if (is_word_next("def")) {
      made = definition();
      made->children.push_back(pipe());
    } else {
      made = operation(strength_of_pipe);
    }
    --depth_;
    return made;
  }

  std::optional<Operator> next_operator() {
    skip();
    for (const Operator& one : operators) {
      if (text_.substr(at_, one.text.size()) != one.text) continue;
      if (is_word_start(one.text[0]) && is_word(peek(one.text.size()))) continue;
      if (one.strength < 0) return std::nullopt;
      return one;
    }
    return std::nullopt;
  }

  // Operators that bind at least so strongly.
  Pointer operation(int strength_min) {
    Pointer left = unary();
    while (true) {
      const auto next = next_operator();
      if (!next || next->strength < strength_min) return left;
      const std::size_t at = at_;
      at_ += next->text.size();
      const bool is_right = next->strength == strength_of_alternative;
      Pointer right =
          next->kind == Kind::pipe ? pipe() : operation(next->strength + (is_right ? 0 : 1));
      left = node_of(next->kind, at, std::string(next->text), std::move(left), std::move(right));
    }
  }

  Pointer unary() {
    skip();
    const std::size_t at = at_;
    if (peek() == '-') {
      ++at_;
      return node_of(Kind::negation, at, "-", unary());
    }
    Pointer term = postfix(primary());
    if (!take_word("as")) return term;
    Pointer made = node(Kind::binding, at);
    made->patterns = patterns();
    need("|");
    made->children.push_back(std::move(term));
    made->children.push_back(pipe());
    return made;
  }

  Pointer postfix(Pointer term) {
    while (true) {
      skip();
      const std::size_t at = at_;
      if (peek() == '?' && text_.substr(at_, 3) != "?//") {
        ++at_;
        term = node_of(Kind::attempt, at, {}, std::move(term));
      } else if (peek() == '[') {
        term = brackets(std::move(term));
      } else if (peek() == '.' && (is_word_start(peek(1)) || peek(1) == '"')) {
        ++at_;
        term = field(std::move(term), at);
      } else if (peek() == '.' && peek(1) == '[') {
        ++at_;
      } else {
        return term;
      }
    }
  }

  // The name behind a dot.
  Pointer field(Pointer of, std::size_t at) {
    Pointer name = peek() == '"' ? text() : node(Kind::text, at_, word());
    return node_of(Kind::field, at, {}, std::move(of), std::move(name));
  }

  Pointer brackets(Pointer of) {
    const std::size_t at = at_;
    need("[");
    if (take("]")) return node_of(Kind::iteration, at, {}, std::move(of));
    if (take(":")) {
      Pointer made = node_of(Kind::slice, at, {}, std::move(of), pipe());
      need("]");
      return made;
    }
    Pointer first = pipe();
    if (take("]")) return node_of(Kind::field, at, {}, std::move(of), std::move(first));
    need(":");
    Pointer made = node_of(Kind::slice, at, {}, std::move(of), std::move(first));
    if (take("]")) return made;
    made->children.push_back(pipe());
    need("]");
    return made;
  }

  Pointer primary() {
    skip();
    const std::size_t at = at_;
    const char symbol = peek();
    if (symbol == '.') return dot();
    if (symbol == '"') return text();
    if (is_digit(symbol)) return number();
    if (take("(")) {
      Pointer inside = pipe();
      need(")");
      return inside;
    }
    if (take("[")) {
      Pointer made = node(Kind::array, at);
      if (take("]")) return made;
      made->children.push_back(pipe());
      need("]");
      return made;
    }
    if (symbol == '{') return object();
    if (take("$")) return node(Kind::variable, at, word());
    if (take("@")) {
      std::string name = "@" + word();
      if (peek() != ' ' || !is_next("\"")) return node(Kind::call, at, std::move(name));
      return text();
    }
    if (is_word_start(symbol)) return keyword_or_call();
    refuse("a filter");
  }

  Pointer dot() {
    const std::size_t at = at_++;
    if (peek() == '.') {
      ++at_;
      return node(Kind::recursion, at);
    }
    if (is_digit(peek())) return number();
    Pointer self = node(Kind::identity, at);
    if (is_word_start(peek()) || peek() == '"') return field(std::move(self), at);
    return self;
  }

  Pointer number() {
    const std::size_t at = at_;
    while (is_digit(peek()) || peek() == '.') ++at_;
    if ((peek() == 'e' || peek() == 'E') &&
        (is_digit(peek(1)) || ((peek(1) == '+' || peek(1) == '-') && is_digit(peek(2))))) {
      at_ += 2;
      while (is_digit(peek())) ++at_;
    }
    return node(Kind::literal, at);
  }

  Pointer text() {
    Pointer made = node(Kind::text, at_++);
    while (peek() != '"') {
      if (at_ >= text_.size()) refuse("the end of this text");
      if (peek() == '\\' && peek(1) == '(') {
        at_ += 2;
        made->children.push_back(pipe());
        need(")");
      } else {
        made->name += peek();
        at_ += peek() == '\\' ? 2 : 1;
      }
    }
    ++at_;
    return made;
  }

  Pointer object() {
    Pointer made = node(Kind::object, at_);
    need("{");
    while (!take("}")) {
      member(*made);
      if (!is_next("}")) need(",");
    }
    return made;
  }

  void member(JqNode& made) {
    skip();
    const std::size_t at = at_;
    Pointer key;
    Pointer alone;  // what the value is when none is written
    if (take("(")) {
      key = pipe();
      need(")");
    } else if (take("$")) {
      std::string name = word();
      key = node(Kind::text, at, name);
      alone = node(Kind::variable, at, std::move(name));
    } else if (peek() == '"') {
      key = text();
    } else if (is_digit(peek())) {
      key = number();
    } else {
      const bool is_format = take("@");
      key = node(Kind::text, at, word());
      if (is_format && is_next("\"")) key = text();
    }
    made.children.push_back(std::move(key));
    if (take(":")) {
      made.children.push_back(value());
      return;
    }
    if (!alone) {
      alone = node_of(Kind::field, at, {}, node(Kind::identity, at),
                      node(Kind::text, at, made.children.back()->name));
    }
    made.children.push_back(std::move(alone));
  }

  // A value of an object: a pipe whose sides have no comma.
  Pointer value() {
    Pointer left = operation(strength_above_comma);
    skip();
    if (peek() != '|') return left;
    const std::size_t at = at_++;
    return node_of(Kind::pipe, at, "|", std::move(left), value());
  }

  Pointer keyword_or_call() {
    const std::size_t at = at_;
    if (take_word("if")) return condition(at);
    if (take_word("try")) {
      Pointer made = node_of(Kind::attempt, at, {}, postfix(primary()));
      if (take_word("catch")) made->children.push_back(postfix(primary()));
      return made;
    }
    if (take_word("reduce")) return loop(Kind::reduction, at);
    if (take_word("foreach")) return loop(Kind::iteration_of_state, at);
    if (is_word_next("def")) {
      Pointer made = definition();
      made->children.push_back(pipe());
      return made;
    }
    if (take_word("label")) {
      need("$");
      Pointer made = node(Kind::label, at, word());
      need("|");
      made->children.push_back(pipe());
      return made;
    }
    if (take_word("break")) {
      need("$");
      return node(Kind::jump, at, word());
    }
    Pointer made = node(Kind::call, at, word());
    if (!take("(")) return made;
    do made->children.push_back(pipe());
    while (take(";"));
    need(")");
    return made;
  }

  Pointer condition(std::size_t at) {
    Pointer made = node(Kind::condition, at);
    do {
      made->children.push_back(pipe());
      need_word("then");
      made->children.push_back(pipe());
    } while (take_word("elif"));
    if (take_word("else")) {
      made->children.push_back(pipe());
    } else {
      made->children.push_back(node(Kind::identity, at));
    }
    need_word("end");
    return made;
  }

  Pointer loop(Kind kind, std::size_t at) {
    Pointer made = node(kind, at);
    made->children.push_back(postfix(primary()));
    need_word("as");
    made->patterns = patterns();
    need("(");
    do made->children.push_back(pipe());
    while (take(";"));
    need(")");
    return made;
  }

  Pointer definition() {
    need_word("def");
    Pointer made = node(Kind::definition, at_);
    made->name = word();
    if (take("(")) {
      do {
        const std::string mark = take("$") ? "$" : "";
        made->parameters.push_back(mark + word());
      } while (take(";"));
      need(")");
    }
    need(":");
    made->children.push_back(pipe());
    need(";");
    return made;
  }

  std::vector<JqNode::Pattern> patterns() {
    std::vector<JqNode::Pattern> all;
    do all.push_back(pattern());
    while (take("?//"));
    return all;
  }

  JqNode::Pattern pattern() {
    JqNode::Pattern made;
    if (take("$")) {
      made.variable = word();
    } else if (take("[")) {
      do made.elements.push_back(pattern());
      while (take(","));
      need("]");
    } else {
      need("{");
      do member_pattern(made);
      while (take(","));
      need("}");
    }
    return made;
  }

  void member_pattern(JqNode::Pattern& made) {
    skip();
    const std::size_t at = at_;
    Pointer key;
    std::vector<JqNode::Pattern> inner;
    if (take("$")) {
      JqNode::Pattern self;
      self.variable = word();
      key = node(Kind::text, at, self.variable);
      inner.push_back(std::move(self));
    } else if (take("(")) {
      key = pipe();
      need(")");
    } else {
      key = peek() == '"' ? text() : node(Kind::text, at, word());
    }
    if (take(":")) inner.push_back(pattern());
    made.members.emplace_back(std::move(key), std::move(inner));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

template <typename Read>
auto guarded(std::string_view text, Read read)
    -> tl::expected<decltype(read(std::declval<Parser&>())), FilterError> {
  try {
    Parser parser(text);
    return read(parser);
  } catch (const Refusal& refusal) {
    return tl::unexpected(place_of(text, refusal.at, "expected " + refusal.expected));
  }
}

}  // namespace

FilterError place_of(std::string_view text, std::size_t at, std::string reason) {
  const std::string_view before = text.substr(0, at);
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const auto last = before.rfind('\n');
  return {line, last == std::string_view::npos ? at + 1 : at - last, std::move(reason)};
}

tl::expected<Pointer, FilterError> parse_filter(std::string_view text) {
  return guarded(text, [](Parser& parser) { return parser.filter(); });
}

tl::expected<std::vector<Pointer>, FilterError> parse_definitions(std::string_view text) {
  return guarded(text, [](Parser& parser) { return parser.definitions(); });
}

}  // namespace perennial::host
