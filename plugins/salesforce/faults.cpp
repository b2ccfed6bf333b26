#include "plugins/salesforce/faults.hpp"

#include <algorithm>

namespace perennial::plugins::salesforce {
namespace {

namespace kinds = common::kinds;
using common::Json;

// "Status Codes and Error Responses", REST API Developer Guide.
constexpr StatusRow statuses[] = {
    {300, kinds::rejected},      // the external id belongs to several records
    {304, kinds::rejected},      // not modified: the connector sends no such condition
    {400, kinds::rejected},      // the request could not be understood
    {401, kinds::unauthorized},  // session expired or invalid
    {403, kinds::unauthorized},  // no permission, or the request limit (which has its own code)
    {404, kinds::rejected},      // no such resource
    {405, kinds::rejected},      // method not allowed
    {409, kinds::try_again},     // conflict with the resource's state
    {410, kinds::unauthorized},  // the API version was retired: no call can work until it is changed
    {412, kinds::try_again},     // a precondition failed
    {414, kinds::rejected},      // URI too long
    {415, kinds::rejected},      // unsupported format
    {420, kinds::try_again},     // the edge has no route to the org at the moment
    {428, kinds::rejected},      // a condition is required
    {429, kinds::throttled},    {431, kinds::rejected},  // header fields too large
    {500, kinds::unknown},                               // an error within Lightning Platform
    {502, kinds::unknown},                               // the edge lost the org
    {503, kinds::try_again},  // too many requests to the server, or maintenance
    {504, kinds::unknown},
};

struct Reason {
  std::string code;
  std::string text;
};

// The first error names the cause; the others are added to the text.
Reason reason_of(const Json& errors, const char* code_name) {
  Reason reason;
  if (!errors.is_array()) return reason;
  for (const Json& error : errors) {
    const std::string code = common::text_at(error, {code_name});
    if (reason.code.empty()) reason.code = code;
    std::string text = common::text_at(error, {"message"});
    if (const Json* fields = common::find_at(error, {"fields"});
        fields != nullptr && fields->is_array() && !fields->empty()) {
      text += " (fields " + common::text_of(*fields) + ")";
    }
    reason.text += (reason.text.empty() ? "" : "; ") + text;
  }
  return reason;
}

}  // namespace

std::span<const StatusRow> status_rows() {
  return statuses;
}

common::Fault fault_of(const common::HttpResponse& response, bool is_read) {
  common::Fault fault = common::fault_of_status(response, is_read);
  const auto* status =
      std::find_if(std::begin(statuses), std::end(statuses),
                   [&](const StatusRow& row) { return row.status == response.status; });
  if (status != std::end(statuses)) fault.kind = status->kind;
  const common::Parsed<Json> body = common::parse_json(response.body);
  if (body) {
    const Reason reason = reason_of(*body, "errorCode");
    if (!reason.code.empty()) fault.code = reason.code;
    if (!reason.text.empty()) fault.text = reason.text;
    if (const auto kind = kind_of_code(reason.code)) fault.kind = *kind;
  }
  return is_read ? common::as_read(std::move(fault)) : fault;
}

common::Fault fault_of_record(const Json& errors) {
  const Reason reason = reason_of(errors, "statusCode");
  common::Fault fault;
  fault.kind = kind_of_code(reason.code).value_or(kinds::rejected);
  fault.code = reason.code.empty() ? "record_refused" : reason.code;
  fault.text = reason.text.empty() ? "the record was refused without a reason" : reason.text;
  return common::as_read(std::move(fault));
}

}  // namespace perennial::plugins::salesforce
