#include "plugins/entitlement/faults.hpp"

#include <algorithm>

#include "plugins/common/json.hpp"

namespace perennial::plugins::entitlement {
namespace {

namespace kinds = common::kinds;
using common::Json;

// RFC 7644, 3.12, Table 8, and RFC 6585 for 428 and 429.
constexpr StatusRow statuses[] = {
    {307, kinds::rejected},      // temporary redirect: base_url is not where the service is
    {308, kinds::rejected},      // permanent redirect
    {400, kinds::rejected},      // unparsable, or against the schema
    {401, kinds::unauthorized},  // no valid credentials
    {403, kinds::unauthorized},  // not permitted
    {404, kinds::rejected},      // no such user or endpoint
    {409, kinds::try_again},     // the version is not the latest; uniqueness has its own scimType
    {412, kinds::try_again},     // the user changed since it was read
    {413, kinds::rejected},      // too large
    {423, kinds::try_again},     // the user is locked by another change
    {428, kinds::rejected},      // the service wants If-Match but gives no version
    {429, kinds::throttled},    {500, kinds::unknown},
    {501, kinds::rejected},  // the service does not support the request
    {502, kinds::unknown},      {503, kinds::try_again},  // currently unable to handle the request
    {504, kinds::unknown},
};

// RFC 7644, 3.12, Table 9: each says what is wrong with the request.
constexpr TypeRow types[] = {
    {"invalidFilter", kinds::rejected}, {"tooMany", kinds::rejected},
    {"uniqueness", kinds::rejected},    {"mutability", kinds::rejected},
    {"invalidSyntax", kinds::rejected}, {"invalidPath", kinds::rejected},
    {"noTarget", kinds::rejected},      {"invalidValue", kinds::rejected},
    {"invalidVers", kinds::rejected},   {"sensitive", kinds::rejected},
};

}  // namespace

std::span<const StatusRow> status_rows() {
  return statuses;
}
std::span<const TypeRow> type_rows() {
  return types;
}

common::Fault fault_of(const common::HttpResponse& response, bool is_read) {
  common::Fault fault = common::fault_of_status(response, is_read);
  const auto* status =
      std::find_if(std::begin(statuses), std::end(statuses),
                   [&](const StatusRow& row) { return row.status == response.status; });
  if (status != std::end(statuses)) fault.kind = status->kind;
  const common::Parsed<Json> body = common::parse_json(response.body);
  if (body) {
    const std::string type = common::text_at(*body, {"scimType"});
    const std::string detail = common::text_at(*body, {"detail"});
    const auto* row = std::find_if(std::begin(types), std::end(types),
                                   [&](const TypeRow& known) { return known.scim_type == type; });
    if (row != std::end(types) && (response.status == 400 || response.status == 409)) {
      fault.kind = row->kind;
    }
    if (!type.empty()) fault.code = type;
    if (!detail.empty()) fault.text = detail;
  }
  return is_read ? common::as_read(std::move(fault)) : fault;
}

}  // namespace perennial::plugins::entitlement
