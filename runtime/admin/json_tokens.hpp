// JSON text as a flat list of tokens, and from there to msgpack: nothing is lost, nothing guessed.
//
// Place:   cloud_events.
// Errors:  no JSON, or an integer that msgpack cannot hold exactly: Code::invalid with line and
//          column. Duplicate keys, depth and size are left to event::read_event, the one strict gate;
//          the tokens keep what it needs to see.
// Format:  RFC 8259. Numbers without fraction and exponent are integers, all others doubles.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.hpp"
#include "runtime/event/pack.hpp"

namespace perennial::admin {

class JsonTokens {
 public:
  enum class Kind : std::uint8_t { null, boolean, integer, real, text, array, map };

  struct Token {
    Kind kind = Kind::null;
    std::uint32_t count = 0;  // elements of an array, pairs of a map
    std::size_t end = 0;      // index of the token after this value
    std::int64_t integer = 0;
    double real = 0;
    std::string text;
  };

  [[nodiscard]] static Result<JsonTokens> parse(std::string_view json);

  [[nodiscard]] const Token& at(std::size_t index) const { return tokens_[index]; }
  // Indexes of the elements of the array at `index`.
  [[nodiscard]] std::vector<std::size_t> elements(std::size_t index) const;
  // Packs the value at `index`; gives the index after it.
  std::size_t pack(std::size_t index, event::Packer& packer) const;

 private:
  std::vector<Token> tokens_;
};

}  // namespace perennial::admin
