// What money_check knows of a value without running the filter.
//
// Place:   money_check alone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace perennial::host {

// Where a number was computed: index of the text, offset in it.
struct ComputedAt {
  std::size_t text = 0;
  std::size_t at = 0;
  bool operator<(const ComputedAt& other) const {
    return text != other.text ? text < other.text : at < other.at;
  }
};

struct MoneyValue {
  bool is_nothing = false;             // gives no value at all: empty, error
  bool is_money = false;               // a marked field, or made by a function of money
  bool is_money_text = false;          // a text made from one
  std::optional<ComputedAt> computed;  // a result of arithmetic or tonumber
  std::map<std::string, std::shared_ptr<const MoneyValue>> fields;
  std::shared_ptr<const MoneyValue> rest;  // any element, and any field without an entry

  [[nodiscard]] static MoneyValue nothing();
  [[nodiscard]] static MoneyValue money();

  // Either of the two.
  void join(const MoneyValue& other);
  // Field by name; `names` are the marked ones.
  [[nodiscard]] MoneyValue field(const std::string& name, const std::set<std::string>& names) const;
  // Any element or field.
  [[nodiscard]] MoneyValue any() const;
  void set(const std::string& name, MoneyValue value);
  void add_element(const MoneyValue& value);
};

}  // namespace perennial::host
