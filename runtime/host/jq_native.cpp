#include "runtime/host/jq_native.hpp"

#include <array>
#include <cmath>
#include <optional>

#include "runtime/base/limits.hpp"
#include "runtime/host/calendar.hpp"
#include "runtime/host/currency_profile.hpp"
#include "runtime/host/exact_money.hpp"

namespace perennial::host {
namespace {

// Borrowed elements of the request, without the name.
struct Arguments {
  const jv& request;
  [[nodiscard]] JqValue at(int index) const {
    return JqValue(jv_array_get(jv_copy(request), index + 1));
  }
};

std::string_view view_of(const JqValue& text) {
  return {jv_string_value(text.get()),
          static_cast<std::size_t>(jv_string_length_bytes(text.copy()))};
}

bool is_text(const JqValue& value) {
  return jv_get_kind(value.get()) == JV_KIND_STRING;
}

std::string shown(const JqValue& value) {
  constexpr std::size_t shown_max = 60;
  std::string text = to_shown(jv_dump_string(value.copy(), 0));
  if (text.size() > shown_max) text = text.substr(0, shown_max) + "...";
  return text;
}

std::optional<std::int64_t> integer_of(const JqValue& value) {
  if (jv_get_kind(value.get()) != JV_KIND_NUMBER) return std::nullopt;
  const double number = jv_number_value(value.get());
  if (std::floor(number) != number ||
      std::fabs(number) > static_cast<double>(limits::integer_max)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(number);
}

JqValue number(std::int64_t value) {
  return JqValue(jv_number(static_cast<double>(value)));
}

JqValue text(const std::string& value) {
  return JqValue(jv_string_sized(value.data(), static_cast<int>(value.size())));
}

template <typename T>
Result<JqValue> answer_of(const Result<T>& result) {
  if (!result) return tl::unexpected(result.error());
  if constexpr (std::is_same_v<T, std::string>) {
    return text(*result);
  } else {
    return number(*result);
  }
}

Result<std::string> decimal_of(const JqValue& value) {
  if (is_text(value)) return std::string(view_of(value));
  if (const auto integer = integer_of(value)) return std::to_string(*integer);
  const bool is_number = jv_get_kind(value.get()) == JV_KIND_NUMBER;
  return fail(Code::invalid,
              "expected a decimal as text or an integer, but " + shown(value) + " came" +
                  (is_number ? "; binary floating point does not keep amounts exactly" : ""));
}

Result<std::int64_t> minor_of(const JqValue& value) {
  if (const auto integer = integer_of(value)) return *integer;
  return fail(Code::invalid, "expected an integer of minor units, but " + shown(value) + " came");
}

Result<std::string> day_text_of(const JqValue& value) {
  if (is_text(value)) return std::string(view_of(value));
  return fail(Code::invalid,
              "expected a day of the calendar such as 2026-03-31, but " + shown(value) + " came");
}

// The rule of a currency by a profile of the program.
Result<CurrencyRule> rule_of(const JqValue& code, const JqValue& profile, const JqValue& profiles) {
  JqValue rows;
  if (is_text(profile)) rows = JqValue(jv_object_get(profiles.copy(), profile.copy()));
  if (!is_text(rows)) {
    return fail(Code::invalid, "expected a currency profile of " +
                                   shown(JqValue(jv_keys(profiles.copy()))) + ", but " +
                                   shown(profile) + " came");
  }
  if (is_text(code)) {
    if (const auto rule = find_currency(view_of(rows), view_of(code))) return *rule;
  }
  return fail(Code::invalid, "expected a currency code of the profile " +
                                 std::string(view_of(profile)) + ", but " + shown(code) + " came");
}

Result<CurrencyRule> rule_of_digits(const JqValue& digits) {
  const auto places = integer_of(digits);
  if (places && *places >= 0 && *places <= 9) return CurrencyRule{static_cast<int>(*places), 1};
  return fail(Code::invalid,
              "expected a number of minor digits from 0 to 9, but " + shown(digits) + " came");
}

Result<Rounding> mode_of(const JqValue& mode) {
  if (jv_get_kind(mode.get()) == JV_KIND_NULL) return Rounding::refuse;
  return rounding_of(is_text(mode) ? view_of(mode) : std::string_view(shown(mode)));
}

// A place in a reason: which currency it was.
Error within_currency(const Error& error, const JqValue& code) {
  Error named = error;
  if (is_text(code)) named.reason += " (" + std::string(view_of(code)) + ")";
  return named;
}

Result<JqValue> convert(const JqValue& value, const CurrencyRule& rule, Rounding rounding) {
  const auto decimal = decimal_of(value);
  if (!decimal) return tl::unexpected(decimal.error());
  return answer_of(to_minor(*decimal, rule, rounding));
}

// value, currency, profile, mode, profiles
Result<JqValue> to_minor_call(const Arguments& arguments) {
  const auto rule = rule_of(arguments.at(1), arguments.at(2), arguments.at(4));
  if (!rule) return tl::unexpected(rule.error());
  const auto rounding = mode_of(arguments.at(3));
  if (!rounding) return tl::unexpected(rounding.error());
  auto minor = convert(arguments.at(0), *rule, *rounding);
  if (!minor) return tl::unexpected(within_currency(minor.error(), arguments.at(1)));
  return minor;
}

// value, digits
Result<JqValue> to_minor_by_digits(const Arguments& arguments) {
  const auto rule = rule_of_digits(arguments.at(1));
  if (!rule) return tl::unexpected(rule.error());
  return convert(arguments.at(0), *rule, Rounding::refuse);
}

Result<JqValue> write_minor(const JqValue& value, const CurrencyRule& rule) {
  const auto minor = minor_of(value);
  if (!minor) return tl::unexpected(minor.error());
  return text(from_minor(*minor, rule.digits));
}

// value, currency, profile, profiles
Result<JqValue> from_minor_call(const Arguments& arguments) {
  const auto rule = rule_of(arguments.at(1), arguments.at(2), arguments.at(3));
  if (!rule) return tl::unexpected(rule.error());
  return write_minor(arguments.at(0), *rule);
}

Result<JqValue> from_minor_by_digits(const Arguments& arguments) {
  const auto rule = rule_of_digits(arguments.at(1));
  if (!rule) return tl::unexpected(rule.error());
  return write_minor(arguments.at(0), *rule);
}

// currency, profile, profiles
Result<JqValue> currency_digits_call(const Arguments& arguments) {
  const auto rule = rule_of(arguments.at(0), arguments.at(1), arguments.at(2));
  if (!rule) return tl::unexpected(rule.error());
  return number(rule->digits);
}

// A number of equal parts, or one weight for each part.
Result<std::vector<std::string>> weights_of(const JqValue& parts) {
  if (const auto count = integer_of(parts)) {
    if (*count < 1 || *count > 1000) {
      return fail(Code::invalid, "expected 1 to 1000 parts, but " + shown(parts) + " came");
    }
    return std::vector<std::string>(static_cast<std::size_t>(*count), "1");
  }
  if (jv_get_kind(parts.get()) != JV_KIND_ARRAY) {
    return fail(Code::invalid,
                "expected a number of parts or an array of weights, but " + shown(parts) + " came");
  }
  std::vector<std::string> weights;
  const int count = jv_array_length(parts.copy());
  for (int index = 0; index < count; ++index) {
    auto weight = decimal_of(JqValue(jv_array_get(parts.copy(), index)));
    if (!weight) return tl::unexpected(weight.error());
    weights.push_back(std::move(*weight));
  }
  return weights;
}

Result<JqValue> split(const JqValue& value, const JqValue& parts, std::int64_t step) {
  const auto minor = minor_of(value);
  if (!minor) return tl::unexpected(minor.error());
  const auto weights = weights_of(parts);
  if (!weights) return tl::unexpected(weights.error());
  const auto amounts = split_minor(*minor, *weights, step);
  if (!amounts) return tl::unexpected(amounts.error());
  JqValue all(jv_array());
  for (const std::int64_t amount : *amounts) {
    all = JqValue(jv_array_append(all.release(), number(amount).release()));
  }
  return all;
}

// value, parts
Result<JqValue> split_minor_call(const Arguments& arguments) {
  return split(arguments.at(0), arguments.at(1), 1);
}

// value, parts, currency, profile, profiles
Result<JqValue> split_minor_in_steps(const Arguments& arguments) {
  const auto rule = rule_of(arguments.at(2), arguments.at(3), arguments.at(4));
  if (!rule) return tl::unexpected(rule.error());
  auto parts = split(arguments.at(0), arguments.at(1), rule->step);
  if (!parts) return tl::unexpected(within_currency(parts.error(), arguments.at(2)));
  return parts;
}

Result<JqValue> sum_minor_call(const Arguments& arguments) {
  const JqValue all = arguments.at(0);
  if (jv_get_kind(all.get()) != JV_KIND_ARRAY) {
    return fail(Code::invalid, "expected an array of minor units, but " + shown(all) + " came");
  }
  std::vector<std::int64_t> amounts;
  const int count = jv_array_length(all.copy());
  for (int index = 0; index < count; ++index) {
    const auto minor = minor_of(JqValue(jv_array_get(all.copy(), index)));
    if (!minor) return tl::unexpected(minor.error());
    amounts.push_back(*minor);
  }
  return answer_of(sum_minor(amounts));
}

Result<JqValue> negate_minor_call(const Arguments& arguments) {
  const auto minor = minor_of(arguments.at(0));
  if (!minor) return tl::unexpected(minor.error());
  return number(-*minor);
}

Result<JqValue> times_call(const Arguments& arguments) {
  const auto left = decimal_of(arguments.at(0));
  if (!left) return tl::unexpected(left.error());
  const auto right = decimal_of(arguments.at(1));
  if (!right) return tl::unexpected(right.error());
  return answer_of(multiply(*left, *right));
}

// date, days
Result<JqValue> add_days_call(const Arguments& arguments) {
  const auto date = day_text_of(arguments.at(0));
  if (!date) return tl::unexpected(date.error());
  const auto days = days_of(*date);
  if (!days) return tl::unexpected(days.error());
  const auto count = integer_of(arguments.at(1));
  constexpr std::int64_t count_max = 4'000'000;
  if (!count || *count > count_max || *count < -count_max) {
    return fail(Code::invalid,
                "expected an integer of days, but " + shown(arguments.at(1)) + " came");
  }
  return answer_of(date_of(*days + *count));
}

// An anchor is a day of the month, or a date that has it; null is the date's own.
Result<unsigned> anchor_of(const JqValue& anchor) {
  if (jv_get_kind(anchor.get()) == JV_KIND_NULL) return 0U;
  if (is_text(anchor)) return day_of_month(view_of(anchor));
  const auto day = integer_of(anchor);
  if (day && *day >= 1 && *day <= 31) return static_cast<unsigned>(*day);
  return fail(Code::invalid,
              "expected a day of the month from 1 to 31, or a date, as the anchor, "
              "but " +
                  shown(anchor) + " came");
}

// date, months, anchor
Result<JqValue> add_months_call(const Arguments& arguments) {
  const auto date = day_text_of(arguments.at(0));
  if (!date) return tl::unexpected(date.error());
  const auto months = integer_of(arguments.at(1));
  if (!months) {
    return fail(Code::invalid,
                "expected an integer of months, but " + shown(arguments.at(1)) + " came");
  }
  const auto anchor = anchor_of(arguments.at(2));
  if (!anchor) return tl::unexpected(anchor.error());
  return answer_of(add_months(*date, *months, *anchor));
}

struct Function {
  std::string_view name;
  Result<JqValue> (*call)(const Arguments&);
};

constexpr std::array<Function, 12> functions = {{{"to_minor", to_minor_call},
                                                 {"to_minor_by_digits", to_minor_by_digits},
                                                 {"from_minor", from_minor_call},
                                                 {"from_minor_by_digits", from_minor_by_digits},
                                                 {"currency_digits", currency_digits_call},
                                                 {"split_minor", split_minor_call},
                                                 {"split_minor_in_steps", split_minor_in_steps},
                                                 {"sum_minor", sum_minor_call},
                                                 {"negate_minor", negate_minor_call},
                                                 {"times", times_call},
                                                 {"add_days", add_days_call},
                                                 {"add_months", add_months_call}}};

}  // namespace

NativeFunctions::NativeFunctions(jq_state* jq) {
  ::jq_set_debug_cb(jq, &NativeFunctions::take, this);
  ::jq_set_input_cb(jq, &NativeFunctions::give, this);
}

void NativeFunctions::take(void* self, jv request) {
  static_cast<NativeFunctions*>(self)->request_ = JqValue(request);
}

jv NativeFunctions::give(jq_state* /*jq*/, void* self) {
  auto& functions_of_program = *static_cast<NativeFunctions*>(self);
  const JqValue request = std::move(functions_of_program.request_);
  auto value = functions_of_program.answer(request.get());
  if (value) return value->release();
  return jv_invalid_with_msg(text(value.error().reason).release());
}

Result<JqValue> NativeFunctions::answer(const jv& request) {
  const Arguments arguments{request};
  const JqValue name = jv_get_kind(request) == JV_KIND_ARRAY ? arguments.at(-1) : JqValue();
  if (!is_text(name)) return fail(Code::defect, "expected a call of a function, but none came");
  if (view_of(name) == "date_in_zone") {
    const JqValue instant = arguments.at(0);
    const JqValue zone = arguments.at(1);
    return date_in_zone(instant.get(), zone.get());
  }
  for (const Function& function : functions) {
    if (function.name == view_of(name)) return function.call(arguments);
  }
  return fail(Code::unsupported, "expected a function of this release, but " +
                                     in_quotes(view_of(name)) +
                                     " came; the mapping program is of a "
                                     "later one");
}

Result<JqValue> NativeFunctions::date_in_zone(const jv& instant, const jv& zone) {
  const JqValue at(jv_copy(instant));
  const JqValue name(jv_copy(zone));
  const auto seconds = is_text(at) ? seconds_of(view_of(at)) : seconds_of(shown(at));
  if (!seconds) return tl::unexpected(seconds.error());
  const std::string key = is_text(name) ? std::string(view_of(name)) : shown(name);
  auto found = zones_.find(key);
  if (found == zones_.end()) {
    auto rules = ZoneRules::load(key);
    if (!rules) return tl::unexpected(rules.error());
    found = zones_.emplace(key, std::move(*rules)).first;
  }
  constexpr std::int64_t seconds_of_day = 86'400;
  const std::int64_t local = *seconds + found->second.offset_at(*seconds);
  return answer_of(date_of(local / seconds_of_day - (local % seconds_of_day < 0 ? 1 : 0)));
}

}  // namespace perennial::host
