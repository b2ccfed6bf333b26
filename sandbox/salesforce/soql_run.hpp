// Runs a parsed SOQL query against the org.
//
// Thread:  with the estate's mutex held.
// Errors:  INVALID_FIELD, INVALID_TYPE and MALFORMED_QUERY in the vendor's words.
#pragma once

#include "sandbox/salesforce/org.hpp"
#include "sandbox/salesforce/soql.hpp"

namespace perennial::sandbox::salesforce {

struct QueryRows {
  std::vector<Json> records;  // rendered, with attributes
  std::size_t total = 0;
};

struct RunOptions {
  bool with_deleted = false;  // queryAll
  std::string base_path;      // /services/data/v61.0, for record urls
};

tl::expected<QueryRows, ApiError> run_soql(const Org& org, const Query& query,
                                           const RunOptions& options);

}  // namespace perennial::sandbox::salesforce
