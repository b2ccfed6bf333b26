#include "sandbox/sap/odata_query.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "sandbox/base/calendar.hpp"

namespace perennial::sandbox::sap {
namespace {

constexpr int nesting_max = 64;

bool is_word_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/' || c == '-' ||
         c == '.' || c == ':' || c == '+' || c == '@';
}

class FilterParser {
 public:
  FilterParser(std::string_view text, const EntityType& type) : text_(text), type_(type) {}

  tl::expected<Filter, std::string> run() {
    Filter filter;
    if (!any_of(filter, 0)) return tl::unexpected(error_);
    skip_space();
    if (at_ < text_.size()) return tl::unexpected(complain());
    return filter;
  }

 private:
  std::string complain() const {
    return "Invalid parametertype or expression at position " + std::to_string(at_) + " of $filter";
  }
  bool fail() {
    if (error_.empty()) error_ = complain();
    return false;
  }
  void skip_space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string peek_word() {
    skip_space();
    std::size_t end = at_;
    while (end < text_.size() && is_word_letter(text_[end])) ++end;
    return std::string(text_.substr(at_, end - at_));
  }
  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    at_ += word.size();
    return true;
  }

  bool any_of(Filter& out, int depth) {
    if (depth > nesting_max) return fail();
    return joined(out, depth, "or");
  }

  bool joined(Filter& out, int depth, std::string_view word) {
    const bool is_or = word == "or";
    Filter first;
    if (!(is_or ? joined(first, depth, "and") : unary(first, depth))) return false;
    if (peek_word() != word) {
      out = std::move(first);
      return true;
    }
    out.kind = is_or ? Filter::Kind::any_of : Filter::Kind::all_of;
    out.children.push_back(std::move(first));
    while (take_word(word)) {
      Filter next;
      if (!(is_or ? joined(next, depth, "and") : unary(next, depth))) return false;
      out.children.push_back(std::move(next));
    }
    return true;
  }

  bool unary(Filter& out, int depth) {
    if (take_word("not")) {
      out.kind = Filter::Kind::negation;
      out.children.emplace_back();
      return depth > nesting_max ? fail() : unary(out.children.back(), depth + 1);
    }
    if (take('(')) {
      if (!any_of(out, depth + 1)) return false;
      return take(')') || fail();
    }
    const std::string word = peek_word();
    if (word == "substringof" || word == "contains" || word == "startswith" || word == "endswith") {
      return function(out, word);
    }
    return comparison(out);
  }

  bool function(Filter& out, const std::string& name) {
    at_ += name.size();
    out.kind = Filter::Kind::function;
    out.comparison = name;
    if (!take('(')) return fail();
    // substringof has the literal first; the v4 functions have it second.
    const bool literal_first = name == "substringof";
    if (!(literal_first ? literal(out) : property(out))) return false;
    if (!take(',')) return fail();
    if (!(literal_first ? property(out) : literal(out))) return false;
    if (!take(')')) return fail();
    // v2 writes `substringof(...) eq true`.
    if (take_word("eq") && !take_word("true")) return fail();
    return true;
  }

  bool property(Filter& out) {
    out.property = peek_word();
    if (type_.property(out.property) == nullptr) {
      error_ = "Property '" + out.property + "' is not a property of '" + type_.name + "'";
      return false;
    }
    at_ += out.property.size();
    return true;
  }

  bool comparison(Filter& out) {
    if (!property(out)) return false;
    out.comparison = peek_word();
    static constexpr std::string_view known = " eq ne gt ge lt le ";
    if (out.comparison.empty() ||
        known.find(" " + out.comparison + " ") == std::string_view::npos) {
      return fail();
    }
    at_ += out.comparison.size();
    return literal(out);
  }

  bool literal(Filter& out) {
    skip_space();
    std::string prefix;
    if (at_ < text_.size() && text_[at_] != '\'') {
      prefix = peek_word();
      at_ += prefix.size();
    }
    if (at_ < text_.size() && text_[at_] == '\'') return quoted(out);
    if (prefix.empty()) return fail();
    out.is_null = prefix == "null";
    out.literal = prefix;
    // Numbers of v2 carry a type letter: 12.5M, 7L, 1.5d.
    const bool is_number =
        std::isdigit(static_cast<unsigned char>(prefix.front())) != 0 || prefix.front() == '-';
    const char last = prefix.back();
    if (is_number && std::string_view("MmLlDdFf").find(last) != std::string_view::npos &&
        type_.property(out.property) != nullptr &&
        type_.property(out.property)->type == Edm::decimal) {
      out.literal.pop_back();
    }
    return true;
  }

  bool quoted(Filter& out) {
    ++at_;
    std::string value;
    while (at_ < text_.size()) {
      if (text_[at_] == '\'') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '\'') {
          ++at_;
          out.literal = value;
          return true;
        }
        ++at_;
      }
      value += text_[at_++];
    }
    return fail();
  }

  std::string_view text_;
  const EntityType& type_;
  std::size_t at_ = 0;
  std::string error_;
};

std::optional<Instant> instant_of(const std::string& text) {
  if (const auto day = parse_day(text)) return start_of(*day);
  return parse_instant(text);
}

template <typename Value>
int order_of(const Value& left, const Value& right) {
  return left < right ? -1 : (right < left ? 1 : 0);
}

// -1, 0 or 1; nothing when the two cannot be compared.
std::optional<int> compare(const Property& property, const std::string& left,
                           const std::string& right) {
  switch (property.type) {
    case Edm::decimal:
      return order_of(std::strtod(left.c_str(), nullptr), std::strtod(right.c_str(), nullptr));
    case Edm::date:
    case Edm::date_time: {
      const auto first = instant_of(left);
      const auto second = instant_of(right);
      if (!first || !second) return std::nullopt;
      return order_of(*first, *second);
    }
    case Edm::guid:
      return order_of(lower_case(left), lower_case(right));
    default:
      return order_of(left, right);
  }
}

std::string plain_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  return {};
}

bool is_function_true(const Filter& filter, const std::string& value) {
  const std::string& part = filter.literal;
  if (filter.comparison == "startswith") return value.rfind(part, 0) == 0;
  if (filter.comparison == "endswith") {
    return value.size() >= part.size() && value.substr(value.size() - part.size()) == part;
  }
  return value.find(part) != std::string::npos;
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string part = text.substr(begin, end - begin);
    const std::size_t first = part.find_first_not_of(' ');
    if (first != std::string::npos) {
      parts.push_back(part.substr(first, part.find_last_not_of(' ') - first + 1));
    }
    begin = end + 1;
  }
  return parts;
}

std::optional<std::string> check_names(const QueryOptions& options, const EntityType& type) {
  for (const std::string& name : options.select) {
    const std::string head = name.substr(0, name.find('/'));
    if (name != "*" && type.property(head) == nullptr && type.navigation(head) == nullptr) {
      return "Property '" + name + "' in $select is not a property of '" + type.name + "'";
    }
  }
  for (const std::string& name : options.expand) {
    const std::string head = name.substr(0, name.find_first_of("/("));
    if (type.navigation(head) == nullptr) {
      return "'" + name + "' in $expand is not a navigation property of '" + type.name + "'";
    }
  }
  for (const SortKey& key : options.order) {
    if (type.property(key.property) == nullptr) {
      return "Property '" + key.property + "' in $orderby is not a property of '" + type.name + "'";
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> count_of(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(std::strtoull(text.c_str(), nullptr, 10));
}

std::optional<std::string> read_option(const std::string& name, const std::string& value,
                                       const EntityType& type, QueryOptions& options) {
  if (name == "$filter") {
    auto filter = parse_filter(value, type);
    if (!filter) return filter.error();
    options.filter = std::move(*filter);
  } else if (name == "$select") {
    options.select = split_list(value);
  } else if (name == "$expand") {
    options.expand = split_list(value);
  } else if (name == "$orderby") {
    for (const std::string& part : split_list(value)) {
      const std::size_t space = part.find(' ');
      options.order.push_back({part.substr(0, space), part.find(" desc") != std::string::npos});
    }
  } else if (name == "$top" || name == "$skip" || name == "$skiptoken") {
    const auto count = count_of(value);
    if (!count) return "Invalid value '" + value + "' for " + name;
    if (name == "$top")
      options.top = count;
    else if (name == "$skip")
      options.skip = *count;
    else
      options.skip_token = *count;
  } else if (name == "$inlinecount" || name == "$count") {
    options.wants_count = value == "allpages" || value == "true";
  } else if (name.rfind('$', 0) == 0 && name != "$format" && name != "$deltatoken") {
    return "System query option '" + name + "' is not supported";
  }
  return std::nullopt;
}

}  // namespace

tl::expected<Filter, std::string> parse_filter(std::string_view text, const EntityType& type) {
  return FilterParser(text, type).run();
}

tl::expected<QueryOptions, std::string> parse_options(const Request& request,
                                                      const EntityType& type) {
  QueryOptions options;
  for (const auto& [name, value] : parse_query(request.query)) {
    if (auto problem = read_option(name, value, type, options)) return tl::unexpected(*problem);
  }
  if (auto problem = check_names(options, type)) return tl::unexpected(*problem);
  return options;
}

bool is_matching(const Filter& filter, const EntityType& type, const Json& record) {
  const auto matches = [&](const Filter& child) { return is_matching(child, type, record); };
  switch (filter.kind) {
    case Filter::Kind::all_of:
      return std::all_of(filter.children.begin(), filter.children.end(), matches);
    case Filter::Kind::any_of:
      return std::any_of(filter.children.begin(), filter.children.end(), matches);
    case Filter::Kind::negation:
      return !matches(filter.children.front());
    default:
      break;
  }
  const Property& property = *type.property(filter.property);
  const Json& value = member_of(record, filter.property);
  if (filter.is_null) return (filter.comparison == "eq") == value.is_null();
  if (value.is_null() && property.type != Edm::string) return filter.comparison == "ne";
  const std::string text = plain_text(value);
  if (filter.kind == Filter::Kind::function) return is_function_true(filter, text);
  const auto order = compare(property, text, filter.literal);
  if (!order) return false;
  if (filter.comparison == "eq") return *order == 0;
  if (filter.comparison == "ne") return *order != 0;
  if (filter.comparison == "gt") return *order > 0;
  if (filter.comparison == "ge") return *order >= 0;
  return filter.comparison == "lt" ? *order < 0 : *order <= 0;
}

void sort_records(const std::vector<SortKey>& order, const EntityType& type,
                  std::vector<Json>& records) {
  std::stable_sort(records.begin(), records.end(), [&](const Json& left, const Json& right) {
    for (const SortKey& key : order) {
      const auto result =
          compare(*type.property(key.property), plain_text(member_of(left, key.property)),
                  plain_text(member_of(right, key.property)));
      if (result && *result != 0) return key.is_descending ? *result > 0 : *result < 0;
    }
    return false;
  });
}

EntityPath parse_entity_path(const std::string& segment, const Service& service) {
  EntityPath path;
  const std::size_t open = segment.find('(');
  path.set = segment.substr(0, open);
  if (open == std::string::npos || segment.back() != ')') return path;
  path.has_keys = true;
  const std::string inner = segment.substr(open + 1, segment.size() - open - 2);
  const EntityType* type = service.by_set(path.set);
  for (const std::string& part : split_list(inner)) {
    const std::size_t equals = part.find('=');
    std::string name = equals == std::string::npos ? "" : part.substr(0, equals);
    std::string value = equals == std::string::npos ? part : part.substr(equals + 1);
    const std::size_t quote = value.find('\'');
    if (quote != std::string::npos) value = value.substr(quote + 1, value.rfind('\'') - quote - 1);
    if (name.empty() && type != nullptr) name = type->properties.front().name;
    path.keys.emplace_back(std::move(name), std::move(value));
  }
  return path;
}

}  // namespace perennial::sandbox::sap
