#include "tests/sandbox/http_client.hpp"
#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

// A running sandbox, and a change of a SCIM user as the call that faults hit.
class RunningFaults : public ::testing::Test {
 protected:
  RunningFaults() : world_(small_world(3)) {
    const std::string problem = world_.start(0);
    EXPECT_EQ(problem, "");
    url_ = text_of(world_.urls(), "entitlement");
    id_ = text_of(*world_.entitlements.by_external_id("ent-000001"), "id");
  }

  Request patch() const {
    return make_request("PATCH", "/scim/v2/Users/" + id_,
                        {{"Authorization", std::string("Bearer ") + scim::bearer}},
                        extend_patch("2031-02-01", "R-000001").dump());
  }
  Request read() const {
    return make_request("GET", "/scim/v2/Users/" + id_,
                        {{"Authorization", std::string("Bearer ") + scim::bearer}});
  }
  void inject(const std::string& kind, const Json& params = Json::object()) {
    const Response added =
        control(world_, "POST", "/faults",
                {{"system", "entitlement"}, {"kind", kind}, {"limit", 1}, {"params", params}});
    EXPECT_EQ(added.status, 201) << added.body;
  }
  bool is_extended() {
    const std::lock_guard lock(world_.estate.mutex);
    const Json* user = world_.entitlements.by_external_id("ent-000001");
    return text_of(member_of(*user, scim::entitlement_urn), "validUntil") == "2031-02-01";
  }
  std::size_t effects() {
    const std::lock_guard lock(world_.estate.mutex);
    return world_.estate.ledger.rows().size();
  }
  int injected(const std::string& kind) {
    return json_of(control(world_, "GET", "/faults"))["injected"]["entitlement"][kind];
  }

  World world_;
  std::string url_;
  std::string id_;
};

TEST_F(RunningFaults, KeepAConnectionForManyCalls) {
  const auto answers = ask_all(url_, {read(), patch(), read()});

  ASSERT_EQ(answers.size(), 3U);
  for (const Exchange& answer : answers) EXPECT_EQ(answer.status, 200);
}

TEST_F(RunningFaults, AnswerBodiesOverTheLimitWithTheReason) {
  Request request = patch();
  request.body = std::string(17 * 1024 * 1024, ' ');

  EXPECT_EQ(ask(url_, request).status, 413);
  EXPECT_EQ(ask(url_, read()).status, 200);
}

TEST_F(RunningFaults, LatencyDelaysAndThenAnswers) {
  inject("latency", {{"ms", 120}});

  const Exchange answer = ask(url_, patch());

  EXPECT_EQ(answer.status, 200);
  EXPECT_GE(answer.took.count(), 120);
}

TEST_F(RunningFaults, ThrottlingAndOutageRefuseBeforeTheEffect) {
  inject("429");
  inject("503");

  const Exchange throttled = ask(url_, patch());
  const Exchange down = ask(url_, patch());

  EXPECT_EQ(throttled.status, 429);
  EXPECT_NE(throttled.head.find("Retry-After: 1"), std::string::npos);
  EXPECT_EQ(down.status, 503);
  EXPECT_FALSE(is_extended());
}

TEST_F(RunningFaults, AnExpiredTokenIsRefused) {
  inject("expired_token");

  EXPECT_EQ(ask(url_, patch()).status, 401);
  EXPECT_FALSE(is_extended());
}

TEST_F(RunningFaults, DropBeforeLeavesNoEffectAndDropAfterDoes) {
  inject("drop_before");
  const Exchange before = ask(url_, patch());
  const bool extended_before = is_extended();
  inject("drop_after");
  const Exchange after = ask(url_, patch());

  EXPECT_FALSE(before.is_whole);
  EXPECT_FALSE(extended_before);
  EXPECT_FALSE(after.is_whole);
  EXPECT_EQ(after.status, 0);
  EXPECT_TRUE(is_extended());
}

TEST_F(RunningFaults, PartialSuccessIsALockedRecordWhereThereAreNoBatches) {
  inject("partial_success");

  EXPECT_EQ(ask(url_, patch()).status, 409);
  EXPECT_FALSE(is_extended());
}

TEST_F(RunningFaults, AMalformedBodyIsCutOrGarbageAfterTheEffect) {
  int cut = 0;
  int garbage = 0;
  for (int i = 0; i < 20; ++i) {
    inject("malformed_body");
    const Exchange answer = ask(url_, patch());
    if (!answer.is_whole)
      ++cut;
    else if (!parse_json(answer.body))
      ++garbage;
  }

  EXPECT_EQ(cut + garbage, 20);
  EXPECT_GT(cut, 0);
  EXPECT_GT(garbage, 0);
  EXPECT_TRUE(is_extended());
}

TEST_F(RunningFaults, ASlowTrickleArrivesWhole) {
  inject("slow_trickle", {{"ms", 240}});

  const Exchange answer = ask(url_, patch());

  EXPECT_TRUE(answer.is_whole);
  EXPECT_TRUE(parse_json(answer.body));
  EXPECT_GE(answer.took.count(), 200);
}

TEST_F(RunningFaults, ALateVisibleEffectHidesFromReadsForItsTime) {
  inject("late_visible", {{"visible_after_ms", 60000}});
  const Exchange dropped = ask(url_, patch());
  const auto seen = [&] { return ask(url_, read()).body.find("2031-02-01") != std::string::npos; };

  EXPECT_FALSE(dropped.is_whole);
  EXPECT_TRUE(is_extended());
  EXPECT_FALSE(seen());
  world_.estate.clock.skip(std::chrono::milliseconds(60001));
  EXPECT_TRUE(seen());
}

TEST_F(RunningFaults, ALateEffectLandsAfterItsTime) {
  inject("late_effect", {{"lands_after_ms", 60000}});
  const Exchange dropped = ask(url_, patch());
  const bool extended_at_once = is_extended();

  world_.estate.clock.skip(std::chrono::milliseconds(60001));
  {
    const std::lock_guard lock(world_.estate.mutex);
    world_.estate.alarms.run_due();
  }

  EXPECT_FALSE(dropped.is_whole);
  EXPECT_FALSE(extended_at_once);
  EXPECT_TRUE(is_extended());
}

TEST_F(RunningFaults, ALateEffectLandsThoughItsSessionHasEndedMeanwhile) {
  ErpSession erp(world_);
  const PlannedRenewal& renewal = world_.estate.plan.renewals[0];
  control(world_, "POST", "/faults",
          {{"system", "erp"}, {"kind", "late_effect"}, {"params", {{"lands_after_ms", 60000}}}});
  Gate gate(world_.estate, world_.erp, world_.faults);
  const Pairs headers{{"Authorization", "Basic UEVSRU5OSUFMX0NPTU06c2FuZGJveC1wYXNzd29yZA=="},
                      {"Accept", "application/json"},
                      {"x-csrf-token", erp.csrf_token},
                      {"Cookie", erp.cookies}};
  const Request create =
      make_request("POST", orders_path, headers, erp.order_of(renewal, "late").dump());

  const Reply dropped = gate.handle(create);
  {
    const std::lock_guard lock(world_.estate.mutex);
    world_.erp.refuse(Refusal::expired, create);
  }
  const std::size_t at_once = world_.erp.orders().size();
  pass(world_, std::chrono::milliseconds(60001));

  EXPECT_EQ(dropped.finish, Finish::drop);
  EXPECT_EQ(at_once, 0U);
  EXPECT_EQ(world_.erp.orders().size(), 1U);
  EXPECT_EQ(gate.handle(create).response.status, 403);
}

TEST_F(RunningFaults, ALateEffectCanWaitForTheRepeatedCall) {
  inject("late_effect", {{"lands_after_ms", 5000}, {"after_repeat", true}});
  const Exchange dropped = ask(url_, patch());
  pass(world_, std::chrono::milliseconds(60000));
  const std::size_t unrepeated = effects();

  const Exchange repeated = ask(url_, patch());
  pass(world_, std::chrono::milliseconds(300));
  const std::size_t soon_after = effects();
  pass(world_, std::chrono::milliseconds(5001));

  EXPECT_FALSE(dropped.is_whole);
  EXPECT_EQ(unrepeated, 0U);
  EXPECT_EQ(repeated.status, 200);
  EXPECT_EQ(soon_after, 1U);
  EXPECT_EQ(effects(), 2U);
}

TEST_F(RunningFaults, ALateEffectThatNobodyRepeatsLandsAtLast) {
  inject("late_effect", {{"after_repeat", true}, {"unrepeated_ms", 60000}});
  ask(url_, patch());

  pass(world_, std::chrono::milliseconds(60300));

  EXPECT_TRUE(is_extended());
}

TEST_F(RunningFaults, AreCountedBySystemAndKindAndStopAtTheirLimit) {
  inject("503");
  ask(url_, patch());
  ask(url_, patch());

  EXPECT_EQ(injected("503"), 1);
  EXPECT_EQ(injected("429"), 0);
}

TEST(CrmFaults, FailSomeRowsOfACollectionForAPassingReason) {
  World world(small_world(10));
  CrmSession crm(world);
  Json rows = Json::array();
  for (const PlannedRenewal& renewal : world.estate.plan.renewals) {
    rows.push_back({{"attributes", {{"type", "Opportunity"}}},
                    {"Renewal_Number__c", renewal.number},
                    {"Renewal_Status__c", "Settled"}});
  }
  const Request request =
      make_request("PATCH", "/services/data/v61.0/composite/sobjects/Opportunity/Renewal_Number__c",
                   {{"Authorization", "Bearer " + crm.token}}, Json{{"records", rows}}.dump());

  const Json results = json_of(world.crm.handle(request, true));

  int locked = 0;
  for (const Json& result : results) {
    if (result["success"] == true) continue;
    EXPECT_EQ(result["errors"][0]["statusCode"], "UNABLE_TO_LOCK_ROW");
    ++locked;
  }
  EXPECT_GT(locked, 0);
  EXPECT_LT(locked, 10);
  EXPECT_EQ(json_of(crm.query(
                "SELECT Id FROM Opportunity WHERE Renewal_Status__c = 'Settled'"))["totalSize"],
            10 - locked);
}

TEST(CrmFaults, AnExpiredTokenStaysExpired) {
  World world(small_world(1));
  CrmSession crm(world);
  const Request request = make_request("GET", "/services/data/v61.0/limits",
                                       {{"Authorization", "Bearer " + crm.token}});

  EXPECT_EQ(world.crm.refuse(Refusal::expired, request).status, 401);
  EXPECT_EQ(world.crm.handle(request, false).status, 401);
}

TEST(ErpFaults, AnExpiredSessionNeedsANewToken) {
  World world(small_world(1));
  ErpSession erp(world);
  const Request change = make_request("POST", orders_path, {{"Cookie", erp.cookies}});

  EXPECT_EQ(header_of(world.erp.refuse(Refusal::expired, change), "x-csrf-token"), "Required");
  EXPECT_EQ(erp("POST", orders_path, "{}").status, 403);
}

TEST(Preset, ReachesItsFloorForEveryKindAndThenItsRate) {
  Faults faults(7);
  faults.set_preset({});
  const Request write = make_request("POST", "/x");
  int injected = 0;
  for (int i = 0; i < 4000; ++i) {
    CallKind kind;
    kind.is_write = i % 2 == 0;
    if (faults.choose({"erp", write, kind, "R-" + std::to_string(i)})) ++injected;
  }

  const Json counts = faults.describe()["injected"]["erp"];
  for (const FaultKind kind : all_fault_kinds) {
    if (kind == FaultKind::late_effect || kind == FaultKind::server_error) continue;
    EXPECT_GE(counts[fault_name(kind)].get<int>(), 20) << fault_name(kind);
  }
  EXPECT_EQ(counts["late_effect"], 0);
  EXPECT_NEAR(injected / 4000.0, 0.15, 0.01);
}

TEST(Preset, NeverFailsOneCallOfARenewalMoreThanThreeTimesInARow) {
  Faults faults(7);
  Faults::Preset preset;
  preset.rate = 1;
  preset.floor_rate = 1;
  faults.set_preset(preset);
  CallKind kind;
  kind.is_write = true;
  const Request request = make_request("PATCH", "/scim/v2/Users/x");
  int in_a_row = 0;
  int worst = 0;
  for (int i = 0; i < 200; ++i) {
    const bool is_failed = faults.choose({"entitlement", request, kind, "R-000001"}).has_value();
    in_a_row = is_failed ? in_a_row + 1 : 0;
    worst = std::max(worst, in_a_row);
  }

  EXPECT_EQ(worst, 3);
}

TEST(FaultRules, AreRefusedWithTheReason) {
  World world(small_world(1));
  const auto reason = [&](const Json& rule) {
    const Response answer = control(world, "POST", "/faults", rule);
    EXPECT_EQ(answer.status, 400) << rule;
    return text_of(json_of(answer), "error");
  };

  EXPECT_NE(reason({{"kind", "earthquake"}}).find("late_visible"), std::string::npos);
  EXPECT_NE(reason({{"kind", "429"}, {"system", "moon"}}).find("moon"), std::string::npos);
  EXPECT_NE(reason({{"kind", "429"}, {"rate", 2}}).find("rate"), std::string::npos);
  EXPECT_NE(reason({{"kind", "429"}, {"match", {{"path_regex", "("}}}}).find("path_regex"),
            std::string::npos);
}

}  // namespace
}  // namespace perennial::sandbox::testing
