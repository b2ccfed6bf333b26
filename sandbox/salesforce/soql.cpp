#include "sandbox/salesforce/soql.hpp"

#include <algorithm>
#include <cstdlib>

#include "sandbox/base/http.hpp"
#include "sandbox/salesforce/soql_lexer.hpp"

namespace perennial::sandbox::salesforce {
namespace {

constexpr int nesting_max = 32;

class Parser {
 public:
  Parser(std::string_view text, Day today)
      : text_(text), today_(today), tokens_(tokenize_soql(text)) {}

  tl::expected<Query, ApiError> run() {
    Query query;
    query.text = std::string(text_);
    if (!select_statement(query, false)) return tl::unexpected(*error_);
    if (peek().kind != Token::Kind::end) {
      fail("unexpected token: '" + peek().text + "'");
      return tl::unexpected(*error_);
    }
    return query;
  }

 private:
  const Token& peek() const { return tokens_[at_]; }
  bool is_word(std::string_view word) const {
    return peek().kind == Token::Kind::word && equal_ignoring_case(peek().text, word);
  }
  bool is_symbol(std::string_view symbol) const {
    return peek().kind == Token::Kind::symbol && peek().text == symbol;
  }
  bool take_word(std::string_view word) {
    if (!is_word(word)) return false;
    ++at_;
    return true;
  }
  bool take_symbol(std::string_view symbol) {
    if (!is_symbol(symbol)) return false;
    ++at_;
    return true;
  }

  bool fail(const std::string& text) {
    if (!error_) error_ = soql_error(text_, peek().at, "MALFORMED_QUERY", text);
    return false;
  }
  bool unexpected() {
    if (peek().kind == Token::Kind::end) return fail("unexpected token: '<EOF>'");
    return fail("unexpected token: '" + peek().text + "'");
  }

  bool name(std::string& out) {
    if (peek().kind != Token::Kind::word) return unexpected();
    out = peek().text;
    ++at_;
    return true;
  }

  bool select_statement(Query& query, bool is_child) {
    if (!take_word("SELECT")) return unexpected();
    if (!select_list(query, is_child)) return false;
    if (!take_word("FROM")) return unexpected();
    if (!name(query.object)) return false;
    // An alias may follow the object; it is any word that starts no clause.
    if (peek().kind == Token::Kind::word && !is_clause_word()) ++at_;
    if (take_word("WHERE")) {
      Condition where;
      if (!any_of(where, 0)) return false;
      query.where = std::move(where);
    }
    return order_by(query) && bounds(query);
  }

  bool is_clause_word() const {
    return is_word("WHERE") || is_word("ORDER") || is_word("LIMIT") || is_word("OFFSET") ||
           is_word("WITH") || is_word("FOR") || is_word("GROUP") || is_word("USING") ||
           is_word("ALL");
  }

  bool select_list(Query& query, bool is_child) {
    do {
      if (take_symbol("(")) {
        if (is_child) return fail("only one level of child relationships is supported");
        Query child;
        if (!select_statement(child, true)) return false;
        if (!take_symbol(")")) return unexpected();
        query.children.push_back(std::move(child));
        continue;
      }
      std::string field;
      if (!name(field)) return false;
      if (!take_symbol("(")) {
        query.fields.push_back(std::move(field));
        continue;
      }
      if (!function(query, field)) return false;
    } while (take_symbol(","));
    return true;
  }

  bool function(Query& query, const std::string& called) {
    if (equal_ignoring_case(called, "COUNT") && take_symbol(")")) {
      query.is_count = true;
      return true;
    }
    std::string argument;
    if (!equal_ignoring_case(called, "FIELDS") && !equal_ignoring_case(called, "TOLABEL") &&
        !equal_ignoring_case(called, "FORMAT")) {
      return fail("the sandbox knows no function " + called + " in SELECT");
    }
    if (!name(argument)) return false;
    if (!take_symbol(")")) return unexpected();
    const bool is_fields = equal_ignoring_case(called, "FIELDS");
    query.fields.push_back(is_fields ? "FIELDS(" + argument + ")" : argument);
    return true;
  }

  bool any_of(Condition& out, int depth) {
    if (depth > nesting_max) return fail("the condition is nested too deeply");
    return joined(out, depth, Condition::Kind::any_of, "OR");
  }
  bool all_of(Condition& out, int depth) {
    return joined(out, depth, Condition::Kind::all_of, "AND");
  }

  bool joined(Condition& out, int depth, Condition::Kind kind, std::string_view word) {
    const bool is_or = kind == Condition::Kind::any_of;
    Condition first;
    if (!(is_or ? all_of(first, depth) : unary(first, depth))) return false;
    if (!is_word(word)) {
      out = std::move(first);
      return true;
    }
    out.kind = kind;
    out.children.push_back(std::move(first));
    while (take_word(word)) {
      Condition next;
      if (!(is_or ? all_of(next, depth) : unary(next, depth))) return false;
      out.children.push_back(std::move(next));
    }
    return true;
  }

  bool unary(Condition& out, int depth) {
    if (take_word("NOT")) {
      out.kind = Condition::Kind::negation;
      out.children.emplace_back();
      if (depth > nesting_max) return fail("the condition is nested too deeply");
      return unary(out.children.back(), depth + 1);
    }
    if (take_symbol("(")) {
      if (!any_of(out, depth + 1)) return false;
      return take_symbol(")") || unexpected();
    }
    return comparison(out);
  }

  bool comparison(Condition& out) {
    if (!name(out.path)) return false;
    if (take_word("LIKE")) {
      out.kind = Condition::Kind::like;
      return literal(out.values.emplace_back());
    }
    const bool is_negated = take_word("NOT");
    if (take_word("IN")) {
      out.kind = Condition::Kind::in;
      out.comparison = is_negated ? "NOT IN" : "IN";
      return literal_list(out);
    }
    if (is_negated || peek().kind != Token::Kind::symbol) return unexpected();
    static constexpr std::string_view known = " = != < > <= >= ";
    if (known.find(" " + peek().text + " ") == std::string_view::npos) return unexpected();
    out.comparison = peek().text;
    ++at_;
    return literal(out.values.emplace_back());
  }

  bool literal_list(Condition& out) {
    if (!take_symbol("(")) return unexpected();
    do {
      if (!literal(out.values.emplace_back())) return false;
    } while (take_symbol(","));
    return take_symbol(")") || unexpected();
  }

  bool literal(Literal& out) {
    const Token token = peek();
    out.text = token.text;
    switch (token.kind) {
      case Token::Kind::text:
        out.kind = Literal::Kind::text;
        break;
      case Token::Kind::number:
        out.kind = Literal::Kind::number;
        out.number = std::strtod(token.text.c_str(), nullptr);
        break;
      case Token::Kind::instant:
        if (!date_or_datetime(out)) return false;
        break;
      case Token::Kind::word:
        if (!word_literal(out)) return false;
        break;
      default:
        return unexpected();
    }
    ++at_;
    return true;
  }

  bool date_or_datetime(Literal& out) {
    if (const auto day = parse_day(out.text)) {
      out.kind = Literal::Kind::date;
      out.instant = start_of(*day);
      return true;
    }
    const auto at = parse_instant(out.text);
    // A datetime literal without a zone is an error in SOQL, not local time.
    const bool has_zone = out.text.find('Z') != std::string::npos ||
                          out.text.find_first_of("+-", 10) != std::string::npos;
    if (!at || !has_zone) return unexpected();
    out.kind = Literal::Kind::datetime;
    out.instant = *at;
    return true;
  }

  bool word_literal(Literal& out) {
    if (is_word("null")) {
      out.kind = Literal::Kind::null;
      return true;
    }
    if (is_word("true") || is_word("false")) {
      out.kind = Literal::Kind::boolean;
      out.boolean = is_word("true");
      return true;
    }
    return relative_date(out) || unexpected();
  }

  bool relative_date(Literal& out) {
    const std::string word = lower_case(out.text);
    Day first = today_;
    Day past_end = today_ + std::chrono::days(1);
    const std::size_t colon = word.find(':');
    const int count = colon == std::string::npos ? 0 : std::atoi(word.c_str() + colon + 1);
    const std::string base = word.substr(0, colon);
    if (base == "yesterday") {
      first -= std::chrono::days(1);
      past_end = today_;
    } else if (base == "tomorrow") {
      first += std::chrono::days(1);
      past_end += std::chrono::days(1);
    } else if (base == "last_n_days") {
      first -= std::chrono::days(count);
    } else if (base == "next_n_days") {
      first += std::chrono::days(1);
      past_end += std::chrono::days(count);
    } else if (base != "today") {
      return false;
    }
    out.kind = Literal::Kind::date;
    out.instant = start_of(first);
    out.instant_end = start_of(past_end);
    return true;
  }

  bool order_by(Query& query) {
    if (!take_word("ORDER")) return true;
    if (!take_word("BY")) return unexpected();
    do {
      OrderKey key;
      if (!name(key.path)) return false;
      if (take_word("DESC"))
        key.is_descending = true;
      else
        take_word("ASC");
      if (take_word("NULLS")) {
        if (take_word("LAST"))
          key.nulls_last = true;
        else if (!take_word("FIRST"))
          return unexpected();
      }
      query.order.push_back(std::move(key));
    } while (take_symbol(","));
    return true;
  }

  bool bounds(Query& query) {
    if (take_word("LIMIT")) {
      std::size_t limit = 0;
      if (!count(limit)) return false;
      query.limit = limit;
    }
    return !take_word("OFFSET") || count(query.offset);
  }

  bool count(std::size_t& out) {
    if (peek().kind != Token::Kind::number) return unexpected();
    out = static_cast<std::size_t>(std::strtoull(peek().text.c_str(), nullptr, 10));
    ++at_;
    return true;
  }

  std::string_view text_;
  Day today_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::optional<ApiError> error_;
};

}  // namespace

ApiError soql_error(std::string_view query, std::size_t at, std::string code, std::string text) {
  const std::size_t shown_from = at > 30 ? at - 30 : 0;
  const std::string shown(query.substr(shown_from, 60));
  std::string framed = "\n" + shown + "\n" + std::string(at - shown_from, ' ') + "^\n";
  framed += "ERROR at Row:1:Column:" + std::to_string(at + 1) + "\n" + text;
  return {std::move(code), std::move(framed)};
}

tl::expected<Query, ApiError> parse_soql(std::string_view text, Day today) {
  return Parser(text, today).run();
}

}  // namespace perennial::sandbox::salesforce
