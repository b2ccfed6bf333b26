// Every row of SAP's fault tables, and which of several reasons decides.
#include "plugins/erp/faults.hpp"

#include <gtest/gtest.h>

#include "plugins/common/json.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Json;
using K = sdk::OutcomeKind;

std::string v2_error(std::string_view code, std::string_view text,
                     const Json& details = Json::array()) {
  return Json({{"error",
                {{"code", code},
                 {"message", {{"lang", "en"}, {"value", text}}},
                 {"innererror", {{"errordetails", details}}}}}})
      .dump();
}

TEST(ErpFaultsTest, EveryStatusRowDecidesWhenTheBodySaysNothing) {
  EXPECT_GE(status_rows().size(), 24u);
  for (const StatusRow& row : status_rows()) {
    const common::Fault fault = fault_of({row.status, {}, ""}, false);
    EXPECT_EQ(fault.kind, row.kind) << row.status;
    EXPECT_EQ(fault.code, "http_" + std::to_string(row.status));
  }
}

TEST(ErpFaultsTest, EveryCodeRowDecidesA400AndA500) {
  for (const CodeRow& row : code_rows()) {
    for (const int status : {400, 500}) {
      const common::Fault fault = fault_of({status, {}, v2_error(row.code, "text")}, false);
      EXPECT_EQ(fault.kind, row.kind) << row.code << " " << status;
      EXPECT_EQ(fault.code, row.code);
    }
  }
}

TEST(ErpFaultsTest, EveryLockPhraseMeansLater) {
  for (const std::string_view phrase : lock_phrases()) {
    const std::string text = "Sales document 4711 " + std::string(phrase) + " SMITH";
    EXPECT_EQ(fault_of({400, {}, v2_error("V1/042", text)}, false).kind, K::try_again) << phrase;
  }
}

TEST(ErpFaultsTest, AnApplicationErrorIsARejectionWithItsDetails) {
  const Json details = {
      {{"code", "V1/382"}, {"message", "Material X is not defined"}, {"severity", "error"}},
      {{"code", "V1/001"}, {"message", "only a hint"}, {"severity", "info"}}};
  const common::Fault fault =
      fault_of({400, {}, v2_error("V1/382", "Order cannot be created", details)}, false);
  EXPECT_EQ(fault.kind, K::rejected);
  EXPECT_EQ(fault.code, "V1/382");
  EXPECT_EQ(fault.text, "Order cannot be created; Material X is not defined");
}

TEST(ErpFaultsTest, ALockInADetailIsALock) {
  const Json details = {{{"code", "MC/601"}, {"message", "currently locked by user X"}}};
  EXPECT_EQ(fault_of({400, {}, v2_error("V4/219", "Order was not changed", details)}, false).kind,
            K::try_again);
}

TEST(ErpFaultsTest, Version4BodiesAreRead) {
  const std::string body =
      R"({"error":{"code":"ZEXT/004","message":"Invoice is booked","details":[{"code":"ZEXT/005",
          "message":"by document 94"}]}})";
  const common::Fault fault = fault_of({422, {}, body}, false);
  EXPECT_EQ(fault.kind, K::rejected);
  EXPECT_EQ(fault.code, "ZEXT/004");
  EXPECT_EQ(fault.text, "Invoice is booked; by document 94");
}

TEST(ErpFaultsTest, AStatusThatSpeaksForItselfIsNotOverruled) {
  EXPECT_EQ(fault_of({429, {}, v2_error("/IWBEP/CM_MGW_RT/022", "x")}, false).kind, K::throttled);
  EXPECT_EQ(fault_of({401, {}, v2_error("MC/601", "x")}, false).kind, K::unauthorized);
}

TEST(ErpFaultsTest, ACsrfRefusalInPlainTextIsToBeTriedAgain) {
  EXPECT_EQ(fault_of({403, {}, "CSRF token validation failed"}, false).kind, K::try_again);
}

TEST(ErpFaultsTest, AReadIsNeverUnknown) {
  EXPECT_EQ(fault_of({500, {}, ""}, true).kind, K::try_again);
  EXPECT_EQ(fault_of({504, {}, "<html>"}, true).kind, K::try_again);
}

}  // namespace
}  // namespace perennial::plugins::erp
