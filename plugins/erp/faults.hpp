// SAP's answers to outcomes. Pure.
//
// Errors:  an answer that no row knows is judged by its HTTP status alone.
// Format:  OData v2 error bodies as SAP Gateway writes them (code = message class "/" number, and
//          innererror.errordetails), OData v4 error bodies (code, details), or no body.
#ifndef PERENNIAL_PLUGINS_ERP_FAULTS_HPP
#define PERENNIAL_PLUGINS_ERP_FAULTS_HPP

#include <span>

#include "plugins/common/call.hpp"

namespace perennial::plugins::erp {

struct StatusRow {
  int status;
  sdk::OutcomeKind kind;
};

struct CodeRow {
  std::string_view code;
  sdk::OutcomeKind kind;
};

// The tables, for the tests that hold every row.
std::span<const StatusRow> status_rows();
std::span<const CodeRow> code_rows();
// Texts that mean "somebody works on this object now"; the sessions log on with language EN.
std::span<const std::string_view> lock_phrases();

// Requires: the answer's status is not 2xx. `is_read` tells that there was nothing to apply.
common::Fault fault_of(const common::HttpResponse& response, bool is_read);

}  // namespace perennial::plugins::erp

#endif
