// SCIM filter expressions and attribute paths over a resource.
//
// Errors:  parse answers a description of what is wrong for a 400 invalidFilter or invalidPath.
// Format:  RFC 7644, sections 3.4.2.2 (filters) and 3.5.2 (paths); RFC 7643 for names with a
// schema.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "sandbox/base/json.hpp"

namespace perennial::sandbox::scim {

inline constexpr const char* core_urn = "urn:ietf:params:scim:schemas:core:2.0:User";
inline constexpr const char* entitlement_urn =
    "urn:ietf:params:scim:schemas:extension:entitlement:2.0:User";

struct FilterNode {
  enum class Kind { compare, all_of, any_of, negation };
  Kind kind = Kind::compare;
  std::string attribute;
  std::string comparison;  // eq ne co sw ew gt ge lt le pr, lower case
  Json value;
  std::vector<FilterNode> children;
};

tl::expected<FilterNode, std::string> parse_filter(std::string_view text);
bool is_matching(const FilterNode& filter, const Json& resource);

// `emails[type eq "work"].value`, `name.givenName`, `urn:...:User:validUntil`, or a whole
// extension.
struct AttributePath {
  std::vector<std::string> steps;   // names as they are in the resource
  std::optional<FilterNode> where;  // applies after the first step
  std::string after;                // the sub-attribute behind the brackets
};
tl::expected<AttributePath, std::string> parse_path(std::string_view text);

// The member whose name equals `name` without regard to case; null when there is none.
std::string actual_name(const Json& object, std::string_view name);

}  // namespace perennial::sandbox::scim
