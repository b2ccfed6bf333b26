// A SOQL query as a tree, and the parser that makes it.
//
// Errors:  parse_soql answers MALFORMED_QUERY with the vendor's row and column form.
// Format:  developer.salesforce.com, SOQL and SOSL Reference: SELECT with fields, relationship
// paths,
//          one level of child subqueries, COUNT(), FIELDS(...); WHERE; ORDER BY; LIMIT; OFFSET.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "sandbox/base/calendar.hpp"

namespace perennial::sandbox::salesforce {

struct ApiError {
  std::string code;
  std::string text;
};

struct Literal {
  enum class Kind { null, boolean, number, text, date, datetime };
  Kind kind = Kind::null;
  std::string text;  // as written; for strings without quotes and escapes
  double number = 0;
  bool boolean = false;
  Instant instant;      // of dates and datetimes
  Instant instant_end;  // of date literals that mean a range, such as TODAY
};

struct Condition {
  enum class Kind { compare, in, like, all_of, any_of, negation };
  Kind kind = Kind::compare;
  std::string path;
  std::string comparison;  // = != < > <= >=, or "NOT IN" for in
  std::vector<Literal> values;
  std::vector<Condition> children;
};

struct OrderKey {
  std::string path;
  bool is_descending = false;
  bool nulls_last = false;
};

struct Query {
  std::vector<std::string> fields;
  std::vector<Query> children;  // `object` of a child is its relationship name
  bool is_count = false;        // SELECT COUNT()
  std::string object;
  std::optional<Condition> where;
  std::vector<OrderKey> order;
  std::optional<std::size_t> limit;
  std::size_t offset = 0;
  std::string text;
};

// `today` gives date literals such as TODAY and LAST_N_DAYS:n their meaning.
tl::expected<Query, ApiError> parse_soql(std::string_view text, Day today);

// The vendor's frame around a complaint about a place in the query.
ApiError soql_error(std::string_view query, std::size_t at, std::string code, std::string text);

}  // namespace perennial::sandbox::salesforce
