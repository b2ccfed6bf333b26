// Which orders may not go on, and what a held creation does until its order may.
#include "plugins/erp/holds.hpp"

#include <gtest/gtest.h>

#include "plugins/erp/client.hpp"
#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Json;
using K = sdk::OutcomeKind;
using L = sdk::LookupKind;

TEST(ErpHoldsTest, AnOrderWithNothingButItsOwnBlockMayGoOn) {
  EXPECT_EQ(hold_of(Json::object(), "01"), "");
  EXPECT_EQ(hold_of({{"HeaderBillingBlockReason", "01"},
                     {"DeliveryBlockReason", ""},
                     {"TotalCreditCheckStatus", "A"},
                     {"SalesDocApprovalStatus", "B"},
                     {"HdrGeneralIncompletionStatus", "C"},
                     {"OverallSDDocumentRejectionSts", "A"}},
                    "01"),
            "");
  EXPECT_EQ(hold_of({{"TotalCreditCheckStatus", "D"}}, ""), "");
}

TEST(ErpHoldsTest, EveryOtherStopIsNamed) {
  const std::pair<Json, const char*> cases[] = {
      {{{"HeaderBillingBlockReason", "08"}}, "billing is blocked with 08"},
      {{{"DeliveryBlockReason", "02"}}, "delivery is blocked with 02"},
      {{{"SalesDocApprovalStatus", "A"}}, "it is not approved (A)"},
      {{{"TotalCreditCheckStatus", "B"}}, "the credit check is not passed (B)"},
      {{{"TotalCreditCheckStatus", "C"}}, "the credit check is not passed (C)"},
      {{{"OverallSDDocumentRejectionSts", "C"}}, "all its lines are rejected (C)"},
      {{{"HdrGeneralIncompletionStatus", "A"}}, "its header is incomplete (A)"},
      {{{"OvrlItmGeneralIncompletionSts", "B"}}, "its lines are incomplete (B)"},
      {{{"DeliveryBlockReason", "02"}, {"TotalCreditCheckStatus", "B"}},
       "delivery is blocked with 02, the credit check is not passed (B)"}};
  for (const auto& [order, reason] : cases) EXPECT_EQ(hold_of(order, "01"), reason);
}

TEST(ErpHoldsTest, ATokenCarriesWhatIsNeededLater) {
  const auto held = HeldOrder::read(HeldOrder{"4711", "01", 1'796'000'000'000}.token());
  ASSERT_TRUE(held);
  EXPECT_EQ(held->order, "4711");
  EXPECT_EQ(held->own_block, "01");
  EXPECT_EQ(held->since_ms, 1'796'000'000'000);
  EXPECT_TRUE(HeldOrder::read("4711@5@"));
  for (const char* bad : {"", "4711", "4711@1", "@1@01", "4711@x@01", "4711@1x@01"}) {
    EXPECT_FALSE(HeldOrder::read(bad)) << bad;
  }
}

class HeldOrderTest : public ::testing::Test {
 protected:
  HeldOrderTest()
      : config_(*read_config(tests::config_value({{"base_url", "https://s4.example"},
                                                  {"hold_check_ms", 500},
                                                  {"hold_max_ms", 60'000},
                                                  {"auth", {{"kind", "basic"}, {"user", "C"}}}}))),
        client_(config_, tests::all_secrets(), transport_) {}
  void TearDown() override { EXPECT_TRUE(transport_.is_used_up()); }

  static std::string answer(const std::string& credit, const std::string& block = "01") {
    return Json({{"d",
                  {{"SalesOrder", "4711"},
                   {"PurchaseOrderByCustomer", "key-1"},
                   {"HeaderBillingBlockReason", block},
                   {"TotalCreditCheckStatus", credit}}}})
        .dump();
  }
  sdk::Outcome create(const std::string& credit) {
    transport_.answer(200, "{}", {{"x-csrf-token", "t"}});
    transport_.answer(201, answer(credit));
    return client_.create_order(order_.request());
  }
  sdk::Outcome resume(std::int64_t waited_ms) {
    const HeldOrder held{"4711", "01", tests::test_now_ms - waited_ms};
    return client_.resume_order(held.token(), order_.request());
  }

  tests::ScriptedTransport transport_;
  Config config_;
  Client client_;
  tests::Case order_{Json{{"SoldToParty", "1"},
                          {"HeaderBillingBlockReason", "01"},
                          {"to_Item", Json::array({Json::object()})}}};
};

TEST_F(HeldOrderTest, ACreatedOrderWithoutCreditIsPendingAndNotDone) {
  const sdk::Outcome outcome = create("B");
  EXPECT_EQ(outcome.kind, K::pending);
  EXPECT_EQ(outcome.code, "order_held");
  EXPECT_EQ(outcome.text, "order 4711 was created, but the credit check is not passed (B)");
  EXPECT_EQ(outcome.after_ms, 500);
  EXPECT_EQ(HeldOrder::read(outcome.token)->order, "4711");
}

TEST_F(HeldOrderTest, ItIsDoneWhenTheHoldIsLifted) {
  transport_.answer(200, answer("B")).answer(200, answer("D"));
  EXPECT_EQ(resume(1'000).kind, K::pending);
  const sdk::Outcome done = resume(2'000);
  EXPECT_EQ(done.kind, K::done);
  EXPECT_EQ(tests::json_of(done.receipt)["order"], "4711");
  EXPECT_EQ(tests::json_of(done.body)["TotalCreditCheckStatus"], "D");
}

TEST_F(HeldOrderTest, AFailedReadNeverMakesASecondOrder) {
  transport_.fail(common::Phase::surely_not_sent, "connect_failed").answer(401).answer(500);
  transport_.answer(200, "<html>");
  for (int round = 0; round < 4; ++round) EXPECT_EQ(resume(600'000).kind, K::pending);
}

TEST_F(HeldOrderTest, ADeletedOrderIsARefusalForAPerson) {
  transport_.answer(404);
  const sdk::Outcome outcome = resume(1'000);
  EXPECT_EQ(outcome.kind, K::rejected);
  EXPECT_EQ(outcome.code, "order_gone");
}

TEST_F(HeldOrderTest, HeldTooLongItIsInDoubtAndItsLookupSaysWhy) {
  transport_.answer(200, answer("B"));
  const sdk::Outcome outcome = resume(60'000);
  EXPECT_EQ(outcome.kind, K::unknown);
  EXPECT_EQ(outcome.code, "order_held");

  transport_.answer(200, Json({{"d", {{"results", {Json::parse(answer("B"))["d"]}}}}}).dump());
  const sdk::LookupAnswer held = client_.find_order(order_.request());
  EXPECT_EQ(held.kind, L::in_progress);
  EXPECT_EQ(held.code, "order_held");
  EXPECT_NE(held.text.find("the credit check is not passed"), std::string::npos);

  transport_.answer(200, Json({{"d", {{"results", {Json::parse(answer("D"))["d"]}}}}}).dump());
  EXPECT_EQ(client_.find_order(order_.request()).kind, L::done);
}

TEST_F(HeldOrderTest, AReleaseLiftsItsOwnBlockOnly) {
  tests::Case release(Json{{"order", "4711"}, {"block", "01"}});
  transport_.answer(200, answer("A", "08"));
  const sdk::Outcome outcome = client_.release_order(release.request());
  EXPECT_EQ(outcome.kind, K::rejected);
  EXPECT_EQ(outcome.code, "order_held");
  EXPECT_NE(outcome.text.find("billing is blocked with 08"), std::string::npos);
}

}  // namespace
}  // namespace perennial::plugins::erp
