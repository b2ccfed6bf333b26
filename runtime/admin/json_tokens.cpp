#include "runtime/admin/json_tokens.hpp"

#include <limits>
#include <nlohmann/json.hpp>

namespace perennial::admin {
namespace {

using Token = JsonTokens::Token;
using Kind = JsonTokens::Kind;

// nlohmann's parser keeps its own stack on the heap, so hostile nesting costs memory within the
// body limit, not the thread's stack.
class Sink final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Sink(std::vector<Token>& tokens) : tokens_(tokens) {}

  bool null() override { return add({}); }
  bool boolean(bool value) override {
    return add({.kind = Kind::boolean, .integer = value ? 1 : 0, .text = {}});
  }
  bool number_integer(number_integer_t value) override {
    return add({.kind = Kind::integer, .integer = value, .text = {}});
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return refuse("expected integers within +-(2^53-1), but " + std::to_string(value) + " came");
    }
    return number_integer(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t& shown) override {
    const bool is_integer = shown.find_first_of(".eE") == std::string::npos;
    if (is_integer) {
      return refuse("expected integers within +-(2^53-1), but " + shown.substr(0, 40) + " came");
    }
    return add({.kind = Kind::real, .real = value, .text = {}});
  }
  bool string(string_t& value) override {
    return add({.kind = Kind::text, .text = std::move(value)});
  }
  bool binary(binary_t& /*value*/) override { return refuse("expected JSON, but binary came"); }
  bool start_object(std::size_t /*count*/) override { return open(Kind::map); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*count*/) override { return open(Kind::array); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    tokens_.push_back({.kind = Kind::text, .end = tokens_.size() + 1, .text = std::move(value)});
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    const std::string said = error.what();
    const std::size_t bracket = said.find("] ");
    return refuse("expected JSON, but: " +
                  (bracket == std::string::npos ? said : said.substr(bracket + 2)));
  }

  std::string reason;

 private:
  bool refuse(std::string why) {
    reason = std::move(why);
    return false;
  }
  bool add(Token token) {
    if (!open_.empty()) ++tokens_[open_.back()].count;
    token.end = tokens_.size() + 1;
    tokens_.push_back(std::move(token));
    return true;
  }
  bool open(Kind kind) {
    add({.kind = kind, .text = {}});
    open_.push_back(tokens_.size() - 1);
    return true;
  }
  bool close() {
    tokens_[open_.back()].end = tokens_.size();
    open_.pop_back();
    return true;
  }

  std::vector<Token>& tokens_;
  std::vector<std::size_t> open_;
};

}  // namespace

Result<JsonTokens> JsonTokens::parse(std::string_view json) {
  JsonTokens tokens;
  Sink sink(tokens.tokens_);
  if (!nlohmann::json::sax_parse(json, &sink)) {
    return fail(Code::invalid,
                sink.reason.empty() ? "expected JSON, but it is cut off" : std::move(sink.reason));
  }
  return tokens;
}

std::vector<std::size_t> JsonTokens::elements(std::size_t index) const {
  std::vector<std::size_t> found;
  const std::size_t end = tokens_[index].end;
  for (std::size_t at = index + 1; at < end; at = tokens_[at].end) found.push_back(at);
  return found;
}

std::size_t JsonTokens::pack(std::size_t index, event::Packer& packer) const {
  const std::size_t end = tokens_[index].end;
  for (std::size_t at = index; at < end; ++at) {
    const Token& token = tokens_[at];
    switch (token.kind) {
      case Kind::null:
        packer.nil();
        break;
      case Kind::boolean:
        packer.boolean(token.integer != 0);
        break;
      case Kind::integer:
        packer.integer(token.integer);
        break;
      case Kind::real:
        packer.real(token.real);
        break;
      case Kind::text:
        packer.text(token.text);
        break;
      case Kind::array:
        packer.array(token.count);
        break;
      case Kind::map:
        packer.map(token.count);
        break;
    }
  }
  return end;
}

}  // namespace perennial::admin
