// Splits SOQL text into words, literals and symbols, each with its place.
//
// Errors:  an unterminated string or a stray letter becomes a token of kind `bad`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace perennial::sandbox::salesforce {

struct Token {
  enum class Kind { word, text, number, instant, symbol, end, bad };
  Kind kind = Kind::end;
  std::string text;
  std::size_t at = 0;
};

std::vector<Token> tokenize_soql(std::string_view query);

}  // namespace perennial::sandbox::salesforce
