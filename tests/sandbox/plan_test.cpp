#include "sandbox/base/plan.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace perennial::sandbox {
namespace {

PlanOptions options_with(std::uint64_t seed) {
  PlanOptions options;
  options.seed = seed;
  options.renewals = 300;
  options.start = *parse_day("2028-01-20");
  return options;
}

std::string printed(const EstatePlan& plan) {
  std::string text;
  for (const PlannedRenewal& renewal : plan.renewals) {
    const PlannedAccount& account = plan.accounts[renewal.account];
    text += renewal.number + account.name + account.billing_customer + renewal.subscription_id +
            format_day(renewal.start) + format_day(renewal.end) + renewal.currency +
            std::to_string(renewal.amount_minor);
    for (const PlannedLine& line : renewal.lines) text += line.price_id;
  }
  return text;
}

TEST(Plan, IsTheSameForTheSameSeedAndAnotherForAnother) {
  EXPECT_EQ(printed(plan_estate(options_with(7))), printed(plan_estate(options_with(7))));
  EXPECT_NE(printed(plan_estate(options_with(7))), printed(plan_estate(options_with(8))));
}

TEST(Plan, CoversRegionsCurrenciesAndBothKindsOfTerms) {
  const EstatePlan plan = plan_estate(options_with(7));
  std::set<std::string> regions;
  std::set<std::string> currencies;
  std::map<std::size_t, std::set<Day>> ends;
  std::map<std::size_t, std::set<Day>> starts;
  for (const PlannedRenewal& renewal : plan.renewals) {
    regions.insert(plan.accounts[renewal.account].region);
    currencies.insert(renewal.currency);
    ends[renewal.account].insert(renewal.end);
    starts[renewal.account].insert(renewal.start);
  }

  EXPECT_EQ(regions, (std::set<std::string>{"APAC", "EMEA", "NA"}));
  for (const char* currency : {"USD", "EUR", "GBP", "JPY"})
    EXPECT_EQ(currencies.count(currency), 1U);
  int co_termed = 0;
  for (const auto& [account, days] : ends) {
    EXPECT_EQ(days.size(), 1U) << "contracts of one account end together";
    if (starts[account].size() > 1) ++co_termed;
  }
  EXPECT_GT(co_termed, 10);
}

TEST(Plan, SumsItsLinesExactlyAndKeepsTermsInOrder) {
  const EstatePlan plan = plan_estate(options_with(7));
  for (const PlannedRenewal& renewal : plan.renewals) {
    std::int64_t total = 0;
    std::set<std::size_t> products;
    for (const PlannedLine& line : renewal.lines) {
      EXPECT_EQ(line.total_minor, line.unit_minor * line.quantity);
      EXPECT_GT(line.unit_minor, 0);
      EXPECT_TRUE(products.insert(line.product).second);
      total += line.total_minor;
    }
    EXPECT_EQ(total, renewal.amount_minor);
    EXPECT_LT(renewal.start, renewal.end);
  }
}

TEST(Plan, GivesRecordIdsTheirCaseChecksum) {
  // The example of "Salesforce ID: 15 to 18 characters".
  EXPECT_EQ(crm_long_id("00130000003Xxxx"), "00130000003XxxxAAC");
  EXPECT_EQ(crm_long_id("00130000003XxxxAAC"), "00130000003XxxxAAC");
}

TEST(Plan, AddsMonthsWithinTheMonth) {
  EXPECT_EQ(add_months(*parse_day("2027-08-31"), 6), *parse_day("2028-02-29"));
  EXPECT_EQ(add_months(*parse_day("2028-02-29"), 12), *parse_day("2029-02-28"));
  EXPECT_EQ(add_months(*parse_day("2027-12-15"), 1), *parse_day("2028-01-15"));
}

TEST(Plan, ReadsAndWritesMinorUnits) {
  EXPECT_EQ(format_minor(5, 2), "0.05");
  EXPECT_EQ(format_minor(-123456, 2), "-1234.56");
  EXPECT_EQ(format_minor(42, 0), "42");
  EXPECT_EQ(parse_minor("1234.5600", 2), 123456);
  EXPECT_EQ(parse_minor("-7", 2), -700);
  EXPECT_FALSE(parse_minor("1.005", 2));
  EXPECT_FALSE(parse_minor("x", 2));
  EXPECT_FALSE(parse_minor("", 2));
}

TEST(Plan, TakesCurrenciesInTurnAndInstalmentsFromItsOptions) {
  PlanOptions options = options_with(7);
  options.currencies = {"JPY", "KWD", "ISK", "USD", "EUR"};
  options.instalments = 7;
  const EstatePlan plan = plan_estate(options);
  std::map<std::string, int> counts;
  for (const PlannedRenewal& renewal : plan.renewals) {
    ++counts[renewal.currency];
    EXPECT_EQ(renewal.instalments, 7);
    for (const PlannedLine& line : renewal.lines) {
      const int step = renewal.currency == "KWD" ? 10 : 1;
      EXPECT_EQ(line.total_minor % step, 0);
    }
  }
  EXPECT_EQ(counts.size(), 5u);
  for (const auto& [currency, count] : counts) EXPECT_GT(count, 20) << currency;
  EXPECT_EQ(known_digits("ISK"), 0);
  EXPECT_EQ(known_digits("KWD"), 3);
  EXPECT_FALSE(known_digits("XYZ"));
}

}  // namespace
}  // namespace perennial::sandbox
