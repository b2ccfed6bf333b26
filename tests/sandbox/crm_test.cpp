#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

const std::string upsert_path = "/composite/sobjects/Opportunity/Renewal_Number__c";

Json row(const std::string& number, const std::string& status) {
  return {{"attributes", {{"type", "Opportunity"}}},
          {"Renewal_Number__c", number},
          {"Renewal_Status__c", status}};
}

Json collection(std::vector<Json> rows, bool all_or_none = false) {
  return {{"allOrNone", all_or_none}, {"records", rows}};
}

TEST(Crm, RefusesCallsWithoutAValidToken) {
  World world(small_world(1));
  CrmSession crm(world);
  crm.token = "stale";

  const Response answer = crm.query("SELECT Id FROM Opportunity");

  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(json_of(answer)[0]["errorCode"], "INVALID_SESSION_ID");
}

TEST(Crm, AnswersTheTokenEndpointsDocumentedErrors) {
  World world(small_world(1));
  const auto grant = [&](const std::string& form) {
    const Response answer = send(world, world.crm, "POST", "/services/oauth2/token", form);
    EXPECT_EQ(answer.status, 400);
    return text_of(json_of(answer), "error");
  };
  const std::string id = std::string("&client_id=") + salesforce::client_id;

  EXPECT_EQ(grant("grant_type=client_credentials&client_id=other"), "invalid_client_id");
  EXPECT_EQ(grant("grant_type=client_credentials" + id + "&client_secret=no"), "invalid_client");
  EXPECT_EQ(
      grant("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c"),
      "invalid_grant");
  EXPECT_EQ(grant("grant_type=magic"), "unsupported_grant_type");
}

TEST(Crm, PagesAQueryByLocator) {
  World world(small_world(200));
  CrmSession crm(world);
  const Pairs small_pages{{"Sforce-Query-Options", "batchSize=200"}};

  Json page = json_of(crm("GET", "/query?q=SELECT+Id+FROM+OpportunityLineItem", "", small_pages));
  std::size_t rows = page["records"].size();
  while (!page["done"].get<bool>()) {
    const std::string next = text_of(page, "nextRecordsUrl");
    page = json_of(crm("GET", next.substr(std::string("/services/data/v61.0").size())));
    rows += page["records"].size();
  }

  EXPECT_GT(rows, 200U);
  EXPECT_EQ(rows, page["totalSize"].get<std::size_t>());
  EXPECT_EQ(json_of(crm("GET", "/query/01gNoSuchLocator00-2000"))[0]["errorCode"],
            "INVALID_QUERY_LOCATOR");
}

TEST(Crm, UpsertsACollectionWithAResultForEachRowInItsPlace) {
  World world(small_world(3));
  CrmSession crm(world);
  Json bad = row("R-000002", "Settled");
  bad["Nope__c"] = 1;

  const Response answer =
      crm("PATCH", upsert_path,
          collection({row("R-000001", "Settled"), bad, row("R-000003", "Settled")}).dump());

  const Json results = json_of(answer);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(results[0]["success"], true);
  EXPECT_EQ(results[0]["created"], false);
  EXPECT_EQ(results[1]["success"], false);
  EXPECT_EQ(results[1]["errors"][0]["statusCode"], "INVALID_FIELD");
  EXPECT_EQ(results[2]["success"], true);
  EXPECT_EQ(json_of(crm.query(
                "SELECT Id FROM Opportunity WHERE Renewal_Status__c = 'Settled'"))["totalSize"],
            2);
}

TEST(Crm, RollsTheWholeCollectionBackWhenAllOrNoneIsAsked) {
  World world(small_world(2));
  CrmSession crm(world);
  Json bad = row("R-000002", "Settled");
  bad["Nope__c"] = 1;

  const Json results = json_of(
      crm("PATCH", upsert_path, collection({row("R-000001", "Settled"), bad}, true).dump()));

  EXPECT_EQ(results[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
  EXPECT_EQ(json_of(crm.query(
                "SELECT Id FROM Opportunity WHERE Renewal_Status__c = 'Settled'"))["totalSize"],
            0);
}

TEST(Crm, RefusesCollectionsOverTwoHundredRowsAndRepeatedKeys) {
  World world(small_world(1));
  CrmSession crm(world);
  const std::vector<Json> many(201, row("R-000001", "x"));

  const Response over = crm("PATCH", upsert_path, collection(many).dump());
  const Json twice = json_of(
      crm("PATCH", upsert_path, collection({row("R-000001", "a"), row("R-000001", "b")}).dump()));

  EXPECT_EQ(over.status, 400);
  EXPECT_EQ(twice[0]["errors"][0]["statusCode"], "DUPLICATE_VALUE");
}

TEST(Crm, UpsertsOneRecordByExternalId) {
  World world(small_world(1));
  CrmSession crm(world);

  const Response updated = crm("PATCH", "/sobjects/Opportunity/Renewal_Number__c/R-000001",
                               R"({"Access_Until__c":"2031-02-01"})");
  const Response created =
      crm("PATCH", "/sobjects/Opportunity/Renewal_Number__c/R-777777",
          R"({"Name":"n","StageName":"Prospecting","CloseDate":"2031-02-01"})");
  const Response missing = crm("PATCH", "/sobjects/Opportunity/NextStep/x", "{}");

  EXPECT_EQ(updated.status, 200);
  EXPECT_EQ(json_of(updated)["created"], false);
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(json_of(missing)[0]["errorCode"], "NOT_FOUND");
}

TEST(Crm, KeepsDeletedRecordsForQueryAllAlone) {
  World world(small_world(1));
  CrmSession crm(world);
  const std::string id = world.estate.renewal("R-000001")->opportunity_id;
  const std::string query =
      "?q=" + percent_encode("SELECT IsDeleted FROM Opportunity WHERE Id = '" + id + "'");

  EXPECT_EQ(crm("DELETE", "/sobjects/Opportunity/" + id).status, 204);

  EXPECT_EQ(json_of(crm("GET", "/query" + query))["totalSize"], 0);
  EXPECT_EQ(json_of(crm("GET", "/queryAll" + query))["records"][0]["IsDeleted"], true);
  EXPECT_EQ(crm("GET", "/sobjects/Opportunity/" + id).status, 404);
  EXPECT_EQ(crm("PATCH", "/sobjects/Opportunity/" + id, R"({"NextStep":"x"})").status, 404);
}

TEST(Crm, DescribesExternalIdsAndReportsItsLimits) {
  World world(small_world(1));
  CrmSession crm(world);

  const Response described = crm("GET", "/sobjects/Opportunity/describe");
  bool has_key = false;
  const Json fields = json_of(described)["fields"];
  for (const Json& field : fields) {
    has_key = has_key || (field["name"] == "Renewal_Number__c" && field["externalId"] == true);
  }

  EXPECT_TRUE(has_key);
  EXPECT_EQ(header_of(described, "Sforce-Limit-Info"), "api-usage=1/1000000");
  EXPECT_TRUE(json_of(crm("GET", "/limits")).contains("DailyApiRequests"));
}

TEST(Crm, RetiresOldVersionsAndKnowsNoFutureOnes) {
  World world(small_world(1));
  CrmSession crm(world);
  const Pairs token{{"Authorization", "Bearer " + crm.token}};

  EXPECT_EQ(send(world, world.crm, "GET", "/services/data/v20.0/limits", "", token).status, 410);
  EXPECT_EQ(send(world, world.crm, "GET", "/services/data/v99.0/limits", "", token).status, 404);
  EXPECT_EQ(send(world, world.crm, "GET", "/services/data").status, 200);
}

}  // namespace
}  // namespace perennial::sandbox::testing
