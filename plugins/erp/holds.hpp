// Orders that SAP created but does not let go on: blocked by somebody else, not approved, without
// credit, or incomplete. Pure.
//
// Format:  statuses of A_SalesOrder (API_SALES_ORDER_SRV) and of SalesOrder (CE_SALESORDER_0001,
//          OData v4), api.sap.com; a service lacks those that it does not have, and they are not
//          asked for.
#ifndef PERENNIAL_PLUGINS_ERP_HOLDS_HPP
#define PERENNIAL_PLUGINS_ERP_HOLDS_HPP

#include <optional>

#include "plugins/common/json.hpp"

namespace perennial::plugins::erp {

// Why the order may not go on, in words for a person; "" when nothing but `own_block`, the billing
// block that it was created with, keeps it.
std::string hold_of(const common::Json& order, std::string_view own_block);

// What a pending creation has to remember until the order may go on.
struct HeldOrder {
  std::string order;
  std::string own_block;
  std::int64_t since_ms = 0;

  std::string token() const;
  static std::optional<HeldOrder> read(std::string_view token);
};

}  // namespace perennial::plugins::erp

#endif
