// SCIM answers to outcomes. Pure.
//
// Errors:  an answer that no row knows is judged by its HTTP status alone.
// Format:  {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status", "scimType",
//          "detail"} (RFC 7644, 3.12).
#ifndef PERENNIAL_PLUGINS_ENTITLEMENT_FAULTS_HPP
#define PERENNIAL_PLUGINS_ENTITLEMENT_FAULTS_HPP

#include <span>

#include "plugins/common/call.hpp"

namespace perennial::plugins::entitlement {

struct StatusRow {
  int status;
  sdk::OutcomeKind kind;
};

struct TypeRow {
  std::string_view scim_type;
  sdk::OutcomeKind kind;
};

// The tables, for the tests that hold every row.
std::span<const StatusRow> status_rows();
std::span<const TypeRow> type_rows();

// Requires: the answer's status is not 2xx. `is_read` tells that there was nothing to apply.
common::Fault fault_of(const common::HttpResponse& response, bool is_read);

}  // namespace perennial::plugins::entitlement

#endif
