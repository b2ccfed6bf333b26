#include "runtime/host/money_value.hpp"

namespace perennial::host {
namespace {

using Shared = std::shared_ptr<const MoneyValue>;

Shared joined(const Shared& one, const Shared& other) {
  if (!one || one == other) return other;
  if (!other) return one;
  auto both = std::make_shared<MoneyValue>(*one);
  both->join(*other);
  return both;
}

}  // namespace

MoneyValue MoneyValue::nothing() {
  MoneyValue value;
  value.is_nothing = true;
  return value;
}

MoneyValue MoneyValue::money() {
  MoneyValue value;
  value.is_money = true;
  return value;
}

void MoneyValue::join(const MoneyValue& other) {
  if (other.is_nothing) return;
  if (is_nothing) {
    *this = other;
    return;
  }
  is_money = is_money || other.is_money;
  is_money_text = is_money_text || other.is_money_text;
  if (!computed) computed = other.computed;
  for (const auto& [name, value] : other.fields) fields[name] = joined(fields[name], value);
  rest = joined(rest, other.rest);
}

MoneyValue MoneyValue::field(const std::string& name, const std::set<std::string>& names) const {
  MoneyValue value;
  if (const auto found = fields.find(name); found != fields.end()) {
    value = *found->second;
  } else if (rest) {
    value = *rest;
  }
  value.is_money = value.is_money || names.find(name) != names.end();
  return value;
}

MoneyValue MoneyValue::any() const {
  MoneyValue value;
  for (const auto& [name, one] : fields) value.join(*one);
  if (rest) value.join(*rest);
  // A marked array holds money.
  value.is_money = value.is_money || is_money;
  return value;
}

void MoneyValue::set(const std::string& name, MoneyValue value) {
  fields[name] = std::make_shared<MoneyValue>(std::move(value));
}

void MoneyValue::add_element(const MoneyValue& value) {
  rest = joined(rest, std::make_shared<MoneyValue>(value));
}

}  // namespace perennial::host
