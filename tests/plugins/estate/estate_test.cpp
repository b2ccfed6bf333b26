// The main job over real HTTP: every renewal of a simulated estate, through all four connectors.
//
// Run by hand with PERENNIAL_SANDBOX naming the sandbox program, or as built beside it.
#include <gtest/gtest.h>

#include <iostream>
#include <set>
#include <thread>

#include "tests/plugins/estate/estate.hpp"

namespace perennial::tests {
namespace {

std::string jwt_key() {
  const char* given = std::getenv("PERENNIAL_SANDBOX_JWT_KEY");
  return text_file(given == nullptr ? "sandbox/credentials/crm_jwt_key.pem" : given);
}

// How CRM and ERP are logged on to; the others know one way only.
enum class Logon { usual, signed_and_oauth };

Json crm_auth(Logon logon) {
  if (logon == Logon::usual) {
    return {{"kind", "client_credentials"}, {"client_id", "perennial-sandbox-client"}};
  }
  return {{"kind", "jwt_bearer"},
          {"client_id", "perennial-sandbox-client"},
          {"username", "integration@perennial.example"}};
}

Json erp_auth(Logon logon, const std::string& url) {
  if (logon == Logon::usual) return {{"kind", "basic"}, {"user", "PERENNIAL_COMM"}};
  return {{"kind", "oauth2"},
          {"client_id", "perennial-sandbox-erp"},
          {"token_url", url + "/sap/bc/sec/oauth2/token"}};
}

struct Connectors {
  explicit Connectors(const Sandbox& sandbox, Logon logon = Logon::usual)
      : crm("salesforce",
            {{"base_url", sandbox.url("crm")},
             {"auth", crm_auth(logon)},
             {"lag_ms", 0},
             {"timeout_ms", 8000}},
            {{"auth.client_secret", "perennial-sandbox-secret"},
             {"auth.private_key", logon == Logon::usual ? "" : jwt_key()}},
            Json::object()),
        erp("erp",
            {{"base_url", sandbox.url("erp")},
             {"sap_client", "100"},
             {"auth", erp_auth(logon, sandbox.url("erp"))},
             {"timeout_ms", 8000}},
            {{"auth.password", "sandbox-password"},
             {"auth.client_secret", "perennial-sandbox-erp-secret"}},
            Json::object()),
        billing("billing", {{"base_url", sandbox.url("billing")}, {"timeout_ms", 8000}},
                {{"api_key", "sk_test_perennial_sandbox"}}, Json::object()),
        entitlement("entitlement",
                    {{"base_url", sandbox.url("entitlement") + "/scim/v2"},
                     {"auth", {{"kind", "bearer"}}},
                     {"timeout_ms", 8000}},
                    {{"auth.token", "perennial-sandbox-scim-token"}}, Json::object()) {}

  Driver crm;
  Driver erp;
  Driver billing;
  Driver entitlement;
};

Json event_of(const Json& partial) {
  Json event = partial;
  event["specversion"] = "1.0";
  return event;
}

Json join(const std::map<std::string, Json>& parts) {
  return {{"type", "perennial.joined.v1"}, {"data", parts}};
}

class EstateTest : public ::testing::Test {
 protected:
  // Performs one operation and keeps its event; a rejection is counted with its reason.
  bool perform(Driver& driver, const std::string& operation, const Json& event,
               const std::string& renewal) {
    const Driver::Effect effect = driver.perform(operation, event, renewal + "-" + operation);
    const bool is_applied =
        effect.kind == sdk::OutcomeKind::done || effect.kind == sdk::OutcomeKind::already_done;
    EXPECT_TRUE(is_applied) << renewal << " " << operation << ": " << effect.why;
    for (const Json& made : effect.events) parts_[renewal][made["type"]] = event_of(made);
    return is_applied;
  }

  void begin(Connectors& connectors, const std::string& renewal) {
    const Json& accepted = parts_[renewal]["renewal.accepted.v1"];
    perform(connectors.erp, "create_order", accepted, renewal);
    perform(connectors.billing, "renew_subscription", accepted, renewal);
    if (perform(connectors.billing, "issue_invoice", accepted, renewal)) {
      perform(connectors.erp, "book_invoice", join(parts_[renewal]), renewal);
    }
  }

  void finish(Connectors& connectors, const std::string& renewal) {
    perform(connectors.erp, "release_order", join(parts_[renewal]), renewal);
    perform(connectors.entitlement, "extend", join(parts_[renewal]), renewal);
    perform(connectors.crm, "update_opportunity", join(parts_[renewal]), renewal);
  }

  void collect_payments(Connectors& connectors) {
    for (int round = 0; round < 400 && paid_.size() < parts_.size(); ++round) {
      for (const Json& event : connectors.billing.poll("events")) {
        const std::string renewal = event["data"]["renewal"];
        EXPECT_TRUE(paid_.insert(renewal).second) << renewal << " was paid twice";
        parts_[renewal][event["type"]] = event_of(event);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  void accept_all(Connectors& connectors, std::size_t wanted) {
    // The present second is not read until it is over.
    for (int round = 0; round < 200 && parts_.size() < wanted; ++round) {
      for (const Json& event : connectors.crm.poll("opportunities")) {
        parts_[event["data"]["renewal"]]["renewal.accepted.v1"] = event_of(event);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ASSERT_EQ(parts_.size(), wanted);
  }

  // Performs what needs no payment, and gives the code of the first rejection.
  std::string first_refusal(Connectors& connectors, const std::string& renewal, bool is_planted) {
    const std::pair<Driver*, const char*> steps[] = {{&connectors.erp, "create_order"},
                                                     {&connectors.billing, "renew_subscription"},
                                                     {&connectors.billing, "issue_invoice"},
                                                     {&connectors.entitlement, "extend"},
                                                     {&connectors.crm, "update_opportunity"}};
    std::string code;
    for (const auto& [driver, operation] : steps) {
      const Driver::Effect effect =
          driver->perform(operation, join(parts_[renewal]), renewal + "-" + operation);
      for (const Json& made : effect.events) parts_[renewal][made["type"]] = event_of(made);
      if (effect.kind != sdk::OutcomeKind::rejected) continue;
      EXPECT_TRUE(is_planted) << renewal << " " << operation << ": " << effect.why;
      if (code.empty()) code = std::string(operation) + ": " + effect.why;
    }
    return code;
  }

  void run_all(Connectors& connectors, std::size_t wanted) {
    accept_all(connectors, wanted);
    ASSERT_EQ(parts_.size(), wanted);
    for (const auto& [renewal, parts] : parts_) begin(connectors, renewal);
    collect_payments(connectors);
    ASSERT_EQ(paid_.size(), wanted);
    for (const auto& [renewal, parts] : parts_) finish(connectors, renewal);
  }

  static void report(Connectors& connectors) {
    for (Driver* driver :
         {&connectors.crm, &connectors.erp, &connectors.billing, &connectors.entitlement}) {
      for (const auto& [code, count] : driver->counts()) std::cout << count << "  " << code << "\n";
    }
  }

  std::map<std::string, std::map<std::string, Json>> parts_;  // by renewal and type
  std::set<std::string> paid_;
};

void expect_settled(Sandbox& sandbox, int renewals) {
  const Json settlement = sandbox.control("GET", "/settlement");
  EXPECT_EQ(settlement["settled"], renewals);
  EXPECT_EQ(settlement["doubled"], 0);
  for (const Json& row : settlement["list"]) {
    EXPECT_TRUE(row["problems"].empty()) << row.dump();
  }
}

TEST_F(EstateTest, EveryHealthCheckPasses) {
  Sandbox sandbox({"--renewals", "3", "--seed", "7"});
  Connectors connectors(sandbox);
  for (Driver* driver :
       {&connectors.crm, &connectors.erp, &connectors.billing, &connectors.entitlement}) {
    HealthRecorder recorder;
    const auto* health = driver->plugin().extension<perennial_health>(PERENNIAL_HEALTH);
    EXPECT_EQ(health->check(driver->plugin().instance(), 10'000, &recorder.reply()),
              PERENNIAL_CALL_DONE);
    for (const auto& [level, text] : recorder.findings()) {
      EXPECT_LT(level, PERENNIAL_LEVEL_WARNING) << text;
    }
    EXPECT_FALSE(recorder.findings().empty());
  }
}

TEST_F(EstateTest, AllRenewalsSettleInAHealthyEstate) {
  Sandbox sandbox({"--renewals", "30", "--seed", "7"});
  Connectors connectors(sandbox);
  run_all(connectors, 30);
  expect_settled(sandbox, 30);
  std::size_t posted = 0;
  for (const Json& event : connectors.erp.poll("postings")) {
    EXPECT_EQ(event["type"], "revenue.posted.v1");
    const std::string renewal = event["data"]["renewal"];
    EXPECT_EQ(event["data"]["invoice"], parts_[renewal]["invoice.posted.v1"]["data"]["invoice"]);
    ++posted;
  }
  EXPECT_GE(posted, 30u);
  report(connectors);
}

TEST_F(EstateTest, TheOtherWaysToLogOnWorkToo) {
  Sandbox sandbox({"--renewals", "5", "--seed", "3"});
  Connectors connectors(sandbox, Logon::signed_and_oauth);
  run_all(connectors, 5);
  expect_settled(sandbox, 5);
}

// Every permanent cause is a rejection with the vendor's own code, and nothing else is one.
TEST_F(EstateTest, PlantedCausesAreRejectedByName) {
  Sandbox sandbox({"--renewals", "30", "--seed", "5"});
  sandbox.control("POST", "/faults/preset",
                  {{"name", "mixed"}, {"rate", 0}, {"floor", 0}, {"permanent", 7}});
  Connectors connectors(sandbox);
  std::map<std::string, std::string> planted;
  for (const Json& cause : sandbox.control("GET", "/planted")) {
    if (cause["kind"] == "late_effect") continue;
    planted[cause["renewal"]] = cause["kind"];
  }
  accept_all(connectors, 30);
  std::map<std::string, std::string> refused;
  for (auto& [renewal, parts] : parts_) {
    const std::string code = first_refusal(connectors, renewal, planted.count(renewal) > 0);
    if (!code.empty()) refused[renewal] = code;
  }
  for (const auto& [renewal, kind] : planted) {
    EXPECT_EQ(refused.count(renewal), 1u) << renewal << " " << kind;
    std::cout << kind << " -> " << refused[renewal] << "\n";
  }
  EXPECT_EQ(refused.size(), planted.size());
}

TEST_F(EstateTest, AllRenewalsSettleUnderPassingFaults) {
  Sandbox sandbox({"--renewals", "30", "--seed", "11"});
  Connectors connectors(sandbox);
  sandbox.control("POST", "/faults/preset", {{"name", "transient"}, {"rate", 0.15}});
  run_all(connectors, 30);
  std::cout << sandbox.control("GET", "/faults").dump(1) << "\n";
  sandbox.control("DELETE", "/faults");
  expect_settled(sandbox, 30);
  report(connectors);
}

}  // namespace
}  // namespace perennial::tests
