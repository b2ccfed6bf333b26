#include "sandbox/salesforce/soql_lexer.hpp"

#include <cctype>

namespace perennial::sandbox::salesforce {
namespace {

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}
bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

class Lexer {
 public:
  explicit Lexer(std::string_view query) : query_(query) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < query_.size() && std::isspace(static_cast<unsigned char>(query_[at_])) != 0)
        ++at_;
      tokens.push_back(next());
      if (tokens.back().kind == Token::Kind::end || tokens.back().kind == Token::Kind::bad) break;
    }
    if (tokens.back().kind != Token::Kind::end) {
      tokens.push_back({Token::Kind::end, "", query_.size()});
    }
    return tokens;
  }

 private:
  Token next() {
    if (at_ >= query_.size()) return {Token::Kind::end, "", query_.size()};
    const char c = query_[at_];
    if (c == '\'') return string();
    if (is_letter(c)) return word();
    if (is_digit(c)) return number_or_instant();
    if ((c == '-' || c == '+') && at_ + 1 < query_.size() && is_digit(query_[at_ + 1])) {
      return number_or_instant();
    }
    return symbol();
  }

  Token string() {
    const std::size_t begin = at_++;
    std::string text;
    while (at_ < query_.size() && query_[at_] != '\'') {
      if (query_[at_] == '\\' && at_ + 1 < query_.size()) {
        ++at_;
        // The wildcard escapes of LIKE keep their backslash, so that matching can tell them apart.
        if (query_[at_] == '%' || query_[at_] == '_') text += '\\';
        text += unescaped(query_[at_]);
      } else {
        text += query_[at_];
      }
      ++at_;
    }
    if (at_ >= query_.size()) return {Token::Kind::bad, "'", begin};
    ++at_;
    return {Token::Kind::text, text, begin};
  }

  Token word() {
    const std::size_t begin = at_;
    while (at_ < query_.size() && (is_letter(query_[at_]) || is_digit(query_[at_]) ||
                                   query_[at_] == '_' || query_[at_] == '.')) {
      ++at_;
    }
    // Date literals carry their count after a colon: LAST_N_DAYS:30.
    if (at_ + 1 < query_.size() && query_[at_] == ':' && is_digit(query_[at_ + 1])) {
      ++at_;
      while (at_ < query_.size() && is_digit(query_[at_])) ++at_;
    }
    return {Token::Kind::word, std::string(query_.substr(begin, at_ - begin)), begin};
  }

  Token number_or_instant() {
    const std::size_t begin = at_++;
    bool is_instant = false;
    while (at_ < query_.size()) {
      const char c = query_[at_];
      const bool joins = c == '-' || c == ':' || c == 'T' || c == 'Z' || (c == '+' && is_instant);
      if (!is_digit(c) && c != '.' && !joins) break;
      is_instant = is_instant || joins;
      ++at_;
    }
    return {is_instant ? Token::Kind::instant : Token::Kind::number,
            std::string(query_.substr(begin, at_ - begin)), begin};
  }

  Token symbol() {
    const std::size_t begin = at_;
    const std::string_view two = query_.substr(at_, 2);
    if (two == "!=" || two == "<=" || two == ">=" || two == "<>") {
      at_ += 2;
      return {Token::Kind::symbol, two == "<>" ? "!=" : std::string(two), begin};
    }
    const char c = query_[at_++];
    const bool is_known = std::string_view("(),=<>").find(c) != std::string_view::npos;
    return {is_known ? Token::Kind::symbol : Token::Kind::bad, std::string(1, c), begin};
  }

  std::string_view query_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Token> tokenize_soql(std::string_view query) {
  return Lexer(query).run();
}

}  // namespace perennial::sandbox::salesforce
