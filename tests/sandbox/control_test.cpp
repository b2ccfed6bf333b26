#include "sandbox/control/control.hpp"

#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

TEST(Control, ReadsAndMovesTheBusinessClock) {
  World world(small_world(1));

  const Json set = json_of(control(world, "PUT", "/clock", {{"now", "2031-05-06T07:08:09Z"}}));
  const Json moved = json_of(control(world, "PUT", "/clock", {{"advance_s", 3600}}));

  EXPECT_EQ(text_of(set, "now").substr(0, 16), "2031-05-06T07:08");
  EXPECT_EQ(text_of(moved, "now").substr(0, 13), "2031-05-06T08");
  EXPECT_EQ(control(world, "PUT", "/clock", {{"now", "soon"}}).status, 400);
  EXPECT_EQ(control(world, "PUT", "/clock", Json::object()).status, 400);
}

TEST(Control, AnswersBrokenBodiesAndUnknownPathsWithAReason) {
  World world(small_world(1));

  const Response broken = handle_control(world, make_request("POST", "/faults", {}, "{")).response;
  const Response unknown = control(world, "GET", "/nowhere");

  EXPECT_EQ(broken.status, 400);
  EXPECT_EQ(unknown.status, 404);
  EXPECT_NE(unknown.body.find("/settlement"), std::string::npos);
}

TEST(Control, ClosesRenewalsAsWonOneByOneAndByCount) {
  WorldOptions options = small_world(10);
  options.estate.accepted_per_s = 0.001;
  World world(options);
  CrmSession crm(world);
  const std::string won = "SELECT Id FROM Opportunity WHERE Type = 'Renewal' AND IsWon = true";

  EXPECT_EQ(json_of(crm.query(won))["totalSize"], 0);
  EXPECT_EQ(json_of(control(world, "POST", "/accept", {{"renewal", "R-000004"}}))["accepted"], 1);
  EXPECT_EQ(json_of(control(world, "POST", "/accept", {{"renewal", "R-000004"}}))["accepted"], 0);
  EXPECT_EQ(json_of(control(world, "POST", "/accept", {{"count", 3}}))["accepted"], 3);
  EXPECT_EQ(json_of(crm.query(won))["totalSize"], 4);
  EXPECT_EQ(control(world, "POST", "/accept", {{"renewal", "R-999999"}}).status, 404);
}

TEST(Control, FiltersTheLedger) {
  World world(small_world(3));
  ErpSession erp(world);
  erp.create_order(world.estate.plan.renewals[0], "key-0");
  erp.create_order(world.estate.plan.renewals[1], "key-1");

  const Json by_key = json_of(control(world, "GET", "/ledger?system=erp&key=key-1"));
  const Json later = json_of(control(world, "GET", "/ledger?after=1"));

  ASSERT_EQ(by_key.size(), 1U);
  EXPECT_EQ(by_key[0]["renewal"], "R-000002");
  EXPECT_EQ(by_key[0]["kind"], "create_order");
  ASSERT_EQ(later.size(), 1U);
  EXPECT_EQ(later[0]["seq"], 2);
}

TEST(Planting, BindsEachKindToARenewalThatStandsAlone) {
  World world(small_world(60));

  const Json planted = json_of(
      control(world, "POST", "/faults/preset", {{"name", "mixed"}, {"permanent", 8}}))["list"];

  std::set<std::string> kinds;
  std::set<std::string> renewals;
  for (const Json& cause : planted) {
    kinds.insert(text_of(cause, "kind"));
    renewals.insert(text_of(cause, "renewal"));
    const PlannedRenewal& renewal = *world.estate.renewal(text_of(cause, "renewal"));
    EXPECT_EQ(world.estate.account_of(renewal).renewals, 1);
    EXPECT_FALSE(text_of(cause, "expected_owner_area").empty());
  }
  EXPECT_EQ(kinds.size(), 8U);
  EXPECT_EQ(renewals.size(), 8U);
}

TEST(Planting, MakesEachSystemRefuseAndForgiveAgain) {
  World world(small_world(60));
  control(world, "POST", "/faults/preset",
          {{"name", "mixed"}, {"permanent", 7}, {"rate", 0}, {"floor", 0}});
  ErpSession erp(world);
  CrmSession crm(world);
  const auto statuses = [&] {
    std::map<std::string, int> found;
    for (const PlantedCause& cause : world.planting.causes()) {
      const PlannedRenewal& renewal = *world.estate.renewal(cause.renewal);
      const PlannedAccount& account = world.estate.account_of(renewal);
      if (cause.system == "erp") {
        found[cause.kind] = erp("POST", orders_path, erp.order_of(renewal, "k").dump()).status;
      } else if (cause.system == "billing") {
        found[cause.kind] = billing(world, "POST", "/subscriptions/" + renewal.subscription_id,
                                    "metadata[renewal]=" + renewal.number)
                                .status;
      } else if (cause.system == "entitlement") {
        const Json* user = world.entitlements.by_external_id(account.entitlement_user);
        found[cause.kind] = user == nullptr ? 404
                                            : scim(world, "PATCH", "/Users/" + text_of(*user, "id"),
                                                   extend_patch("2031-02-01", renewal.number))
                                                  .status;
      } else {
        found[cause.kind] =
            crm("PATCH", "/sobjects/Opportunity/" + renewal.opportunity_id, R"({"NextStep":"x"})")
                .status;
      }
    }
    return found;
  };

  const auto refused = statuses();
  EXPECT_EQ(json_of(control(world, "DELETE", "/planted"))["removed"], 7);
  const auto forgiven = statuses();

  EXPECT_EQ(refused, (std::map<std::string, int>{{"card_declined", 402},
                                                 {"customer_blocked", 400},
                                                 {"customer_deleted", 404},
                                                 {"unknown_material", 400},
                                                 {"user_locked", 400},
                                                 {"user_missing", 404},
                                                 {"validation_rule", 400}}));
  for (const auto& [kind, status] : forgiven) EXPECT_LT(status, 300) << kind;
}

}  // namespace
}  // namespace perennial::sandbox::testing
