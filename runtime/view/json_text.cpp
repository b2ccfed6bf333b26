#include "runtime/view/json_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "runtime/base/log.hpp"
#include "runtime/event/cursor.hpp"
#include "runtime/event/event.hpp"

namespace perennial::view {
namespace {

using event::Cursor;
using event::Kind;

constexpr std::size_t shown_bytes_max = 512;
constexpr std::string_view replacement = "\xEF\xBF\xBD";

std::string to_hex(ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (char symbol : bytes.substr(0, shown_bytes_max)) {
    const auto byte = static_cast<unsigned char>(symbol);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

// Keeps every valid sequence and puts one mark in place of each byte that begins none.
std::string repaired(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    while (length <= 4 && at + length <= text.size() && !event::is_utf8(text.substr(at, length))) {
      ++length;
    }
    const bool is_valid = length <= 4 && at + length <= text.size();
    out += is_valid ? text.substr(at, length) : replacement;
    at += is_valid ? length : 1;
  }
  return out;
}

class Printer {
 public:
  explicit Printer(ByteView bytes) : cursor_(bytes) {}

  // False when the bytes are no single msgpack value.
  bool print(std::string& out) {
    value(out, 0);
    return cursor_.ok() && cursor_.at_end();
  }

 private:
  void value(std::string& out, std::size_t depth) {
    if (depth > json_depth_max) {
      cursor_.skip();
      out += "null";
      return;
    }
    switch (cursor_.kind()) {
      case Kind::map:
        map(out, depth);
        return;
      case Kind::array:
        array(out, depth);
        return;
      case Kind::text:
        out += quoted(cursor_.text());
        return;
      case Kind::integer:
        out += std::to_string(cursor_.integer());
        return;
      case Kind::unsigned_integer:
        out += std::to_string(cursor_.unsigned_integer());
        return;
      case Kind::real:
        real(out);
        return;
      case Kind::boolean:
        out += cursor_.boolean() ? "true" : "false";
        return;
      case Kind::binary:
        out += "{\"hex\":\"" + to_hex(cursor_.binary()) + "\"}";
        return;
      case Kind::extension:
        out += "{\"extension\":\"" + to_hex(cursor_.raw()) + "\"}";
        return;
      case Kind::nil:
        cursor_.skip();
        out += "null";
        return;
      case Kind::none:
        cursor_.fail();
        out += "null";
        return;
    }
  }

  void real(std::string& out) {
    const double number = cursor_.real();
    if (!std::isfinite(number)) {
      out += "null";
      return;
    }
    std::array<char, 40> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
    out.append(text.data(), end.ptr);
  }

  void array(std::string& out, std::size_t depth) {
    const std::uint32_t count = cursor_.array();
    out += '[';
    for (std::uint32_t index = 0; index < count && cursor_.ok(); ++index) {
      if (index > 0) out += ',';
      value(out, depth + 1);
    }
    out += ']';
  }

  void map(std::string& out, std::size_t depth) {
    const std::uint32_t count = cursor_.map();
    out += '{';
    for (std::uint32_t index = 0; index < count && cursor_.ok(); ++index) {
      if (index > 0) out += ',';
      if (cursor_.kind() == Kind::text) {
        out += quoted(cursor_.text());
      } else {
        std::string key;
        value(key, depth + 1);
        out += quoted(key);
      }
      out += ':';
      value(out, depth + 1);
    }
    out += '}';
  }

  Cursor cursor_;
};

}  // namespace

std::string quoted(std::string_view text) {
  const bool is_sound = event::is_utf8(text);
  return "\"" + log::escape_json(is_sound ? std::string(text) : repaired(text)) + "\"";
}

std::string to_json_text(ByteView msgpack) {
  if (msgpack.empty()) return "null";
  std::string out;
  if (Printer(msgpack).print(out)) return out;
  return "{\"undecodable_bytes\":" + std::to_string(msgpack.size()) + ",\"hex\":\"" +
         to_hex(msgpack) + "\"}";
}

}  // namespace perennial::view
