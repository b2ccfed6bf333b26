#include "plugins/common/json.hpp"

#include <charconv>

#include "perennial/reader.hpp"

namespace perennial::plugins::common {
namespace {

constexpr std::size_t depth_max = 64;
constexpr std::int64_t integer_max = (std::int64_t{1} << 53u) - 1;
// A number such as 1e999999999 is legal JSON and would expand to a gigabyte of zeros.
constexpr int exponent_max = 400;

// Builds the tree itself, because only the SAX interface gives the source text of a number.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return place(nullptr); }
  bool boolean(bool value) override { return place(value); }
  bool number_integer(number_integer_t value) override {
    return value < -integer_max ? place(std::to_string(value)) : place(value);
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(integer_max)) return place(std::to_string(value));
    return place(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t, const string_t& source) override {
    return place(plain_decimal(source));
  }
  bool string(string_t& value) override { return place(std::move(value)); }
  bool binary(binary_t&) override { return fail("binary value"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    error_ = "no JSON at byte " + std::to_string(position) + ": " + error.what();
    return false;
  }

  Json root;
  std::string error_;

 private:
  bool fail(std::string why) {
    error_ = std::move(why);
    return false;
  }

  Json* slot() {
    if (open_.empty()) return &root;
    Json& parent = *open_.back();
    if (parent.is_array()) return &parent.emplace_back();
    return &parent[key_];
  }

  bool place(Json value) {
    *slot() = std::move(value);
    return true;
  }

  bool open(Json container) {
    if (open_.size() >= depth_max) return fail("JSON nested deeper than 64");
    Json* place = slot();
    *place = std::move(container);
    open_.push_back(place);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  // A parent's storage does not move while a child is open: it grows only at its own end.
  std::vector<Json*> open_;
  std::string key_;
};

}  // namespace

std::string plain_decimal(std::string_view number) {
  const std::size_t mark = number.find_first_of("eE");
  if (mark == std::string_view::npos) return std::string(number);
  std::string_view digits_of_exponent = number.substr(mark + 1);
  if (!digits_of_exponent.empty() && digits_of_exponent.front() == '+') {
    digits_of_exponent.remove_prefix(1);
  }
  int exponent = 0;
  const auto read = std::from_chars(
      digits_of_exponent.data(), digits_of_exponent.data() + digits_of_exponent.size(), exponent);
  if (read.ec != std::errc() || exponent > exponent_max || exponent < -exponent_max) {
    return std::string(number);
  }
  std::string_view mantissa = number.substr(0, mark);
  std::string sign;
  if (mantissa.front() == '-') {
    sign = "-";
    mantissa.remove_prefix(1);
  }
  const std::size_t dot = std::min(mantissa.find('.'), mantissa.size());
  std::string digits(mantissa.substr(0, dot));
  if (dot < mantissa.size()) digits += mantissa.substr(dot + 1);
  const int point = static_cast<int>(dot) + exponent;
  if (point <= 0) digits.insert(0, static_cast<std::size_t>(1 - point), '0');
  const auto whole = static_cast<std::size_t>(std::max(point, 1));
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  std::string fraction = digits.substr(whole);
  digits.resize(whole);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return sign + digits + (fraction.empty() ? "" : "." + fraction);
}

Parsed<Json> parse_json(std::string_view text) {
  TreeBuilder builder;
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root);
  return tl::unexpected(builder.error_.empty() ? "no JSON" : builder.error_);
}

std::string msgpack_of(const Json& value) {
  std::string bytes;
  Json::to_msgpack(value, bytes);
  return bytes;
}

namespace {

Json json_of(const sdk::Value& value) {
  if (const auto* held = value.boolean()) return *held;
  if (const auto* held = value.integer()) return *held;
  if (const auto* held = value.number()) return *held;
  if (const auto* held = value.text()) return *held;
  if (const auto* held = value.array()) {
    Json made = Json::array();
    for (const sdk::Value& child : *held) made.push_back(json_of(child));
    return made;
  }
  if (const auto* held = value.map()) {
    Json made = Json::object();
    for (const auto& [key, child] : *held) made[key] = json_of(child);
    return made;
  }
  return nullptr;
}

}  // namespace

Parsed<Json> json_of_msgpack(std::string_view bytes) {
  const sdk::Decoded decoded = sdk::decode(bytes, {.depth_max = depth_max});
  if (!decoded) return tl::unexpected(decoded.error);
  return json_of(decoded.value);
}

std::string text_of(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* find_at(const Json& value, std::initializer_list<const char*> path) {
  const Json* here = &value;
  for (const char* key : path) {
    if (!here->is_object()) return nullptr;
    const auto found = here->find(key);
    if (found == here->end()) return nullptr;
    here = &*found;
  }
  return here;
}

std::string text_at(const Json& value, std::initializer_list<const char*> path) {
  const Json* found = find_at(value, path);
  if (found == nullptr) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_integer()) return std::to_string(found->get<std::int64_t>());
  return {};
}

}  // namespace perennial::plugins::common
