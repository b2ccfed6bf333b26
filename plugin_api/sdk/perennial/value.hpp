// One value of a payload, receipt or record, as a tree.
//
// Owns:    its text and its children.
// Errors:  an accessor of the wrong kind gives nullptr or a default; it never throws.
// Limits:  depth and size are bounded where values are read (reader.hpp), not here.
#ifndef PERENNIAL_SDK_VALUE_HPP
#define PERENNIAL_SDK_VALUE_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace perennial::sdk {

class Value {
 public:
  using Array = std::vector<Value>;
  // A vector of pairs keeps the order of the sender and needs no ordering of Value.
  using Map = std::vector<std::pair<std::string, Value>>;

  Value() = default;
  Value(std::nullptr_t) {}                                 // NOLINT: literals convert on purpose
  Value(bool value) : held_(value) {}                      // NOLINT
  Value(int value) : held_(std::int64_t{value}) {}         // NOLINT
  Value(std::int64_t value) : held_(value) {}              // NOLINT
  Value(double value) : held_(value) {}                    // NOLINT
  Value(const char* value) : held_(std::string(value)) {}  // NOLINT
  Value(std::string_view value) : held_(std::string(value)) {}  // NOLINT
  Value(std::string value) : held_(std::move(value)) {}         // NOLINT
  Value(Array value) : held_(std::move(value)) {}               // NOLINT
  Value(Map value) : held_(std::move(value)) {}                 // NOLINT

  bool is_null() const { return std::holds_alternative<std::monostate>(held_); }
  const bool* boolean() const { return std::get_if<bool>(&held_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&held_); }
  const double* number() const { return std::get_if<double>(&held_); }
  const std::string* text() const { return std::get_if<std::string>(&held_); }
  const Array* array() const { return std::get_if<Array>(&held_); }
  const Map* map() const { return std::get_if<Map>(&held_); }

  // The field of a map, or nullptr when this is no map or has no such field.
  const Value* find(std::string_view name) const {
    const Map* fields = map();
    if (fields == nullptr) return nullptr;
    for (const auto& [key, value] : *fields) {
      if (key == name) return &value;
    }
    return nullptr;
  }

  // A value by dotted path: "auth.client_id".
  const Value* at(std::string_view path) const {
    const Value* here = this;
    while (here != nullptr) {
      const std::size_t dot = path.find('.');
      here = here->find(path.substr(0, dot));
      if (dot == std::string_view::npos) return here;
      path.remove_prefix(dot + 1);
    }
    return nullptr;
  }

  std::string text_or(std::string_view path, std::string_view fallback) const {
    const Value* found = at(path);
    const std::string* held = found == nullptr ? nullptr : found->text();
    return held == nullptr ? std::string(fallback) : *held;
  }

  std::int64_t integer_or(std::string_view path, std::int64_t fallback) const {
    const Value* found = at(path);
    const std::int64_t* held = found == nullptr ? nullptr : found->integer();
    return held == nullptr ? fallback : *held;
  }

  bool boolean_or(std::string_view path, bool fallback) const {
    const Value* found = at(path);
    const bool* held = found == nullptr ? nullptr : found->boolean();
    return held == nullptr ? fallback : *held;
  }

  friend bool operator==(const Value& left, const Value& right) {
    return left.held_ == right.held_;
  }

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Map> held_;
};

}  // namespace perennial::sdk

#endif
