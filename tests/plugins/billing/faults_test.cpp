// Every row of Stripe's fault tables.
#include "plugins/billing/faults.hpp"

#include <gtest/gtest.h>

#include <set>

#include "plugins/common/json.hpp"

namespace perennial::plugins::billing {
namespace {

using common::Json;
using K = sdk::OutcomeKind;

std::string body_of(const Json& error) {
  return Json({{"error", error}}).dump();
}

TEST(BillingFaultsTest, EveryStatusRowDecidesWithoutACode) {
  for (const StatusRow& row : status_rows()) {
    EXPECT_EQ(fault_of({row.status, {}, ""}, false).kind, row.kind) << row.status;
  }
}

TEST(BillingFaultsTest, EveryCodeRowDecidesA400AndA429) {
  std::set<std::string_view> seen;
  for (const CodeRow& row : code_rows()) {
    EXPECT_TRUE(seen.insert(row.code).second) << row.code << " stands twice";
    for (const int status : {400, 429}) {
      const common::Fault fault = fault_of({status, {}, body_of({{"code", row.code}})}, false);
      EXPECT_EQ(fault.kind, row.kind) << row.code << " " << status;
      EXPECT_EQ(fault.code, row.code);
    }
  }
  EXPECT_GE(seen.size(), 190u);
}

TEST(BillingFaultsTest, EveryDeclineIsARejectionUnderItsOwnCode) {
  EXPECT_GE(decline_codes().size(), 40u);
  for (const std::string_view decline : decline_codes()) {
    const common::Fault fault = fault_of(
        {402,
         {},
         body_of({{"type", "card_error"}, {"code", "card_declined"}, {"decline_code", decline}})},
        false);
    EXPECT_EQ(fault.kind, K::rejected) << decline;
    EXPECT_EQ(fault.code, decline);
  }
}

TEST(BillingFaultsTest, WhatTheVendorsPagesSayOfKeys) {
  // The same key at the same time, and with other parameters (docs.stripe.com/api/errors).
  EXPECT_EQ(
      fault_of(
          {409, {}, body_of({{"type", "idempotency_error"}, {"code", "idempotency_key_in_use"}})},
          false)
          .kind,
      K::try_again);
  const common::Fault conflict =
      fault_of({400, {}, body_of({{"type", "idempotency_error"}, {"message", "Keys for"}})}, false);
  EXPECT_EQ(conflict.kind, K::rejected);
  EXPECT_EQ(conflict.code, "idempotency_error");
  EXPECT_EQ(fault_of({429, {}, body_of({{"code", "lock_timeout"}})}, false).kind, K::try_again);
}

TEST(BillingFaultsTest, AStatusThatSpeaksForItselfIsNotOverruled) {
  EXPECT_EQ(fault_of({500, {}, body_of({{"code", "resource_missing"}})}, false).kind, K::unknown);
  EXPECT_EQ(fault_of({401, {}, body_of({{"code", "rate_limit"}})}, false).kind, K::unauthorized);
  EXPECT_EQ(fault_of({402, {}, body_of({{"code", "processing_error"}})}, false).kind, K::rejected);
}

TEST(BillingFaultsTest, TheRequestIdStandsInTheText) {
  const common::Fault fault =
      fault_of({400, {{"Request-Id", "req_1"}}, body_of({{"message", "No such customer"}})}, false);
  EXPECT_EQ(fault.text, "No such customer [req_1]");
}

TEST(BillingFaultsTest, AReadIsNeverUnknown) {
  EXPECT_EQ(fault_of({500, {}, ""}, true).kind, K::try_again);
  EXPECT_EQ(fault_of({424, {}, "<html>"}, true).kind, K::try_again);
}

}  // namespace
}  // namespace perennial::plugins::billing
