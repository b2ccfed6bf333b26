// The org behind the client: its API version, its daily calls, and what its user may see and change.
#include "plugins/salesforce/org.hpp"

#include <gtest/gtest.h>

#include "plugins/salesforce/checks.hpp"
#include "plugins/salesforce/records.hpp"
#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::salesforce {
namespace {

using common::Json;
using K = sdk::OutcomeKind;

const char* versions = R"([{"version":"31.0"},{"version":"61.0"},{"version":"66.0"}])";

std::string error_body(const std::string& code) {
  return Json::array({{{"errorCode", code}, {"message", "no"}}}).dump();
}

common::Headers usage(int used) {
  return {{"Sforce-Limit-Info", "api-usage=" + std::to_string(used) + "/1000"}};
}

class OrgTest : public ::testing::Test {
 protected:
  OrgTest() { begin("61.0"); }

  void begin(const std::string& version) {
    transport_.answer(200, R"({"access_token":"t1"})");
    config_ = *read_config(
        tests::config_value({{"base_url", "https://acme.my.example"},
                             {"api_version", version},
                             {"auth", {{"kind", "client_credentials"}, {"client_id", "app"}}}}));
    org_ = std::make_unique<Org>(config_, tests::all_secrets(), transport_);
  }
  common::Answer<Json> get_at(std::int64_t after_ms) {
    const common::Deadline deadline(10'000);
    return org_->get("limits", Moment{deadline, tests::test_now_ms + after_ms});
  }
  std::vector<std::string> errors() {
    tests::HealthRecorder recorder;
    sdk::HealthReply reply(recorder.reply());
    const common::Deadline deadline(10'000);
    check_org(*org_, Moment{deadline, tests::test_now_ms}, reply);
    std::vector<std::string> texts;
    for (const auto& [level, text] : recorder.findings()) {
      if (level >= PERENNIAL_LEVEL_ERROR) texts.push_back(text);
    }
    return texts;
  }

  tests::ScriptedTransport transport_;
  Config config_;
  std::unique_ptr<Org> org_;
};

TEST_F(OrgTest, ARetiredVersionIsAFaultOfTheConnectionThatNamesTheOnesOffered) {
  transport_.answer(410, error_body("UNSUPPORTED_API_VERSION"))
      .answer(200, R"([{"version":"62.0"},{"version":"70.0"}])");
  const auto answer = get_at(0);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, K::unauthorized);
  EXPECT_EQ(answer.error().code, "UNSUPPORTED_API_VERSION");
  EXPECT_NE(answer.error().text.find("62.0 to 70.0"), std::string::npos) << answer.error().text;
  EXPECT_EQ(transport_.request(2).url, "https://acme.my.example/services/data");
}

TEST_F(OrgTest, AVersionThatIsNotThereYetIsTheSameAndAMissingRecordIsNot) {
  transport_.answer(404, error_body("NOT_FOUND")).answer(200, R"([{"version":"31.0"}])");
  EXPECT_EQ(get_at(0).error().code, "UNSUPPORTED_API_VERSION");
  transport_.answer(404, error_body("NOT_FOUND")).answer(200, versions);
  EXPECT_EQ(get_at(0).error().kind, K::rejected);
  transport_.answer(404, error_body("NOT_FOUND")).answer(500);
  EXPECT_EQ(get_at(0).error().code, "NOT_FOUND");
}

TEST_F(OrgTest, NearTheDailyLimitNothingIsSentButOneProbeAMinute) {
  transport_.answer(200, "{}", usage(949)).answer(200, "{}", usage(950));
  EXPECT_TRUE(get_at(0));
  EXPECT_TRUE(get_at(1'000)) << "949 of 1000 is below 95 percent";
  const auto held = get_at(2'000);
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().kind, K::throttled);
  EXPECT_EQ(held.error().code, "api_limit_near");
  EXPECT_GT(held.error().after_ms, 50'000);
  EXPECT_LE(held.error().after_ms, 60'000);

  transport_.answer(200, "{}", usage(960));
  EXPECT_TRUE(get_at(62'000)) << "the probe";
  EXPECT_FALSE(get_at(63'000));
  transport_.answer(200, "{}", usage(10)).answer(200, "{}", usage(11));
  EXPECT_TRUE(get_at(130'000));
  EXPECT_TRUE(get_at(131'000)) << "there is room again";
  EXPECT_TRUE(transport_.is_used_up());
}

TEST_F(OrgTest, AnExpiredLocatorIsReadAgainFromTheKeyset) {
  transport_.answer(400, error_body("INVALID_QUERY_LOCATOR"));
  EXPECT_EQ(get_at(0).error().kind, K::try_again);
}

// A describe with every field that is read, as an org gives it.
Json described(const std::string& list, const std::string& lines, const std::string& line_object) {
  Json fields = Json::array();
  std::size_t begin = 0;
  while (begin < list.size()) {
    const std::size_t end = std::min(list.find(", ", begin), list.size());
    const std::string path = list.substr(begin, end - begin);
    begin = end + 2;
    const std::size_t dot = path.find('.');
    if (dot == std::string::npos) fields.push_back({{"name", path}, {"updateable", true}});
  }
  fields.push_back({{"name", "X"}, {"relationshipName", "Account"}, {"referenceTo", {"Account"}}});
  fields.push_back({{"name", "Y"}, {"relationshipName", "Parent"}, {"referenceTo", {"Account"}}});
  for (const char* name : {"Name", "Erp_Customer__c", "Billing_Customer__c", "Entitlement_User__c",
                           "Sales_Order__c", "Invoice__c", "Access_Until__c"}) {
    fields.push_back({{"name", name}, {"updateable", true}});
  }
  return {{"updateable", true},
          {"fields", fields},
          {"childRelationships", {{{"relationshipName", lines}, {"childSObject", line_object}}}}};
}

struct Described {
  explicit Described(const Config& config)
      : opportunity(described(opportunity_feed(config).fields, "OpportunityLineItems", "Line")),
        line(described(opportunity_feed(config).line_fields, "", "")) {
    field("Renewal_Number__c").update({{"externalId", true}, {"unique", true}});
  }
  Json& field(const std::string& name) {
    for (Json& one : opportunity["fields"]) {
      if (one["name"] == name) return one;
    }
    return opportunity["fields"][0];
  }
  Json opportunity;
  Json line;
};

TEST_F(OrgTest, ACheckOfAnOrgThatHasEverythingFindsNothingWrong) {
  const Described org(config_);
  transport_.answer(200, versions)
      .answer(200, org.opportunity.dump())
      .answer(200, org.opportunity.dump())  // Account, which the references lead to
      .answer(200, org.line.dump())
      .answer(404, error_body("NOT_FOUND"))  // no CPQ
      .answer(200, versions)
      .answer(200, R"({"DailyApiRequests":{"Max":1000,"Remaining":900}})");
  EXPECT_EQ(errors(), std::vector<std::string>());
  EXPECT_TRUE(transport_.is_used_up());
}

TEST_F(OrgTest, ACheckNamesWhatTheUserMayNotSeeOrChange) {
  Described org(config_);
  org.field("Region__c")["name"] = "Hidden";
  org.field("Invoice__c")["updateable"] = false;
  org.field("Renewal_Number__c")["unique"] = false;
  transport_.answer(200, versions)
      .answer(200, org.opportunity.dump())
      .answer(200, org.opportunity.dump())
      .answer(200, org.line.dump())
      .answer(404, error_body("NOT_FOUND"))
      .answer(200, versions)
      .answer(403, error_body("INSUFFICIENT_ACCESS"));
  const std::vector<std::string> found = errors();
  ASSERT_EQ(found.size(), 3u);
  EXPECT_NE(found[0].find("no field Region__c"), std::string::npos) << found[0];
  EXPECT_NE(found[1].find("Invoice__c"), std::string::npos) << found[1];
  EXPECT_NE(found[2].find("not unique"), std::string::npos) << found[2];
}

TEST_F(OrgTest, ACheckStopsAtAVersionThatTheOrgDoesNotOffer) {
  transport_.answer(200, R"([{"version":"60.0"}])");
  const std::vector<std::string> found = errors();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("61.0"), std::string::npos);
}

}  // namespace
}  // namespace perennial::plugins::salesforce
