#include "plugins/http/answers.hpp"

#include <algorithm>
#include <charconv>

namespace perennial::plugins::http {
namespace {

using common::Answer;
using common::Json;

bool covers(const Rule& rule, int status) {
  return std::any_of(rule.statuses.begin(), rule.statuses.end(), [&](const auto& range) {
    return range.first <= status && status <= range.second;
  });
}

std::optional<std::int64_t> integer_of(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// Integers by value, everything else by its bytes, which is the order of ISO 8601 dates.
int compared(const std::string& left, const std::string& right) {
  const auto one = integer_of(left);
  const auto other = integer_of(right);
  if (one && other) return *one < *other ? -1 : *one > *other ? 1 : 0;
  return left.compare(right);
}

bool holds(Relation relation, int order) {
  switch (relation) {
    case Relation::equal:
      return order == 0;
    case Relation::different:
      return order != 0;
    case Relation::above:
      return order > 0;
    case Relation::below:
      return order < 0;
    case Relation::present:
    case Relation::absent:
      break;
  }
  return false;
}

}  // namespace

Seen seen_of(common::HttpResponse response) {
  Seen seen;
  seen.response = std::move(response);
  const std::string& text = seen.response.body;
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return seen;
  common::Parsed<Json> parsed = common::parse_json(text);
  if (parsed) {
    seen.body = std::move(*parsed);
  } else {
    seen.unreadable = parsed.error();
  }
  return seen;
}

std::string text_of_place(const std::optional<Pointer>& place, const Json& body) {
  const Json* found = place ? place->find(body) : nullptr;
  return found == nullptr ? std::string() : scalar_text(*found).value_or("");
}

bool fits(const Rule& rule, const Seen& seen, const Scope& scope) {
  if (!covers(rule, seen.response.status)) return false;
  if (!rule.at) return true;
  const Json* found = rule.at->find(seen.body);
  if (rule.is == Relation::absent) return found == nullptr;
  if (rule.is == Relation::present) return found != nullptr;
  const auto value = found == nullptr ? std::nullopt : scalar_text(*found);
  const auto to = rule.to.expand(scope, Target::text);
  return value && to && holds(rule.is, compared(*value, *to));
}

bool reads_body(const Call& call, int status) {
  const bool has_rule =
      std::any_of(call.answers.begin(), call.answers.end(),
                  [&](const Rule& rule) { return rule.at && covers(rule, status); });
  const bool has_taken = std::any_of(call.take.begin(), call.take.end(),
                                     [](const Taken& taken) { return taken.at.has_value(); });
  return has_rule || has_taken || call.count.has_value();
}

Answer<Json> taken_of(const Call& call, const Seen& seen, const Scope& scope) {
  Json fields = Json::object();
  for (const Taken& taken : call.take) {
    if (taken.at) {
      if (const Json* found = taken.at->find(seen.body)) {
        fields[taken.name] = *found;
        continue;
      }
    } else if (const auto text = taken.value.expand(scope, Target::text)) {
      fields[taken.name] = *text;
      continue;
    }
    if (taken.is_optional) continue;
    common::Fault fault = common::unreadable_answer(
        taken.at ? "it has nothing at " + taken.at->text() + ", which call " + call.name +
                       " takes as " + taken.name
                 : "a field of `" + taken.name + "` is not there");
    fault.code = "answer_incomplete";
    return tl::unexpected(std::move(fault));
  }
  return fields;
}

std::optional<std::int64_t> count_of(const Pointer& place, const Json& body) {
  const Json* found = place.find(body);
  if (found == nullptr) return std::nullopt;
  if (found->is_array()) return static_cast<std::int64_t>(found->size());
  const auto text = scalar_text(*found);
  return text ? integer_of(*text) : std::nullopt;
}

}  // namespace perennial::plugins::http
