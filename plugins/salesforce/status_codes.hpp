// Every error code that Salesforce documents, by what it means for a delivery. Pure.
//
// Format:  the StatusCode and ExceptionCode enumerations of the partner WSDL ("Core Data Types Used
//          in API Calls", SOAP API Developer Guide) and the codes that only the REST API writes
//          ("Status Codes and Error Responses", REST API Developer Guide).
#ifndef PERENNIAL_PLUGINS_SALESFORCE_STATUS_CODES_HPP
#define PERENNIAL_PLUGINS_SALESFORCE_STATUS_CODES_HPP

#include <optional>
#include <span>

#include "plugins/common/fault.hpp"

namespace perennial::plugins::salesforce {

struct CodeGroup {
  sdk::OutcomeKind kind;
  std::span<const std::string_view> codes;
};

std::span<const CodeGroup> code_groups();

// Nothing for a code that is not documented.
std::optional<sdk::OutcomeKind> kind_of_code(std::string_view code);

}  // namespace perennial::plugins::salesforce

#endif
