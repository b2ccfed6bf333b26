// What the control port can change about the simulated CRM, and its CPQ quotes.
#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

const std::string base = "/services/data/v61.0";

TEST(CrmSwitches, TheDailyLimitIsToldAndThenRefusesEveryCall) {
  World world(small_world(2));
  CrmSession crm(world);
  control(world, "PUT", "/api-limit", {{"max", 2}});

  const Response first = crm.query("SELECT Id FROM Opportunity");
  crm.query("SELECT Id FROM Opportunity");
  const Response third = crm.query("SELECT Id FROM Opportunity");

  EXPECT_EQ(header_of(first, "Sforce-Limit-Info"), "api-usage=1/2");
  EXPECT_EQ(third.status, 403);
  EXPECT_EQ(json_of(third)[0]["errorCode"], "REQUEST_LIMIT_EXCEEDED");
  EXPECT_EQ(control(world, "PUT", "/api-limit", Json{{"max", 0}}).status, 400);
}

TEST(CrmSwitches, AnExpiredLocatorIsRefused) {
  World world(small_world(300));
  CrmSession crm(world);
  const Json page = json_of(crm("GET", "/query?q=SELECT+Id+FROM+Opportunity", "",
                                {{"Sforce-Query-Options", "batchSize=200"}}));
  ASSERT_EQ(page["done"], false);

  EXPECT_EQ(json_of(control(world, "DELETE", "/query-locators"))["removed"], 1);
  const Response next = crm("GET", text_of(page, "nextRecordsUrl").substr(base.size()));

  EXPECT_EQ(next.status, 400);
  EXPECT_EQ(json_of(next)[0]["errorCode"], "INVALID_QUERY_LOCATOR");
}

TEST(CrmSwitches, FieldSecurityHidesAFieldFromDescribeAndRefusesWritingIt) {
  World world(small_world(2));
  CrmSession crm(world);
  const auto field = [&](const std::string& name) {
    const Json described = json_of(crm("GET", "/sobjects/Opportunity/describe"));
    for (const Json& one : described["fields"]) {
      if (one["name"] == name) return one;
    }
    return Json();
  };
  const std::string path =
      "/sobjects/Opportunity/" + world.estate.renewal("R-000001")->opportunity_id;

  control(world, "PUT", "/field-access",
          {{"object", "Opportunity"}, {"field", "Invoice__c"}, {"access", "read"}});
  control(world, "PUT", "/field-access",
          {{"object", "Opportunity"}, {"field", "Region__c"}, {"access", "none"}});

  EXPECT_EQ(field("Invoice__c")["updateable"], false);
  EXPECT_TRUE(field("Region__c").is_null());
  const Response refused = crm("PATCH", path, R"({"Invoice__c":"in_1"})");
  EXPECT_EQ(json_of(refused)[0]["errorCode"], "INVALID_FIELD_FOR_INSERT_UPDATE");
  control(world, "PUT", "/field-access",
          {{"object", "Opportunity"}, {"field", "Invoice__c"}, {"access", "edit"}});
  EXPECT_EQ(crm("PATCH", path, R"({"Invoice__c":"in_1"})").status, 204);
}

TEST(CrmQuotes, AreThoseOfCpqWithLinesAndAnInclusiveLastDay) {
  World world(small_world(2));
  CrmSession crm(world);
  const PlannedRenewal& renewal = *world.estate.renewal("R-000001");

  const Json found = json_of(crm.query(
      "SELECT Id, Name, SBQQ__EndDate__c, SBQQ__Opportunity2__r.Renewal_Number__c, "
      "(SELECT Id, SBQQ__ProductCode__c FROM SBQQ__LineItems__r WHERE IsDeleted = false ORDER BY "
      "Id) FROM SBQQ__Quote__c WHERE (SBQQ__Primary__c = true AND SBQQ__Status__c IN ('Approved', "
      "'Presented')) ORDER BY SystemModstamp, Id LIMIT 1"));

  ASSERT_EQ(found["records"].size(), 1U) << found.dump();
  const Json& quote = found["records"][0];
  EXPECT_EQ(quote["SBQQ__Opportunity2__r"]["Renewal_Number__c"], "R-000001");
  EXPECT_EQ(quote["SBQQ__EndDate__c"], format_day(renewal.end - std::chrono::days(1)));
  EXPECT_EQ(quote["SBQQ__LineItems__r"]["records"].size(), renewal.lines.size());
}

}  // namespace
}  // namespace perennial::sandbox::testing
