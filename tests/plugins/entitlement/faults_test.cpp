// Every row of the SCIM fault tables.
#include "plugins/entitlement/faults.hpp"

#include <gtest/gtest.h>

#include "plugins/common/json.hpp"

namespace perennial::plugins::entitlement {
namespace {

using common::Json;
using K = sdk::OutcomeKind;

TEST(EntitlementFaultsTest, EveryStatusRowDecidesWithoutAType) {
  for (const StatusRow& row : status_rows()) {
    EXPECT_EQ(fault_of({row.status, {}, ""}, false).kind, row.kind) << row.status;
  }
}

TEST(EntitlementFaultsTest, EveryTypeRowDecidesA400AndA409) {
  EXPECT_EQ(type_rows().size(), 10u);  // RFC 7644, Table 9
  for (const TypeRow& row : type_rows()) {
    const std::string body = Json({{"scimType", row.scim_type}, {"detail", "why"}}).dump();
    for (const int status : {400, 409}) {
      const common::Fault fault = fault_of({status, {}, body}, false);
      EXPECT_EQ(fault.kind, row.kind) << row.scim_type;
      EXPECT_EQ(fault.code, row.scim_type);
      EXPECT_EQ(fault.text, "why");
    }
  }
}

TEST(EntitlementFaultsTest, AVersionConflictIsLaterAndADuplicateIsNever) {
  EXPECT_EQ(fault_of({409, {}, R"({"detail":"changed meanwhile"})"}, false).kind, K::try_again);
  EXPECT_EQ(fault_of({409, {}, R"({"scimType":"uniqueness"})"}, false).kind, K::rejected);
}

TEST(EntitlementFaultsTest, AReadIsNeverUnknown) {
  EXPECT_EQ(fault_of({500, {}, "<html>"}, true).kind, K::try_again);
}

}  // namespace
}  // namespace perennial::plugins::entitlement
