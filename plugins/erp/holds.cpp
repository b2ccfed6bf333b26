#include "plugins/erp/holds.hpp"

#include <charconv>

namespace perennial::plugins::erp {
namespace {

using common::Json;

// A status field, the values that stop an order, and what they mean.
struct StopRow {
  const char* field;
  std::string_view values;
  const char* meaning;
};

// Values as documented by SAP for the fields: credit status B and C are "not OK" (data element
// CMGST), rejection status C is "everything rejected" (ABSTK), incompletion A and B are "not" and
// "partially" complete (UVALL). Approval (SalesDocApprovalStatus, SAP Help "Approval Statuses and
// Authorizations") stops in every status but "not relevant" (empty) and "approved" (B).
constexpr StopRow stops[] = {
    {"TotalCreditCheckStatus", "BC", "the credit check is not passed"},
    {"OverallSDDocumentRejectionSts", "C", "all its lines are rejected"},
    {"HdrGeneralIncompletionStatus", "AB", "its header is incomplete"},
    {"OvrlItmGeneralIncompletionSts", "AB", "its lines are incomplete"},
};

void add(std::string& reasons, const std::string& reason) {
  reasons += (reasons.empty() ? "" : ", ") + reason;
}

}  // namespace

std::string hold_of(const Json& order, std::string_view own_block) {
  std::string reasons;
  const std::string billing = common::text_at(order, {"HeaderBillingBlockReason"});
  if (!billing.empty() && billing != own_block) add(reasons, "billing is blocked with " + billing);
  const std::string delivery = common::text_at(order, {"DeliveryBlockReason"});
  if (!delivery.empty()) add(reasons, "delivery is blocked with " + delivery);
  const std::string approval = common::text_at(order, {"SalesDocApprovalStatus"});
  if (!approval.empty() && approval != "B") add(reasons, "it is not approved (" + approval + ")");
  for (const StopRow& stop : stops) {
    const std::string value = common::text_at(order, {stop.field});
    if (value.size() == 1 && stop.values.find(value) != std::string_view::npos) {
      add(reasons, std::string(stop.meaning) + " (" + value + ")");
    }
  }
  return reasons;
}

std::string HeldOrder::token() const {
  return order + "@" + std::to_string(since_ms) + "@" + own_block;
}

std::optional<HeldOrder> HeldOrder::read(std::string_view token) {
  const std::size_t first = token.find('@');
  const std::size_t second = token.find('@', first == std::string_view::npos ? first : first + 1);
  if (first == 0 || second == std::string_view::npos) return std::nullopt;
  HeldOrder held;
  held.order = token.substr(0, first);
  held.own_block = token.substr(second + 1);
  const char* last = token.data() + second;
  const auto read = std::from_chars(token.data() + first + 1, last, held.since_ms);
  if (read.ec != std::errc() || read.ptr != last) return std::nullopt;
  return held;
}

}  // namespace perennial::plugins::erp
