// Stripe's answers to outcomes. Pure.
//
// Errors:  an answer that no row knows is judged by its HTTP status alone.
// Format:  {"error": {"type", "code", "decline_code", "message", "param"}}
//          (docs.stripe.com/api/errors, docs.stripe.com/error-codes,
//          docs.stripe.com/declines/codes)
#ifndef PERENNIAL_PLUGINS_BILLING_FAULTS_HPP
#define PERENNIAL_PLUGINS_BILLING_FAULTS_HPP

#include <span>

#include "plugins/common/call.hpp"

namespace perennial::plugins::billing {

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
std::span<const CodeRow> code_rows();               // error.code
std::span<const std::string_view> decline_codes();  // error.decline_code, all rejections

// Requires: the answer's status is not 2xx. `is_read` tells that there was nothing to apply.
common::Fault fault_of(const common::HttpResponse& response, bool is_read);

}  // namespace perennial::plugins::billing

#endif
