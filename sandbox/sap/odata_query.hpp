// The system query options of OData v2 and v4 that the simulated services understand.
//
// Errors:  parse answers a complaint for an option it cannot read; nothing is skipped in silence.
// Format:  $filter (eq ne gt ge lt le and or not, parentheses, substringof contains startswith
//          endswith), $select, $expand, $orderby, $top, $skip, $skiptoken, $inlinecount, $count.
#pragma once

#include <memory>
#include <optional>
#include <tl/expected.hpp>

#include "sandbox/base/http.hpp"
#include "sandbox/sap/edm.hpp"

namespace perennial::sandbox::sap {

struct Filter {
  enum class Kind { compare, function, all_of, any_of, negation };
  Kind kind = Kind::compare;
  std::string property;
  std::string comparison;  // eq ne gt ge lt le, or the function's name
  std::string literal;     // without its type prefix and quotes
  bool is_null = false;
  std::vector<Filter> children;
};

struct SortKey {
  std::string property;
  bool is_descending = false;
};

struct QueryOptions {
  std::optional<Filter> filter;
  std::vector<std::string> select;
  std::vector<std::string> expand;
  std::vector<SortKey> order;
  std::optional<std::size_t> top;
  std::size_t skip = 0;
  std::size_t skip_token = 0;
  bool wants_count = false;
};

tl::expected<Filter, std::string> parse_filter(std::string_view text, const EntityType& type);
tl::expected<QueryOptions, std::string> parse_options(const Request& request,
                                                      const EntityType& type);

bool is_matching(const Filter& filter, const EntityType& type, const Json& record);
void sort_records(const std::vector<SortKey>& order, const EntityType& type,
                  std::vector<Json>& records);

// The key values of `A_SalesOrder('1')` or `X(A='1',B='2')`, by property name.
struct EntityPath {
  std::string set;
  std::vector<std::pair<std::string, std::string>> keys;
  bool has_keys = false;
};
EntityPath parse_entity_path(const std::string& segment, const Service& service);

}  // namespace perennial::sandbox::sap
