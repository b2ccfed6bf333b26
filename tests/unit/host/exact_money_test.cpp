// Money, profiles, months and time zones, below the functions of mappings.
#include <gmock/gmock.h>

#include <numeric>

#include "runtime/host/calendar.hpp"
#include "runtime/host/currency_profile.hpp"
#include "runtime/host/exact_money.hpp"
#include "runtime/host/zone_rules.hpp"
#include "tests/unit/host/support.hpp"

namespace perennial::host {
namespace {

using ::testing::HasSubstr;

TEST(ExactMoney, SplitsEveryAmountExactlyAndEvenly) {
  for (const std::int64_t step : {1, 10, 100}) {
    for (std::int64_t units = -200; units <= 200; ++units) {
      for (const std::size_t count : {1, 3, 7, 12}) {
        const auto parts = split_minor(units * step, std::vector<std::string>(count, "1"), step);
        ASSERT_TRUE(parts) << parts.error().reason;
        EXPECT_EQ(std::accumulate(parts->begin(), parts->end(), std::int64_t{0}), units * step);
        const auto [low, high] = std::minmax_element(parts->begin(), parts->end());
        EXPECT_LE(*high - *low, step);
        for (const std::int64_t part : *parts) EXPECT_EQ(part % step, 0);
      }
    }
  }
}

TEST(ExactMoney, SplitsTheLargestAmountByTheFinestWeights) {
  const std::int64_t largest = 9'007'199'254'740'991;
  const auto parts = split_minor(
      largest, {"0.333333333333333333", "0.666666666666666666", "0.000000000000000001"}, 1);
  ASSERT_TRUE(parts) << parts.error().reason;
  EXPECT_EQ(std::accumulate(parts->begin(), parts->end(), std::int64_t{0}), largest);
  EXPECT_FALSE(split_minor(1, {"1234567890.123456789012"}, 1));
  EXPECT_FALSE(split_minor(1, {"1", "-1"}, 1));
  EXPECT_FALSE(split_minor(1, {"1000000000000000000", "0.1"}, 1));
  EXPECT_FALSE(split_minor(1, std::vector<std::string>(1001, "1"), 1));
}

TEST(ExactMoney, ConvertsThereAndBack) {
  for (const int digits : {0, 2, 3, 4}) {
    for (const std::int64_t minor :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{-7}, std::int64_t{123456},
          std::int64_t{999999999999999}, std::int64_t{-9007199254740991}}) {
      const std::string text = from_minor(minor, digits);
      EXPECT_EQ(to_minor(text, {digits, 1}, Rounding::refuse).value(), minor) << text;
    }
  }
}

TEST(ExactMoney, NamesWhatItRefuses) {
  const auto reason = [](std::string_view text) {
    const auto result = to_minor(text, {2, 1}, Rounding::refuse);
    return result ? "accepted" : result.error().reason;
  };
  for (const char* text : {"", "-", ".", "1.", ".5", "+1", " 1", "1 ", "1,5", "1.2.3", "0x1", "--1",
                           "1e3", "NaN", "1\n"}) {
    EXPECT_THAT(reason(text), HasSubstr(text)) << text;
    EXPECT_THAT(reason(text), HasSubstr("expected a decimal")) << text;
  }
  EXPECT_THAT(reason(std::string(25, '9')), HasSubstr("at most 24 digits"));
}

TEST(CurrencyProfile, KnowsTheStandard) {
  const auto digits = [](const char* code) {
    const auto rule = find_currency(standard_currencies(), code);
    return rule ? rule->digits : -1;
  };
  EXPECT_EQ(digits("EUR"), 2);
  EXPECT_EQ(digits("JPY"), 0);
  EXPECT_EQ(digits("ISK"), 0);
  EXPECT_EQ(digits("KWD"), 3);
  EXPECT_EQ(digits("CLF"), 4);
  EXPECT_EQ(digits("UYW"), 4);
  EXPECT_EQ(digits("XAU"), -1);
  EXPECT_EQ(digits("ABC"), -1);
  EXPECT_EQ(digits("UR2"), -1);
  EXPECT_EQ(digits("eur"), -1);
  EXPECT_EQ(digits(""), -1);
}

TEST(CurrencyProfile, RefusesWhatIsNoProfile) {
  const auto reason = [](const std::string& text) {
    Folder folder;
    folder.write("p.json", text);
    const auto rows = read_currency_profile(folder / "p.json");
    return rows ? *rows : rows.error().reason;
  };
  EXPECT_EQ(reason(R"({"digits": {"2": "EUR ISK"}, "step": {"100": "ISK"}})"), "EUR2 ISK2x100");
  EXPECT_THAT(reason("[]"), HasSubstr("expected a JSON object"));
  EXPECT_THAT(reason("{"), HasSubstr("expected a JSON object"));
  EXPECT_THAT(reason(R"({"digit": {}})"), HasSubstr("'digit' came"));
  EXPECT_THAT(reason(R"({"digits": {}})"), HasSubstr("at least one currency"));
  EXPECT_THAT(reason(R"({"digits": {"10": "EUR"}})"), HasSubstr("from 0 to 9, but 10"));
  EXPECT_THAT(reason(R"({"digits": {"two": "EUR"}})"), HasSubstr("but two came"));
  EXPECT_THAT(reason(R"({"digits": {"2": "euro"}})"), HasSubstr("'euro' came"));
  EXPECT_THAT(reason(R"({"digits": {"2": "EUR", "0": "EUR"}})"), HasSubstr("EUR came twice"));
  EXPECT_THAT(reason(R"({"digits": {"2": "EUR"}, "step": {"5": "ISK"}})"),
              HasSubstr("digits for ISK"));
  EXPECT_THAT(reason(R"({"digits": {"2": "EUR"}, "step": {"0": "EUR"}})"), HasSubstr("from 1"));
  Folder folder;
  folder.write("Bad Name.json", R"({"digits": {"2": "EUR"}})");
  EXPECT_FALSE(read_currency_profiles(folder / "."));
  EXPECT_TRUE(read_currency_profiles(folder / "missing")->empty());
}

TEST(Calendar, CountsMonthsToTheEndOfTheirs) {
  EXPECT_EQ(add_months("2026-12-31", 2, 0).value(), "2027-02-28");
  EXPECT_EQ(add_months("2026-12-31", -10, 0).value(), "2026-02-28");
  EXPECT_EQ(add_months("0001-01-01", 0, 0).value(), "0001-01-01");
  EXPECT_FALSE(add_months("9999-12-01", 1, 0));
  EXPECT_FALSE(add_months("0001-01-01", -1, 0));
  EXPECT_FALSE(add_months("2026-01-01", 1'000'000'000, 0));
  EXPECT_FALSE(date_of(9'000'000'000));
}

TEST(ZoneRules, FollowsTransitionsAndTheirFooter) {
  const auto berlin = ZoneRules::load("Europe/Berlin");
  ASSERT_TRUE(berlin) << berlin.error().reason;
  const auto at = [](const char* instant) { return seconds_of(instant).value(); };
  EXPECT_EQ(berlin->offset_at(at("2026-03-29T00:59:59Z")), 3600);
  EXPECT_EQ(berlin->offset_at(at("2026-03-29T01:00:00Z")), 7200);
  EXPECT_EQ(berlin->offset_at(at("2026-10-25T00:59:59Z")), 7200);
  EXPECT_EQ(berlin->offset_at(at("2026-10-25T01:00:00Z")), 3600);
  // Beyond the table of the file, by its rule.
  EXPECT_EQ(berlin->offset_at(at("2099-03-29T00:59:59Z")), 3600);
  EXPECT_EQ(berlin->offset_at(at("2099-03-29T01:00:00Z")), 7200);
  const auto sydney = ZoneRules::load("Australia/Sydney");
  ASSERT_TRUE(sydney);
  EXPECT_EQ(sydney->offset_at(at("2099-01-01T00:00:00Z")), 39600);
  EXPECT_EQ(sydney->offset_at(at("2099-07-01T00:00:00Z")), 36000);
  EXPECT_EQ(ZoneRules::load("Asia/Kolkata")->offset_at(at("2099-01-01T00:00:00Z")), 19800);
}

TEST(ZoneRules, RefusesWhatIsNoZone) {
  for (const char* name :
       {"", "/etc/passwd", "../../../etc/passwd", "Europe", "No/Where", "a b", "tzdata.zi"}) {
    EXPECT_FALSE(ZoneRules::load(name)) << name;
  }
  EXPECT_FALSE(ZoneRules::parse(""));
  EXPECT_FALSE(ZoneRules::parse(std::string("TZif2") + std::string(39, '\0')));
  EXPECT_FALSE(ZoneRules::parse(std::string("TZif2") + std::string(400, '\x7f')));
}

TEST(Calendar, ReadsInstants) {
  EXPECT_EQ(seconds_of("1970-01-01T00:00:00Z").value(), 0);
  EXPECT_EQ(seconds_of("1970-01-01T01:00:00.25+01:00").value(), 0);
  EXPECT_EQ(seconds_of("1970-01-01T00:00:00-0130").value(), 5400);
  for (const char* text : {"1970-01-01", "1970-01-01T00:00:00", "1970-01-01T00:00:00+1", "x",
                           "1970-01-01T24:00:00Z", "1970-02-30T00:00:00Z", "1970-01-01T00:00:00.Z",
                           "1970-01-01T00:00:00ZZ", "1970-01-01T00:60:00Z"}) {
    EXPECT_FALSE(seconds_of(text)) << text;
  }
}

}  // namespace
}  // namespace perennial::host
