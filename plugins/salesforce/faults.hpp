// Salesforce's answers to outcomes. Pure.
//
// Errors:  an answer with an undocumented code is judged by its HTTP status alone.
// Format:  a failed call answers [{"errorCode", "message", "fields"}]; a record of a collection
//          that failed carries errors [{"statusCode", "message", "fields"}] ("Status Codes and
//          Error Responses" and "Upsert Multiple Records with sObject Collections", REST API
//          Developer Guide).
#ifndef PERENNIAL_PLUGINS_SALESFORCE_FAULTS_HPP
#define PERENNIAL_PLUGINS_SALESFORCE_FAULTS_HPP

#include "plugins/common/call.hpp"
#include "plugins/common/json.hpp"
#include "plugins/salesforce/status_codes.hpp"

namespace perennial::plugins::salesforce {

struct StatusRow {
  int status;
  sdk::OutcomeKind kind;
};
std::span<const StatusRow> status_rows();

// Requires: the answer's status is not 2xx. `is_read` tells that there was nothing to apply.
common::Fault fault_of(const common::HttpResponse& response, bool is_read);

// The fault of one record of a collection: with allOrNone=false it was surely not saved, so it is
// never `unknown`.
common::Fault fault_of_record(const common::Json& errors);

}  // namespace perennial::plugins::salesforce

#endif
