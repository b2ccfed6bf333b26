#include "plugins/erp/faults.hpp"

#include <algorithm>

#include "plugins/common/json.hpp"

namespace perennial::plugins::erp {
namespace {

namespace kinds = common::kinds;
using common::Json;

// SAP Gateway, "HTTP Status Codes" (wiki.scn.sap.com/wiki/display/ABAPConn/Gateway+Client and
// help.sap.com, SAP Gateway Developer Guide), with what each proves about a change that was asked
// for: SAP rolls the change back before it answers 4xx. A 500 may follow a COMMIT WORK.
constexpr StatusRow statuses[] = {
    {400, kinds::rejected},      // malformed, or refused by the application
    {401, kinds::unauthorized},  // no valid credentials
    {403, kinds::unauthorized},  // user lacks the authorization for the service, or CSRF again
    {404, kinds::rejected},      // no such entity or service
    {405, kinds::rejected},      // method not allowed for the entity
    {406, kinds::rejected},      // format not available
    {408, kinds::try_again},     // the ICM gave up waiting for the request
    {409, kinds::try_again},     // conflict with another change
    {410, kinds::rejected},      // expired delta or skip token
    {411, kinds::rejected},      // length required
    {412, kinds::try_again},     // ETag is stale: read again, then change
    {413, kinds::rejected},      // too large for the ICM
    {414, kinds::rejected},      // URI too long
    {415, kinds::rejected},      // unsupported content type
    {422, kinds::rejected},      // RAP: refused by a validation
    {423, kinds::try_again},     // RAP: entity is locked
    {424, kinds::rejected},      // failed dependency inside a change set
    {428, kinds::rejected},      // If-Match is required: the connector must send one
    {429, kinds::throttled},     // API quota of the communication system
    {500, kinds::unknown},       // application or system error, after which nothing is certain
    {501, kinds::rejected},      // operation not implemented by the service
    {502, kinds::unknown},       // web dispatcher lost the application server
    {503, kinds::try_again},     // no free work process, or system down: not dispatched
    {504, kinds::unknown},       // web dispatcher stopped waiting
};

// Message numbers of the Gateway and RAP frameworks that say more than their status. Application
// messages (class V1, VP, V4, M3, F5 ...) come with 400 and are rejections unless they are locks.
constexpr CodeRow codes[] = {
    {"/IWBEP/CM_MGW_RT/190", kinds::try_again},  // entity was changed (If-Match)
    {"/IWBEP/CM_MGW_RT/191", kinds::try_again},  // entity was changed (If-None-Match)
    {"/IWBEP/CM_MGW_RT/194", kinds::rejected},   // precondition required
    {"/IWBEP/CM_MGW_RT/021", kinds::rejected},   // method not implemented in the data provider
    {"/IWBEP/CM_MGW_RT/022", kinds::rejected},   // business error of the application
    {"/IWBEP/CX_MGW_BUSI_EXCEPTION", kinds::rejected},
    {"/IWBEP/CX_MGW_TECH_EXCEPTION", kinds::unknown},
    {"/IWBEP/CX_MGW_NOT_IMPL_EXC", kinds::rejected},
    {"/IWFND/CX_CORE", kinds::unknown},
    {"/IWFND/CM_CONSUMER/101", kinds::try_again},  // system is not available
    {"/IWFND/MED/170", kinds::rejected},           // no service found for namespace and name
    {"/IWFND/CM_MGW/096", kinds::rejected},        // no service found
    {"CSRF_TOKEN_VALIDATION_FAILED", kinds::try_again},
    {"MC/601", kinds::try_again},  // object requested is currently locked by another user
    {"MC/602", kinds::try_again},  // the lock server has no room
};

constexpr std::string_view phrases[] = {
    "currently being processed", "being processed by user", "is locked by",
    "currently locked",          "locked by user",
};

struct Reason {
  std::string code;
  std::string text;
  std::vector<std::string> codes;
};

std::string text_of_message(const Json& error) {
  const std::string plain = common::text_at(error, {"message"});
  return plain.empty() ? common::text_at(error, {"message", "value"}) : plain;
}

void add_details(Reason& reason, const Json* details) {
  if (details == nullptr || !details->is_array()) return;
  for (const Json& detail : *details) {
    const std::string code = common::text_at(detail, {"code"});
    const std::string text = common::text_at(detail, {"message"});
    const std::string severity = common::text_at(detail, {"severity"});
    if (severity == "info" || severity == "success") continue;
    if (!code.empty()) reason.codes.push_back(code);
    if (!text.empty() && reason.text.find(text) == std::string::npos) reason.text += "; " + text;
  }
}

Reason reason_of(const std::string& body) {
  Reason reason;
  const common::Parsed<Json> parsed = common::parse_json(body);
  if (!parsed) {
    // Gateway answers a CSRF refusal and some ICM errors in plain text or HTML.
    if (body.find("CSRF token validation failed") != std::string::npos) {
      reason.code = "CSRF_TOKEN_VALIDATION_FAILED";
      reason.text = "CSRF token validation failed";
    }
    return reason;
  }
  const Json* error = common::find_at(*parsed, {"error"});
  if (error == nullptr) return reason;
  reason.code = common::text_at(*error, {"code"});
  reason.text = text_of_message(*error);
  if (!reason.code.empty()) reason.codes.push_back(reason.code);
  add_details(reason, common::find_at(*error, {"innererror", "errordetails"}));
  add_details(reason, common::find_at(*error, {"details"}));
  return reason;
}

bool is_lock(const std::string& text) {
  return std::any_of(std::begin(phrases), std::end(phrases), [&](std::string_view phrase) {
    return text.find(phrase) != std::string::npos;
  });
}

// The row of the outermost code that has one: SAP repeats the same error from general to specific.
const CodeRow* row_of(const Reason& reason) {
  for (const std::string& code : reason.codes) {
    const auto* row = std::find_if(std::begin(codes), std::end(codes),
                                   [&](const CodeRow& known) { return known.code == code; });
    if (row != std::end(codes)) return row;
  }
  return nullptr;
}

}  // namespace

std::span<const StatusRow> status_rows() {
  return statuses;
}
std::span<const CodeRow> code_rows() {
  return codes;
}
std::span<const std::string_view> lock_phrases() {
  return phrases;
}

common::Fault fault_of(const common::HttpResponse& response, bool is_read) {
  common::Fault fault = common::fault_of_status(response, is_read);
  const auto* status =
      std::find_if(std::begin(statuses), std::end(statuses),
                   [&](const StatusRow& row) { return row.status == response.status; });
  if (status != std::end(statuses)) fault.kind = status->kind;
  const Reason reason = reason_of(response.body);
  if (!reason.code.empty()) fault.code = reason.code;
  if (!reason.text.empty()) fault.text = reason.text;
  // A throttle, an authorization or an outage stays what its status says: the code inside only
  // repeats it. A 400 or 500 is decided by what the application said.
  if (response.status == 400 || response.status == 409 || response.status >= 500) {
    if (const CodeRow* row = row_of(reason)) fault.kind = row->kind;
    if (is_lock(fault.text)) fault.kind = kinds::try_again;
  }
  if (reason.code == "CSRF_TOKEN_VALIDATION_FAILED") fault.kind = kinds::try_again;
  return is_read ? common::as_read(std::move(fault)) : fault;
}

}  // namespace perennial::plugins::erp
