#include "sandbox/scim/filter.hpp"

#include <algorithm>
#include <cctype>

#include "sandbox/base/http.hpp"

namespace perennial::sandbox::scim {
namespace {

constexpr int nesting_max = 32;

// Splits `urn:...:User:validUntil` and `name.givenName` into steps. Both schemas are known by name,
// because a URN itself contains colons and dots.
std::vector<std::string> steps_of(std::string_view attribute) {
  std::vector<std::string> steps;
  for (const std::string_view urn :
       {std::string_view(entitlement_urn), std::string_view(core_urn)}) {
    if (attribute.size() < urn.size() ||
        !equal_ignoring_case(attribute.substr(0, urn.size()), urn)) {
      continue;
    }
    if (urn != core_urn) steps.emplace_back(urn);
    attribute.remove_prefix(urn.size());
    if (!attribute.empty()) attribute.remove_prefix(1);
    break;
  }
  while (!attribute.empty()) {
    const std::size_t dot = std::min(attribute.find('.'), attribute.size());
    steps.emplace_back(attribute.substr(0, dot));
    attribute.remove_prefix(std::min(dot + 1, attribute.size()));
  }
  return steps;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  tl::expected<FilterNode, std::string> run() {
    FilterNode node;
    if (!joined(node, "or", 0)) return tl::unexpected(complain());
    skip_space();
    if (at_ < text_.size()) return tl::unexpected(complain());
    return node;
  }

 private:
  std::string complain() const {
    return "expected a filter such as externalId eq \"x\", but position " + std::to_string(at_) +
           " of '" + std::string(text_) + "' cannot be read";
  }
  void skip_space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  std::string peek_word() {
    skip_space();
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != ' ' && text_[end] != '(' && text_[end] != ')' &&
           text_[end] != '"') {
      ++end;
    }
    return std::string(text_.substr(at_, end - at_));
  }
  bool take_word(std::string_view word) {
    if (!equal_ignoring_case(peek_word(), word)) return false;
    at_ += word.size();
    return true;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool joined(FilterNode& out, std::string_view word, int depth) {
    if (depth > nesting_max) return false;
    const bool is_or = word == "or";
    FilterNode first;
    if (!(is_or ? joined(first, "and", depth) : unary(first, depth))) return false;
    if (!equal_ignoring_case(peek_word(), word)) {
      out = std::move(first);
      return true;
    }
    out.kind = is_or ? FilterNode::Kind::any_of : FilterNode::Kind::all_of;
    out.children.push_back(std::move(first));
    while (take_word(word)) {
      FilterNode next;
      if (!(is_or ? joined(next, "and", depth) : unary(next, depth))) return false;
      out.children.push_back(std::move(next));
    }
    return true;
  }

  bool unary(FilterNode& out, int depth) {
    if (take_word("not")) {
      out.kind = FilterNode::Kind::negation;
      out.children.emplace_back();
      return take('(') && joined(out.children.back(), "or", depth + 1) && take(')');
    }
    if (take('(')) return joined(out, "or", depth + 1) && take(')');
    return comparison(out);
  }

  bool comparison(FilterNode& out) {
    out.attribute = peek_word();
    if (out.attribute.empty()) return false;
    at_ += out.attribute.size();
    out.comparison = lower_case(peek_word());
    static constexpr std::string_view known = " eq ne co sw ew gt ge lt le pr ";
    if (out.comparison.size() != 2 ||
        known.find(" " + out.comparison + " ") == std::string_view::npos) {
      return false;
    }
    at_ += 2;
    return out.comparison == "pr" || literal(out);
  }

  bool literal(FilterNode& out) {
    skip_space();
    std::size_t end = at_;
    if (end < text_.size() && text_[end] == '"') {
      ++end;
      while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2U : 1U;
      ++end;
    } else {
      while (end < text_.size() && text_[end] != ' ' && text_[end] != ')') ++end;
    }
    if (end > text_.size()) return false;
    const auto value = parse_json(text_.substr(at_, end - at_));
    if (!value || value->is_structured()) return false;
    out.value = *value;
    at_ = end;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// All values an attribute has in a resource; a step over a list visits each of its elements.
void collect(const Json& node, const std::vector<std::string>& steps, std::size_t at,
             std::vector<Json>& found) {
  if (node.is_array()) {
    for (const Json& element : node) collect(element, steps, at, found);
    return;
  }
  if (at == steps.size()) {
    // A complex attribute compares by its value, as `emails eq "x"` does.
    if (node.is_object() && node.contains("value"))
      found.push_back(node["value"]);
    else if (!node.is_null())
      found.push_back(node);
    return;
  }
  if (!node.is_object()) return;
  const std::string name = actual_name(node, steps[at]);
  if (!name.empty()) collect(node[name], steps, at + 1, found);
}

bool compares(const std::string& comparison, const Json& left, const Json& right) {
  if (!left.is_string() || !right.is_string()) {
    if (comparison == "eq") return left == right;
    if (comparison == "ne") return left != right;
    if (!left.is_number() || !right.is_number()) return false;
    const double a = left.get<double>();
    const double b = right.get<double>();
    return comparison == "gt"   ? a > b
           : comparison == "ge" ? a >= b
           : comparison == "lt" ? a < b
                                : comparison == "le" && a <= b;
  }
  const std::string a = lower_case(left.get<std::string>());
  const std::string b = lower_case(right.get<std::string>());
  if (comparison == "eq") return a == b;
  if (comparison == "ne") return a != b;
  if (comparison == "co") return a.find(b) != std::string::npos;
  if (comparison == "sw") return a.rfind(b, 0) == 0;
  if (comparison == "ew") return a.size() >= b.size() && a.substr(a.size() - b.size()) == b;
  if (comparison == "gt") return a > b;
  if (comparison == "ge") return a >= b;
  return comparison == "lt" ? a < b : a <= b;
}

}  // namespace

std::string actual_name(const Json& object, std::string_view name) {
  if (!object.is_object()) return {};
  for (const auto& [member, value] : object.items()) {
    if (equal_ignoring_case(member, name)) return member;
  }
  return {};
}

tl::expected<FilterNode, std::string> parse_filter(std::string_view text) {
  return Parser(text).run();
}

bool is_matching(const FilterNode& filter, const Json& resource) {
  const auto matches = [&](const FilterNode& child) { return is_matching(child, resource); };
  switch (filter.kind) {
    case FilterNode::Kind::all_of:
      return std::all_of(filter.children.begin(), filter.children.end(), matches);
    case FilterNode::Kind::any_of:
      return std::any_of(filter.children.begin(), filter.children.end(), matches);
    case FilterNode::Kind::negation:
      return !matches(filter.children.front());
    case FilterNode::Kind::compare:
      break;
  }
  std::vector<Json> values;
  collect(resource, steps_of(filter.attribute), 0, values);
  if (filter.comparison == "pr") return !values.empty();
  if (values.empty()) return filter.comparison == "ne";
  return std::any_of(values.begin(), values.end(), [&](const Json& value) {
    return compares(filter.comparison, value, filter.value);
  });
}

tl::expected<AttributePath, std::string> parse_path(std::string_view text) {
  AttributePath path;
  const std::size_t open = text.find('[');
  path.steps = steps_of(text.substr(0, open));
  if (path.steps.empty()) return tl::unexpected("the path '" + std::string(text) + "' is empty");
  if (open == std::string_view::npos) return path;
  const std::size_t close = text.rfind(']');
  if (close == std::string_view::npos || close < open) {
    return tl::unexpected("the path '" + std::string(text) + "' has no closing bracket");
  }
  auto where = parse_filter(text.substr(open + 1, close - open - 1));
  if (!where) return tl::unexpected(where.error());
  path.where = std::move(*where);
  if (close + 2 < text.size() && text[close + 1] == '.') path.after = text.substr(close + 2);
  return path;
}

}  // namespace perennial::sandbox::scim
