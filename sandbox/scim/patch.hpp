// Applies the operations of a SCIM PATCH to a resource.
//
// Errors:  a scimType and a description; the resource is then unchanged.
// Format:  RFC 7644, section 3.5.2.
#pragma once

#include "sandbox/scim/filter.hpp"

namespace perennial::sandbox::scim {

struct ScimError {
  int status = 400;
  std::string scim_type;
  std::string detail;
};

std::optional<ScimError> apply_patch(const Json& body, Json& resource);

// Complaints about a user as a whole: types, dates of the entitlement extension, unknown
// attributes.
std::optional<ScimError> check_user(const Json& user);

}  // namespace perennial::sandbox::scim
