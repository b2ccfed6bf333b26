#include "sandbox/salesforce/soql_run.hpp"

#include <algorithm>
#include <compare>
#include <unordered_map>

namespace perennial::sandbox::salesforce {
namespace {

struct FieldPath {
  std::vector<const FieldSpec*> hops;  // references to follow
  const FieldSpec* field = nullptr;
};

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool glob_match(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '%') {
    for (std::size_t skip = 0; skip <= text.size(); ++skip) {
      if (glob_match(pattern.substr(1), text.substr(skip))) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  if (pattern.front() == '\\' && pattern.size() > 1) {
    return pattern[1] == text.front() && glob_match(pattern.substr(2), text.substr(1));
  }
  if (pattern.front() != '_' && pattern.front() != text.front()) return false;
  return glob_match(pattern.substr(1), text.substr(1));
}

std::optional<Instant> instant_of(const FieldSpec& field, const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (field.type == "date") {
    const auto day = parse_day(text);
    return day ? std::optional(start_of(*day)) : std::nullopt;
  }
  return parse_instant(text);
}

int sign(std::strong_ordering order) {
  return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

bool is_holding(const std::string& comparison, int order) {
  if (comparison == "=") return order == 0;
  if (comparison == "!=") return order != 0;
  if (comparison == "<") return order < 0;
  if (comparison == ">") return order > 0;
  return comparison == "<=" ? order <= 0 : order >= 0;
}

class Run {
 public:
  Run(const Org& org, const Query& query, const RunOptions& options)
      : org_(org), query_(query), options_(options) {}

  tl::expected<QueryRows, ApiError> run() {
    const ObjectSpec* object = find_object(query_.object);
    if (object == nullptr) {
      return tl::unexpected(complain(query_.object, "INVALID_TYPE",
                                     "sObject type '" + query_.object + "' is not supported."));
    }
    if (!check_fields(*object, query_)) return tl::unexpected(*error_);
    std::vector<const Json*> found = select(*object, query_);
    if (error_) return tl::unexpected(*error_);
    QueryRows rows;
    rows.total = found.size();
    if (query_.is_count) return rows;
    for (const Json* record : found) rows.records.push_back(render(*object, query_, *record));
    return rows;
  }

 private:
  ApiError complain(const std::string& word, std::string code, std::string text) const {
    const std::size_t at = std::min(query_.text.find(word), query_.text.size());
    return soql_error(query_.text, at, std::move(code), std::move(text));
  }

  bool fail(const std::string& word, std::string code, std::string text) {
    if (!error_) error_ = complain(word, std::move(code), std::move(text));
    return false;
  }

  std::optional<FieldPath> resolve(const ObjectSpec& object, const std::string& path) {
    const std::string cache_key = object.name + " " + path;
    if (const auto known = resolved_.find(cache_key); known != resolved_.end()) {
      return known->second;
    }
    FieldPath resolved;
    const ObjectSpec* at = &object;
    std::vector<std::string> parts = split_path(path);
    if (parts.size() > 1 && equal_ignoring_case(parts.front(), object.name) &&
        object.relationship(parts.front()) == nullptr) {
      parts.erase(parts.begin());  // the object's own name may qualify a field
    }
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const FieldSpec* hop = at->relationship(parts[i]);
      if (hop == nullptr) {
        fail(path, "INVALID_FIELD",
             "Didn't understand relationship '" + parts[i] +
                 "' in field path. If you are attempting to use a custom relationship, be sure to "
                 "append the '__r' after the custom relationship name.");
        return std::nullopt;
      }
      resolved.hops.push_back(hop);
      at = find_object(hop->refers_to);
    }
    resolved.field = at->field(parts.back());
    if (resolved.field == nullptr) {
      fail(path, "INVALID_FIELD",
           "No such column '" + parts.back() + "' on entity '" + at->name +
               "'. If you are attempting to use a custom field, be sure to append the '__c' after "
               "the custom field name. Please reference your WSDL or the describe call for the "
               "appropriate names.");
      return std::nullopt;
    }
    resolved_[cache_key] = resolved;
    return resolved;
  }

  bool check_fields(const ObjectSpec& object, const Query& query) {
    for (const std::string& field : query.fields) {
      if (field.rfind("FIELDS(", 0) != 0 && !resolve(object, field)) return false;
    }
    for (const Query& child : query.children) {
      const ChildSpec* spec = object.child(child.object);
      if (spec == nullptr) {
        return fail(
            child.object, "INVALID_TYPE",
            "Didn't understand relationship '" + child.object + "' in FROM part of query call.");
      }
      if (!check_fields(*find_object(spec->object), child)) return false;
    }
    if (query.where && !check_condition(object, *query.where)) return false;
    return std::all_of(query.order.begin(), query.order.end(),
                       [&](const OrderKey& key) { return resolve(object, key.path).has_value(); });
  }

  bool check_condition(const ObjectSpec& object, const Condition& condition) {
    for (const Condition& child : condition.children) {
      if (!check_condition(object, child)) return false;
    }
    if (!condition.children.empty()) return true;
    const auto path = resolve(object, condition.path);
    if (!path) return false;
    return std::all_of(condition.values.begin(), condition.values.end(), [&](const Literal& value) {
      return check_literal(*path->field, condition, value);
    });
  }

  bool check_literal(const FieldSpec& field, const Condition& condition, const Literal& value) {
    using Kind = Literal::Kind;
    if (value.kind == Kind::null) return true;
    const std::string& type = field.type;
    const bool is_number =
        type == "currency" || type == "double" || type == "percent" || type == "int";
    bool fits = value.kind == Kind::text;
    if (is_number) fits = value.kind == Kind::number;
    if (type == "boolean") fits = value.kind == Kind::boolean;
    if (type == "date") fits = value.kind == Kind::date;
    if (type == "datetime") {
      fits = value.kind == Kind::datetime || value.instant_end != Instant();
    }
    if (fits) return true;
    const std::string shown = value.kind == Kind::text ? "'" + value.text + "'" : value.text;
    return fail(condition.path, "INVALID_FIELD",
                "value of filter criterion for field '" + condition.path + "' must be of type " +
                    type +
                    (value.kind == Kind::text ? " and should not be enclosed in quotes"
                                              : ", but is " + shown));
  }

  const Json* follow(const FieldPath& path, const Json& record) const {
    const Json* at = &record;
    for (const FieldSpec* hop : path.hops) {
      const std::string id = text_of(*at, hop->name);
      at = id.empty() ? nullptr : org_.table(*find_object(hop->refers_to)).find(id);
      if (at == nullptr) return nullptr;
    }
    return at;
  }

  Json value_at(const ObjectSpec& object, const std::string& path, const Json& record,
                const FieldSpec** field) {
    const auto resolved = resolve(object, path);
    if (!resolved) return nullptr;
    *field = resolved->field;
    const Json* holder = follow(*resolved, record);
    return holder == nullptr ? Json() : member_of(*holder, resolved->field->name);
  }

  // Children grouped by parent once a query, because a query may render thousands of parents.
  const std::vector<const Json*>& children_of(const ChildSpec& child, const std::string& parent) {
    auto [group, is_new] = children_.try_emplace(child.relationship);
    if (is_new) {
      org_.table(*find_object(child.object)).for_each([&](const std::string&, const Json& record) {
        group->second[text_of(record, child.field)].push_back(&record);
      });
    }
    return group->second[parent];
  }

  bool is_selected(const ObjectSpec& object, const Query& query, const Json& record) {
    if (!options_.with_deleted && flag_of(record, "IsDeleted")) return false;
    return !query.where || holds(object, *query.where, record);
  }

  std::vector<const Json*> select(const ObjectSpec& object, const Query& query) {
    std::vector<const Json*> found;
    org_.table(object).for_each([&](const std::string&, const Json& record) {
      if (is_selected(object, query, record)) found.push_back(&record);
    });
    arrange(object, query, found);
    return found;
  }

  std::vector<const Json*> select_children(const ChildSpec& child, const Query& query,
                                           const std::string& parent) {
    const ObjectSpec& object = *find_object(child.object);
    std::vector<const Json*> found;
    for (const Json* record : children_of(child, parent)) {
      if (is_selected(object, query, *record)) found.push_back(record);
    }
    arrange(object, query, found);
    return found;
  }

  void arrange(const ObjectSpec& object, const Query& query, std::vector<const Json*>& found) {
    sort(object, query, found);
    const std::size_t skipped = std::min(query.offset, found.size());
    found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(skipped));
    if (query.limit && found.size() > *query.limit) found.resize(*query.limit);
  }

  bool holds(const ObjectSpec& object, const Condition& condition, const Json& record) {
    switch (condition.kind) {
      case Condition::Kind::all_of:
        return std::all_of(condition.children.begin(), condition.children.end(),
                           [&](const Condition& child) { return holds(object, child, record); });
      case Condition::Kind::any_of:
        return std::any_of(condition.children.begin(), condition.children.end(),
                           [&](const Condition& child) { return holds(object, child, record); });
      case Condition::Kind::negation:
        return !holds(object, condition.children.front(), record);
      default:
        break;
    }
    const FieldSpec* field = nullptr;
    const Json value = value_at(object, condition.path, record, &field);
    if (condition.kind == Condition::Kind::like) {
      return value.is_string() && glob_match(lower_case(condition.values.front().text),
                                             lower_case(value.get<std::string>()));
    }
    if (condition.kind == Condition::Kind::in) {
      const bool is_in = std::any_of(
          condition.values.begin(), condition.values.end(),
          [&](const Literal& literal) { return compares(*field, value, "=", literal); });
      return condition.comparison == "IN" ? is_in : !is_in;
    }
    return compares(*field, value, condition.comparison, condition.values.front());
  }

  static bool compares(const FieldSpec& field, const Json& value, const std::string& comparison,
                       const Literal& literal) {
    if (literal.kind == Literal::Kind::null || value.is_null()) {
      const bool both = literal.kind == Literal::Kind::null && value.is_null();
      // A null field is unequal to every value and is neither before nor after one.
      return comparison == "=" ? both : (comparison == "!=" && !both);
    }
    if (literal.kind == Literal::Kind::boolean) {
      return is_holding(comparison, value == Json(literal.boolean) ? 0 : 1);
    }
    if (literal.kind == Literal::Kind::number) {
      const double left = value.is_number() ? value.get<double>() : 0;
      return is_holding(comparison, left < literal.number ? -1 : (left > literal.number ? 1 : 0));
    }
    if (literal.kind == Literal::Kind::text)
      return compares_text(field, value, comparison, literal);
    const auto left = instant_of(field, value);
    if (!left) return false;
    if (literal.instant_end == Instant()) {
      return is_holding(comparison, sign(*left <=> literal.instant));
    }
    const int order = *left < literal.instant ? -1 : (*left >= literal.instant_end ? 1 : 0);
    return is_holding(comparison, order);
  }

  static bool compares_text(const FieldSpec& field, const Json& value,
                            const std::string& comparison, const Literal& literal) {
    if (!value.is_string()) return false;
    if (field.type == "id" || field.type == "reference") {
      const std::string right = crm_long_id(literal.text);
      return is_holding(comparison, sign(value.get_ref<const std::string&>() <=> right));
    }
    return is_holding(comparison,
                      sign(lower_case(value.get<std::string>()) <=> lower_case(literal.text)));
  }

  void sort(const ObjectSpec& object, const Query& query, std::vector<const Json*>& found) {
    if (query.order.empty()) return;
    struct Keyed {
      std::vector<Json> keys;
      const Json* record;
    };
    std::vector<Keyed> keyed;
    for (const Json* record : found) {
      Keyed row{{}, record};
      for (const OrderKey& key : query.order) {
        const FieldSpec* field = nullptr;
        row.keys.push_back(value_at(object, key.path, *record, &field));
      }
      keyed.push_back(std::move(row));
    }
    std::stable_sort(keyed.begin(), keyed.end(), [&](const Keyed& left, const Keyed& right) {
      for (std::size_t i = 0; i < query.order.size(); ++i) {
        if (left.keys[i] == right.keys[i]) continue;
        const OrderKey& key = query.order[i];
        if (left.keys[i].is_null()) return !key.nulls_last;
        if (right.keys[i].is_null()) return key.nulls_last;
        const bool is_less = left.keys[i] < right.keys[i];
        return key.is_descending ? !is_less : is_less;
      }
      return false;
    });
    std::transform(keyed.begin(), keyed.end(), found.begin(),
                   [](const Keyed& row) { return row.record; });
  }

  Json attributes(const ObjectSpec& object, const Json& record) const {
    return {{"type", object.name},
            {"url", options_.base_path + "/sobjects/" + object.name + "/" + text_of(record, "Id")}};
  }

  Json render(const ObjectSpec& object, const Query& query, const Json& record) {
    Json out{{"attributes", attributes(object, record)}};
    for (const std::string& field : query.fields) {
      if (field.rfind("FIELDS(", 0) == 0) {
        for (const FieldSpec& spec : object.fields) out[spec.name] = member_of(record, spec.name);
        continue;
      }
      render_field(object, field, record, out);
    }
    for (const Query& child : query.children) {
      const ChildSpec& spec = *object.child(child.object);
      const ObjectSpec& child_object = *find_object(spec.object);
      Json rows = Json::array();
      for (const Json* row : select_children(spec, child, text_of(record, "Id"))) {
        rows.push_back(render(child_object, child, *row));
      }
      const std::size_t count = rows.size();
      out[spec.relationship] =
          count == 0 ? Json()
                     : Json{{"totalSize", count}, {"done", true}, {"records", std::move(rows)}};
    }
    return out;
  }

  void render_field(const ObjectSpec& object, const std::string& path, const Json& record,
                    Json& out) {
    const auto resolved = resolve(object, path);
    if (!resolved) return;
    Json* target = &out;
    const Json* holder = &record;
    for (const FieldSpec* hop : resolved->hops) {
      const ObjectSpec& parent = *find_object(hop->refers_to);
      const std::string id = text_of(*holder, hop->name);
      holder = id.empty() ? nullptr : org_.table(parent).find(id);
      if (holder == nullptr) {
        (*target)[hop->relationship] = nullptr;
        return;
      }
      target = &(*target)[hop->relationship];
      if (target->is_null()) *target = {{"attributes", attributes(parent, *holder)}};
    }
    (*target)[resolved->field->name] = member_of(*holder, resolved->field->name);
  }

  const Org& org_;
  const Query& query_;
  const RunOptions& options_;
  std::map<std::string, std::unordered_map<std::string, std::vector<const Json*>>> children_;
  std::unordered_map<std::string, FieldPath> resolved_;
  std::optional<ApiError> error_;
};

}  // namespace

tl::expected<QueryRows, ApiError> run_soql(const Org& org, const Query& query,
                                           const RunOptions& options) {
  return Run(org, query, options).run();
}

}  // namespace perennial::sandbox::salesforce
