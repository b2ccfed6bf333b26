#include "runtime/host/money_check.hpp"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "runtime/host/jq_syntax.hpp"
#include "runtime/host/money_value.hpp"

namespace perennial::host {
namespace {

using Kind = JqNode::Kind;

// What builtins of jq give, as far as money goes, in jq itself.
constexpr std::string_view builtins = R"jq(
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def select(f): if f then . else empty end;
def recurse: .., .[]; def recurse(f): ., f; def recurse(f; c): ., f;
def first: .[]; def last: .[]; def first(f): f; def last(f): f; def nth(n): .[]; def nth(n; f): f;
def limit(n; f): f; def until(c; f): ., f; def while(c; f): ., f; def repeat(f): ., f;
def isvalid(f): f | true; def any: true; def all: true;
def any(f): .[] | f | true; def all(f): .[] | f | true;
def any(g; f): g | f | true; def all(g; f): g | f | true;
def to_entries: [{key: "", value: .[]}];
def from_entries: [.[] | .value];
def with_entries(f): ., (to_entries | map(f) | from_entries);
def values: .; def nulls: .; def scalars: .; def iterables: .; def numbers: .; def strings: .;
def arrays: .; def objects: .; def booleans: .;
def sort: .; def sort_by(f): (.[] | f | empty), .; def unique: .;
def unique_by(f): (.[] | f | empty), .;
def group_by(f): (.[] | f | empty), [.]; def reverse: .; def flatten: ., .[]; def flatten(n): ., .[];
def min: .[]; def max: .[]; def min_by(f): (.[] | f | empty), .[];
def max_by(f): (.[] | f | empty), .[];
def del(f): .; def delpaths(f): .; def to_array: [.]; def transpose: .;
def path(f): f | null; def paths: null; def paths(f): null; def leaf_paths: null;
def env: null; def combinations: [.[][]]; def walk(f): ., .., f; def splits(f): .; def tostream: [.];
def getpath(f): .., .[]; def setpath(p; f): ., [f]; def input_line_number: null;
def currency_digits(c): c | 2; def currency_digits(c; p): c | 2;
def last_day(d): d | ""; def after(d): d | ""; def add_days(d; n): d, n | "";
def add_months(d; n): d, n | ""; def add_months(d; n; a): d, n, a | "";
def date_in_zone(i; z): i | ""; def day_before: ""; def day_after: "";
def type: ""; def not: true; def keys: [""]; def keys_unsorted: [""]; def has(f): true;
def in(f): true; def inside(f): true; def contains(f): true; def test(f): true;
def test(f; g): true; def startswith(f): true; def endswith(f): true; def index(f): 0;
def isnan: true; def isinfinite: true; def isnormal: true; def infinite: 0; def nan: 0;
def range(f): 0; def range(f; g): 0; def range(f; g; h): 0; def true: 1; def false: 1; def null: 1;
def utf8bytelength: 0; def __loc__: 0; def iso_to_epoch_s: 0; def date_only: "";
)jq";

// Functions of the prelude that take and give money; what goes in must not be computed.
const std::set<std::string> money_functions = {"to_minor",  "from_minor",   "split_minor",
                                               "sum_minor", "negate_minor", "times"};
// Builtins that compute with their input.
const std::set<std::string> arithmetic_functions = {
    "add",   "floor",       "ceil",      "round", "sqrt",  "fabs",  "pow",   "pow10",
    "exp10", "log",         "log10",     "log2",  "exp",   "exp2",  "trunc", "rint",
    "fmin",  "significand", "nearbyint", "logb",  "gamma", "ldexp", "scalb", "scalbln"};
const std::set<std::string> reading_functions = {"tonumber", "fromjson", "@json"};

constexpr std::size_t steps_max = 400'000;
constexpr int nesting_max = 200;

struct Scope;
using Scopes = std::shared_ptr<const Scope>;

// One name that is visible: a variable, a function, or a parameter that is a filter.
struct Scope {
  Scopes outer;
  std::string name;
  std::size_t arity = 0;
  bool is_variable = false;
  MoneyValue value;              // of a variable
  const JqNode* body = nullptr;  // of a function (its definition) or of an argument
  bool is_argument = false;
  Scopes inside;         // where an argument was written
  std::size_t text = 0;  // which text the body stands in
};

struct Text {
  std::string file;
  std::string_view text;
};

class Follower {
 public:
  Follower(const std::set<std::string>& fields, std::vector<Text> texts)
      : names_(fields), texts_(std::move(texts)) {}

  // Each definition by itself, because one that nothing calls is checked too; gives what is visible
  // behind them.
  Scopes define(const std::vector<JqNode::Pointer>& definitions, std::size_t text, Scopes scopes,
                bool is_checked) {
    for (const auto& one : definitions) {
      text_ = text;
      scopes = defined(*one, scopes);
      if (is_checked) alone(*one, scopes);
    }
    return scopes;
  }

  void follow(const JqNode& filter, std::size_t text, const Scopes& scopes) {
    text_ = text;
    (void)value_of(filter, MoneyValue(), scopes);
  }

  std::vector<MoneyFinding> findings() const {
    std::vector<MoneyFinding> all;
    for (const auto& [where, reason] : found_) {
      FilterError place = place_of(texts_[where.text].text, where.at, reason);
      all.push_back({texts_[where.text].file, place.line, place.column, std::move(place.reason)});
    }
    return all;
  }

  void add(const ComputedAt& where, const std::string& reason) { found_.emplace(where, reason); }

 private:
  ComputedAt here(const JqNode& node) const { return {text_, node.at}; }

  Scopes defined(const JqNode& definition, const Scopes& scopes) const {
    auto scope = std::make_shared<Scope>();
    scope->outer = scopes;
    scope->name = definition.name;
    scope->arity = definition.parameters.size();
    scope->body = &definition;
    scope->text = text_;
    return scope;
  }

  static Scopes bound(const std::string& name, MoneyValue value, Scopes outer) {
    auto scope = std::make_shared<Scope>();
    scope->outer = std::move(outer);
    scope->name = name;
    scope->is_variable = true;
    scope->value = std::move(value);
    return scope;
  }

  void alone(const JqNode& definition, Scopes scopes) {
    for (const std::string& parameter : definition.parameters) {
      if (parameter[0] == '$') scopes = bound(parameter.substr(1), MoneyValue(), scopes);
    }
    (void)value_of(*definition.children[0], MoneyValue(), scopes);
  }

  MoneyValue value_of(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    if (input.is_nothing) return MoneyValue::nothing();
    if (++steps_ > steps_max || nesting_ > nesting_max) {
      if (!is_given_up_) {
        add(here(node),
            "expected a filter that can be followed for money, but it is too deep; "
            "split it");
      }
      is_given_up_ = true;
      return {};
    }
    ++nesting_;
    MoneyValue value = node_value(node, input, scopes);
    --nesting_;
    return value;
  }

  MoneyValue node_value(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    const auto child = [&](std::size_t index) {
      return value_of(*node.children[index], input, scopes);
    };
    switch (node.kind) {
      case Kind::identity:
        return input;
      case Kind::recursion:
        return recursion(input);
      case Kind::field:
        return field(node, input, scopes);
      case Kind::iteration:
        return child(0).any();
      case Kind::slice:
        return slice(node, input, scopes);
      case Kind::literal:
        return {};
      case Kind::text:
        return text(node, input, scopes);
      case Kind::array:
        return array(node, input, scopes);
      case Kind::object:
        return object(node, input, scopes);
      case Kind::variable:
        return variable(node, scopes);
      case Kind::call:
        return call(node, input, scopes);
      case Kind::definition:
        return value_of(*node.children[1], input, checked_definition(node, scopes));
      case Kind::pipe:
        return value_of(*node.children[1], child(0), scopes);
      case Kind::comma:
      case Kind::alternative:
      case Kind::attempt:
        return either(node, input, scopes);
      case Kind::arithmetic:
        return arithmetic(node, child(0), child(1));
      case Kind::comparison:
        (void)child(0);
        (void)child(1);
        return {};
      case Kind::assignment:
        return assignment(node, input, scopes);
      case Kind::negation: {
        MoneyValue of = child(0);
        if (of.is_money) arithmetic_found(node, "-", "negate_minor");
        of.computed = here(node);
        return of;
      }
      case Kind::condition:
        return condition(node, input, scopes);
      case Kind::binding: {
        const MoneyValue source = child(0);
        return value_of(*node.children[1], input, bind(node.patterns, source, input, scopes));
      }
      case Kind::reduction:
      case Kind::iteration_of_state:
        return loop(node, input, scopes);
      case Kind::label:
        return child(0);
      case Kind::jump:
        return MoneyValue::nothing();
    }
    return {};
  }

  static MoneyValue recursion(const MoneyValue& input) {
    MoneyValue all = input;
    all.join(input.any());
    return all;
  }

  MoneyValue slice(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    MoneyValue of = value_of(*node.children[0], input, scopes);
    for (std::size_t index = 1; index < node.children.size(); ++index) {
      (void)value_of(*node.children[index], input, scopes);
    }
    return of;
  }

  MoneyValue array(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    MoneyValue all;
    if (node.children.empty()) return all;
    const MoneyValue element = value_of(*node.children[0], input, scopes);
    if (!element.is_nothing) all.add_element(element);
    return all;
  }

  // a, b and a // b and try a catch b, whose handler sees the text of the error.
  MoneyValue either(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    MoneyValue all = value_of(*node.children[0], input, scopes);
    if (node.children.size() > 1) {
      const bool is_handler = node.kind == Kind::attempt;
      all.join(value_of(*node.children[1], is_handler ? MoneyValue() : input, scopes));
    }
    return all;
  }

  MoneyValue condition(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    MoneyValue all = MoneyValue::nothing();
    const std::size_t count = node.children.size();
    for (std::size_t index = 0; index + 1 < count; index += 2) {
      (void)value_of(*node.children[index], input, scopes);
      all.join(value_of(*node.children[index + 1], input, scopes));
    }
    all.join(value_of(*node.children[count - 1], input, scopes));
    return all;
  }

  Scopes checked_definition(const JqNode& node, const Scopes& scopes) {
    Scopes inner = defined(node, scopes);
    alone(node, inner);
    return inner;
  }

  MoneyValue field(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    const MoneyValue of = value_of(*node.children[0], input, scopes);
    const JqNode& name = *node.children[1];
    if (of.is_nothing) return of;
    if (name.kind == Kind::text && name.children.empty()) return of.field(name.name, names_);
    (void)value_of(name, input, scopes);
    return of.any();
  }

  MoneyValue text(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    MoneyValue made;
    for (const auto& inside : node.children) {
      const MoneyValue value = value_of(*inside, input, scopes);
      made.is_money_text = made.is_money_text || value.is_money || value.is_money_text;
      if (!made.computed) made.computed = value.computed;
    }
    return made;
  }

  MoneyValue object(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    MoneyValue made;
    made.rest = std::make_shared<MoneyValue>();
    for (std::size_t index = 0; index + 1 < node.children.size(); index += 2) {
      const JqNode& key = *node.children[index];
      const MoneyValue value = value_of(*node.children[index + 1], input, scopes);
      if (key.kind == Kind::text && key.children.empty()) {
        sink(key.name, value);
        made.set(key.name, value);
      } else {
        (void)value_of(key, input, scopes);
        made.add_element(value);
      }
    }
    return made;
  }

  void sink(const std::string& name, const MoneyValue& value) {
    if (names_.find(name) == names_.end() || !value.computed) return;
    add(*value.computed, "expected " + name +
                             ", which a schema marks as money, from to_minor, "
                             "from_minor, split_minor, sum_minor, negate_minor or times, but here "
                             "it is computed with jq's binary numbers");
  }

  MoneyValue variable(const JqNode& node, const Scopes& scopes) const {
    for (const Scope* scope = scopes.get(); scope != nullptr; scope = scope->outer.get()) {
      if (scope->is_variable && scope->name == node.name) return scope->value;
    }
    return {};
  }

  void arithmetic_found(const JqNode& node, const std::string& symbol, const std::string& cure) {
    add(here(node), "expected no '" + symbol +
                        "' on a field that a schema marks as money, because "
                        "jq's numbers are binary; use " +
                        cure);
  }

  MoneyValue arithmetic(const JqNode& node, MoneyValue left, const MoneyValue& right) {
    if (left.is_money || right.is_money) {
      const std::string& symbol = node.name;
      arithmetic_found(node, symbol,
                       symbol == "+"   ? "[a, b] | sum_minor, or \"\\(a)\" to make a text"
                       : symbol == "-" ? "[a, (b | negate_minor)] | sum_minor"
                       : symbol == "*" ? "times(factor) and to_minor(currency; profile; rounding)"
                                       : "split_minor(parts)");
    }
    left.join(right);
    left.computed = here(node);
    // The finding is made; not again for what follows from it.
    left.is_money = false;
    return left;
  }

  MoneyValue assignment(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    const JqNode& path = *node.children[0];
    const MoneyValue before = value_of(path, input, scopes);
    const bool is_update = node.name == "|=";
    MoneyValue value = value_of(*node.children[1], is_update ? before : input, scopes);
    const bool is_arithmetic = node.name.size() == 2 && !is_update && node.name != "==";
    if (is_arithmetic) {
      if (before.is_money || value.is_money) {
        arithmetic_found(node, node.name, "sum_minor, times or split_minor");
      }
      value.computed = here(node);
    }
    if (node.name == "//=") value.join(before);
    MoneyValue after = input;
    const bool is_named = path.kind == Kind::field && path.children[1]->kind == Kind::text &&
                          path.children[1]->children.empty();
    if (is_named) {
      const std::string& name = path.children[1]->name;
      sink(name, value);
      if (path.children[0]->kind == Kind::identity) {
        after.set(name, value);
        return after;
      }
    }
    after.add_element(value);
    return after;
  }

  MoneyValue loop(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    const MoneyValue source = value_of(*node.children[0], input, scopes);
    const Scopes inner = bind(node.patterns, source, input, scopes);
    MoneyValue state = value_of(*node.children[1], input, scopes);
    // The second time sees what the first one made of the state.
    for (int time = 0; time < 2 && node.children.size() > 2; ++time) {
      state.join(value_of(*node.children[2], state, inner));
    }
    return node.children.size() > 3 ? value_of(*node.children[3], state, inner) : state;
  }

  Scopes bind(const std::vector<JqNode::Pattern>& patterns, const MoneyValue& source,
              const MoneyValue& input, Scopes scopes) {
    for (const JqNode::Pattern& pattern : patterns) {
      if (!pattern.variable.empty()) scopes = bound(pattern.variable, source, scopes);
      if (!pattern.elements.empty()) scopes = bind(pattern.elements, source.any(), input, scopes);
      for (const auto& [key, inner] : pattern.members) {
        const bool is_plain = key->kind == Kind::text && key->children.empty();
        if (!is_plain) (void)value_of(*key, input, scopes);
        const MoneyValue value = is_plain ? source.field(key->name, names_) : source.any();
        scopes = bind(inner, value, input, scopes);
      }
    }
    return scopes;
  }

  MoneyValue call(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    for (Scopes scope = scopes; scope; scope = scope->outer) {
      if (scope->is_variable || scope->name != node.name || scope->arity != node.children.size()) {
        continue;
      }
      return scope->is_argument ? argument(*scope, input) : function(*scope, node, input, scopes);
    }
    return builtin(node, input, scopes);
  }

  MoneyValue argument(const Scope& scope, const MoneyValue& input) {
    const std::size_t text = std::exchange(text_, scope.text);
    MoneyValue value = value_of(*scope.body, input, scope.inside);
    text_ = text;
    return value;
  }

  MoneyValue function(const Scope& scope, const JqNode& node, const MoneyValue& input,
                      const Scopes& scopes) {
    const JqNode& definition = *scope.body;
    // A function that calls itself gives, as far as this goes, what it gives the second time.
    if (std::count(active_.begin(), active_.end(), &definition) > 1) return input;
    // Its own name is visible inside, and so is what stood before it.
    Scopes inner = defined_again(scope);
    for (std::size_t index = 0; index < definition.parameters.size(); ++index) {
      const std::string& parameter = definition.parameters[index];
      const bool is_value = parameter[0] == '$';
      const std::string name = is_value ? parameter.substr(1) : parameter;
      if (is_value) {
        inner = bound(name, value_of(*node.children[index], input, scopes), inner);
      }
      auto filter = std::make_shared<Scope>();
      filter->outer = inner;
      filter->name = name;
      filter->body = node.children[index].get();
      filter->is_argument = true;
      filter->inside = scopes;
      filter->text = text_;
      inner = filter;
    }
    active_.push_back(&definition);
    const std::size_t text = std::exchange(text_, scope.text);
    MoneyValue value = value_of(*definition.children[0], input, inner);
    text_ = text;
    active_.pop_back();
    return value;
  }

  static Scopes defined_again(const Scope& scope) { return std::make_shared<Scope>(scope); }

  MoneyValue builtin(const JqNode& node, const MoneyValue& input, const Scopes& scopes) {
    const std::string& name = node.name;
    if (name == "empty") return MoneyValue::nothing();
    MoneyValue arguments;
    for (const auto& one : node.children) arguments.join(value_of(*one, input, scopes));
    if (name == "error") return MoneyValue::nothing();
    if (money_functions.count(name) > 0) return money_function(name, node, input, arguments);
    if (reading_functions.count(name) > 0) {
      if (input.is_money || input.is_money_text) {
        add(here(node),
            "expected no '" + name +
                "' on a field that a schema marks as money, "
                "because jq's numbers are binary; use to_minor(currency; profile) for a "
                "decimal text, a minor amount is an integer already");
      }
      MoneyValue value;
      value.computed = here(node);
      return value;
    }
    if (arithmetic_functions.count(name) > 0) return arithmetic_function(name, node, input);
    // Texts, mostly: what was money is a text of it.
    MoneyValue value = input;
    value.is_money_text =
        input.is_money_text || input.is_money || arguments.is_money || arguments.is_money_text;
    value.is_money = input.is_money && name == "length";
    return value;
  }

  MoneyValue money_function(const std::string& name, const JqNode& node, const MoneyValue& input,
                            const MoneyValue& arguments) {
    const MoneyValue& taken = name == "sum_minor" ? input.any() : input;
    for (const MoneyValue* one : {&taken, name == "times" ? &arguments : &taken}) {
      if (!one->computed) continue;
      add(*one->computed, "expected " + name +
                              " to get what a system gave or a function of money "
                              "made, but here it is computed with jq's binary numbers");
    }
    (void)node;
    if (name != "split_minor") return MoneyValue::money();
    MoneyValue parts;
    parts.add_element(MoneyValue::money());
    return parts;
  }

  MoneyValue arithmetic_function(const std::string& name, const JqNode& node,
                                 const MoneyValue& input) {
    const bool is_sum = name == "add";
    const MoneyValue of = is_sum ? input.any() : input;
    if (of.is_money) {
      arithmetic_found(node, name, is_sum ? "sum_minor" : "to_minor(currency; profile; rounding)");
    }
    MoneyValue value = of;
    value.is_money = false;
    value.computed = here(node);
    return value;
  }

  const std::set<std::string>& names_;
  std::vector<Text> texts_;
  std::map<ComputedAt, std::string> found_;
  std::vector<const JqNode*> active_;
  std::size_t text_ = 0;
  std::size_t steps_ = 0;
  int nesting_ = 0;
  bool is_given_up_ = false;
};

void collect(const nlohmann::json& schema, std::set<std::string>& names) {
  if (schema.is_array()) {
    for (const auto& one : schema) collect(one, names);
  }
  if (!schema.is_object()) return;
  for (const auto& [keyword, value] : schema.items()) {
    if (keyword == "properties" && value.is_object()) {
      for (const auto& [name, property] : value.items()) {
        if (property.is_object() && property.contains("x-money")) names.insert(name);
      }
    }
    if (keyword != "examples" && keyword != "enum" && keyword != "const") collect(value, names);
  }
}

}  // namespace

std::set<std::string> money_fields(std::string_view schema_json) {
  std::set<std::string> names;
  collect(nlohmann::json::parse(schema_json, nullptr, false), names);
  return names;
}

std::vector<MoneyFinding> check_money(const std::set<std::string>& fields,
                                      const std::vector<NamedText>& definitions,
                                      const std::vector<NamedText>& maps) {
  std::vector<Text> texts;
  for (const auto& [file, text] : definitions) texts.push_back({file, text});
  for (const auto& [file, text] : maps) texts.push_back({file, text});
  const std::size_t own = texts.size();
  texts.push_back({"builtins", builtins});
  Follower follower(fields, texts);
  const auto refused = [&](std::size_t text, const FilterError& error) {
    return MoneyFinding{texts[text].file, error.line, error.column,
                        "expected a filter that can be followed for money: " + error.reason, true};
  };
  std::vector<MoneyFinding> unread;
  const auto known = parse_definitions(builtins);
  if (!known) return {refused(own, known.error())};
  Scopes scopes = follower.define(*known, own, nullptr, false);
  std::vector<std::vector<JqNode::Pointer>> kept;
  for (std::size_t index = 0; index < definitions.size(); ++index) {
    auto parsed = parse_definitions(texts[index].text);
    if (!parsed) {
      unread.push_back(refused(index, parsed.error()));
      continue;
    }
    kept.push_back(std::move(*parsed));
    scopes = follower.define(kept.back(), index, scopes, true);
  }
  for (std::size_t index = definitions.size(); index < own; ++index) {
    const auto parsed = parse_filter(texts[index].text);
    if (parsed) {
      follower.follow(**parsed, index, scopes);
    } else {
      unread.push_back(refused(index, parsed.error()));
    }
  }
  std::vector<MoneyFinding> all = follower.findings();
  all.insert(all.end(), unread.begin(), unread.end());
  return all;
}

}  // namespace perennial::host
