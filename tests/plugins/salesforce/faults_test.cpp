// Every documented code and status of Salesforce.
#include "plugins/salesforce/faults.hpp"

#include <gtest/gtest.h>

#include <set>

namespace perennial::plugins::salesforce {
namespace {

using common::Json;
using K = sdk::OutcomeKind;

TEST(SalesforceFaultsTest, EveryStatusRowDecidesWithoutACode) {
  for (const StatusRow& row : status_rows()) {
    EXPECT_EQ(fault_of({row.status, {}, ""}, false).kind, row.kind) << row.status;
  }
}

TEST(SalesforceFaultsTest, EveryCodeDecidesACallAndARecord) {
  std::set<std::string_view> seen;
  for (const CodeGroup& group : code_groups()) {
    for (const std::string_view code : group.codes) {
      EXPECT_TRUE(seen.insert(code).second) << code << " stands twice";
      const Json call = {{{"errorCode", code}, {"message", "text"}}};
      const common::Fault fault = fault_of({400, {}, call.dump()}, false);
      EXPECT_EQ(fault.kind, group.kind) << code;
      EXPECT_EQ(fault.code, code);
      EXPECT_EQ(fault.text, "text");
      const Json record = {{{"statusCode", code}, {"message", "text"}, {"fields", Json::array()}}};
      const K wanted = group.kind == K::unknown ? K::try_again : group.kind;
      EXPECT_EQ(fault_of_record(record).kind, wanted) << code;
    }
  }
  EXPECT_GE(seen.size(), 490u);
}

TEST(SalesforceFaultsTest, TheCodesThatTheVendorsPagesSingleOut) {
  const std::pair<const char*, K> cases[] = {{"UNABLE_TO_LOCK_ROW", K::try_again},
                                             {"REQUEST_LIMIT_EXCEEDED", K::throttled},
                                             {"INVALID_SESSION_ID", K::unauthorized},
                                             {"SERVER_UNAVAILABLE", K::try_again},
                                             {"FIELD_CUSTOM_VALIDATION_EXCEPTION", K::rejected},
                                             {"DUPLICATE_VALUE", K::rejected},
                                             {"ALL_OR_NONE_OPERATION_ROLLED_BACK", K::try_again},
                                             {"UNKNOWN_EXCEPTION", K::unknown}};
  for (const auto& [code, kind] : cases) EXPECT_EQ(kind_of_code(code), kind) << code;
  EXPECT_EQ(kind_of_code("NEVER_HEARD_OF"), std::nullopt);
}

TEST(SalesforceFaultsTest, AnUndocumentedCodeLeavesTheDecisionToTheStatus) {
  const std::string body = R"([{"errorCode":"BRAND_NEW","message":"m"}])";
  EXPECT_EQ(fault_of({503, {}, body}, false).kind, K::try_again);
  EXPECT_EQ(fault_of({500, {}, body}, false).kind, K::unknown);
  EXPECT_EQ(fault_of({400, {}, body}, false).code, "BRAND_NEW");
  EXPECT_EQ(fault_of_record(Json::parse(R"([{"statusCode":"BRAND_NEW"}])")).kind, K::rejected);
  EXPECT_EQ(fault_of_record(Json::array()).code, "record_refused");
  EXPECT_EQ(fault_of_record("odd").kind, K::rejected);
}

TEST(SalesforceFaultsTest, SeveralErrorsAreToldTogether) {
  const Json errors = {
      {{"statusCode", "REQUIRED_FIELD_MISSING"}, {"message", "a"}, {"fields", {"Name"}}},
      {{"statusCode", "STRING_TOO_LONG"}, {"message", "b"}, {"fields", Json::array()}}};
  const common::Fault fault = fault_of_record(errors);
  EXPECT_EQ(fault.code, "REQUIRED_FIELD_MISSING");
  EXPECT_EQ(fault.text, "a (fields [\"Name\"]); b");
}

}  // namespace
}  // namespace perennial::plugins::salesforce
