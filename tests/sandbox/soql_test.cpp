#include "sandbox/salesforce/soql.hpp"

#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

using salesforce::parse_soql;

const Day today = *parse_day("2030-01-15");

std::vector<std::string> numbers(const Response& response) {
  std::vector<std::string> found;
  const Json records = json_of(response)["records"];
  for (const Json& row : records) {
    found.push_back(text_of(row, "Renewal_Number__c"));
  }
  return found;
}

TEST(SoqlParser, ReadsFieldsPathsAndChildQueries) {
  const auto query = parse_soql(
      "SELECT Id, Account.Name, (SELECT ProductCode FROM OpportunityLineItems ORDER BY Id) "
      "FROM Opportunity o WHERE Type = 'Renewal' ORDER BY SystemModstamp ASC, Id DESC NULLS LAST "
      "LIMIT 50 OFFSET 3",
      today);

  ASSERT_TRUE(query) << query.error().text;
  EXPECT_EQ(query->fields, (std::vector<std::string>{"Id", "Account.Name"}));
  ASSERT_EQ(query->children.size(), 1U);
  EXPECT_EQ(query->children[0].object, "OpportunityLineItems");
  EXPECT_EQ(query->order[1].path, "Id");
  EXPECT_TRUE(query->order[1].is_descending);
  EXPECT_TRUE(query->order[1].nulls_last);
  EXPECT_EQ(query->limit, 50U);
  EXPECT_EQ(query->offset, 3U);
}

TEST(SoqlParser, BindsAndTighterThanOrAndKeepsParentheses) {
  const auto loose = parse_soql("SELECT Id FROM A WHERE x = 1 OR y = 2 AND z = 3", today);
  const auto tight = parse_soql("SELECT Id FROM A WHERE (x = 1 OR y = 2) AND z = 3", today);

  ASSERT_TRUE(loose && tight);
  EXPECT_EQ(loose->where->kind, salesforce::Condition::Kind::any_of);
  EXPECT_EQ(loose->where->children[1].kind, salesforce::Condition::Kind::all_of);
  EXPECT_EQ(tight->where->kind, salesforce::Condition::Kind::all_of);
}

TEST(SoqlParser, ReadsEachKindOfLiteral) {
  const auto query = parse_soql(
      "SELECT Id FROM A WHERE a = 'it\\'s' AND b = -1.5 AND c = true AND d = null AND "
      "e = 2030-01-02 AND f = 2030-01-02T03:04:05.678Z AND g IN ('x', 'y') AND h = TODAY",
      today);

  ASSERT_TRUE(query) << query.error().text;
  const auto& parts = query->where->children;
  using Kind = salesforce::Literal::Kind;
  EXPECT_EQ(parts[0].values[0].text, "it's");
  EXPECT_DOUBLE_EQ(parts[1].values[0].number, -1.5);
  EXPECT_TRUE(parts[2].values[0].boolean);
  EXPECT_EQ(parts[3].values[0].kind, Kind::null);
  EXPECT_EQ(parts[4].values[0].instant, start_of(*parse_day("2030-01-02")));
  EXPECT_EQ(unix_millis(parts[5].values[0].instant), 1893553445678LL);
  EXPECT_EQ(parts[6].values.size(), 2U);
  EXPECT_EQ(parts[7].values[0].instant, start_of(today));
}

TEST(SoqlParser, NamesThePlaceOfWhatItCannotRead) {
  for (const char* text :
       {"SELECT FROM A", "SELECT Id A", "SELECT Id FROM A WHERE", "SELECT Id FROM A WHERE x",
        "SELECT Id FROM A WHERE x = 'open", "SELECT Id FROM A LIMIT many",
        "SELECT Id FROM A WHERE (x = 1", "SELECT Id FROM A WHERE d = 2030-01-02T03:04:05", ""}) {
    const auto query = parse_soql(text, today);

    ASSERT_FALSE(query) << text;
    EXPECT_EQ(query.error().code, "MALFORMED_QUERY") << text;
    EXPECT_NE(query.error().text.find("ERROR at Row:1:Column:"), std::string::npos) << text;
  }
}

TEST(SoqlParser, RefusesNestingWithoutEnd) {
  const std::string deep = "SELECT Id FROM A WHERE " + std::string(5000, '(') + "x = 1";

  EXPECT_FALSE(parse_soql(deep, today));
}

TEST(SoqlRun, FollowsAKeysetCursorOverEqualTimestampsWithoutGapOrRepeat) {
  World world(small_world(20));
  CrmSession crm(world);
  std::set<std::string> seen;
  std::string stamp = "2000-01-01T00:00:00Z";
  std::string id = "000000000000000";

  for (int page = 0; page < 10; ++page) {
    const Response answer = crm.query(
        "SELECT Id, SystemModstamp, Renewal_Number__c FROM Opportunity WHERE Type = 'Renewal' AND "
        "StageName = 'Closed Won' AND (SystemModstamp > " +
        stamp + " OR (SystemModstamp = " + stamp + " AND Id > '" + id +
        "')) ORDER BY SystemModstamp, Id LIMIT 7");
    const Json records = json_of(answer)["records"];
    if (records.empty()) break;
    for (const Json& row : records) {
      EXPECT_TRUE(seen.insert(text_of(row, "Renewal_Number__c")).second);
    }
    stamp = text_of(records.back(), "SystemModstamp");
    stamp = stamp.substr(0, 19) + "Z";
    id = text_of(records.back(), "Id");
  }

  EXPECT_EQ(seen.size(), 20U);
}

TEST(SoqlRun, ComparesNullDatesNumbersAndPatterns) {
  World world(small_world(6));
  CrmSession crm(world);

  EXPECT_EQ(numbers(crm.query("SELECT Renewal_Number__c FROM Opportunity WHERE "
                              "Renewal_Number__c LIKE 'R-00000_' AND Service_Start__c > "
                              "2030-01-15 AND Amount > 0 AND Sales_Order__c = null"))
                .size(),
            6U);
  EXPECT_EQ(numbers(crm.query("SELECT Renewal_Number__c FROM Opportunity WHERE "
                              "Renewal_Number__c IN ('R-000002', 'R-000004') ORDER BY "
                              "Renewal_Number__c DESC")),
            (std::vector<std::string>{"R-000004", "R-000002"}));
  EXPECT_TRUE(numbers(crm.query("SELECT Renewal_Number__c FROM Opportunity WHERE Type = 'Renewal' "
                                "AND Amount < 0"))
                  .empty());
}

TEST(SoqlRun, RendersParentsAsObjectsAndChildrenAsResults) {
  World world(small_world(3));
  CrmSession crm(world);

  const Response answer = crm.query(
      "SELECT Renewal_Number__c, Account.Erp_Customer__c, (SELECT Product2.ProductCode, Quantity "
      "FROM OpportunityLineItems) FROM Opportunity WHERE Renewal_Number__c = 'R-000001'");

  const Json row = json_of(answer)["records"][0];
  const PlannedRenewal& renewal = *world.estate.renewal("R-000001");
  EXPECT_EQ(row["Account"]["Erp_Customer__c"], world.estate.account_of(renewal).erp_customer);
  EXPECT_EQ(row["OpportunityLineItems"]["totalSize"], renewal.lines.size());
  EXPECT_EQ(row["OpportunityLineItems"]["records"][0]["Product2"]["ProductCode"],
            world.estate.plan.products[renewal.lines[0].product].code);
  EXPECT_EQ(row["attributes"]["type"], "Opportunity");
}

TEST(SoqlRun, AnswersInvalidFieldsAndTypesInTheVendorsWords) {
  World world(small_world(1));
  CrmSession crm(world);

  const Response field = crm.query("SELECT Nope__c FROM Opportunity");
  const Response object = crm.query("SELECT Id FROM Nope__c");
  const Response quoted = crm.query("SELECT Id FROM Opportunity WHERE Amount = '5'");

  EXPECT_EQ(field.status, 400);
  EXPECT_EQ(json_of(field)[0]["errorCode"], "INVALID_FIELD");
  EXPECT_EQ(json_of(object)[0]["errorCode"], "INVALID_TYPE");
  EXPECT_EQ(json_of(quoted)[0]["errorCode"], "INVALID_FIELD");
}

}  // namespace
}  // namespace perennial::sandbox::testing
