// Finds where a mapping computes money with jq's numbers: `tonumber` and arithmetic on fields that
// a schema marks with x-money, and such results where a marked field is made.
//
// Place:   by the loader of a configuration, over mapping files and filters, after jq accepted them.
// Errors:  findings with file, line and column; the first look at a text that it can't follow is a
//          finding too.
// Limits:  fields are known by name, wherever they stand. It follows values through pipes,
//          variables, functions, arrays and objects that the mapping makes, and through jq's
//          builtins; not through names that are computed, such as .[$name] (docs/mappings.md).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perennial::host {

struct MoneyFinding {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
  std::string reason;
  bool is_unread = false;  // the text itself could not be followed
};

// Names of the properties of a JSON Schema that carry x-money.
[[nodiscard]] std::set<std::string> money_fields(std::string_view schema_json);

// `definitions` are files of shared functions, `maps` those that use them; each is a name and its
// text. The findings stand in the order of the texts.
using NamedText = std::pair<std::string, std::string>;
[[nodiscard]] std::vector<MoneyFinding> check_money(const std::set<std::string>& fields,
                                                    const std::vector<NamedText>& definitions,
                                                    const std::vector<NamedText>& maps);

}  // namespace perennial::host
