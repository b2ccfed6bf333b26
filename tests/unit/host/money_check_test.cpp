// The check that mappings compute no money with jq's numbers.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "runtime/host/jq_syntax.hpp"
#include "runtime/host/money_check.hpp"

namespace perennial::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::set<std::string> fields = {"amount_minor", "total_minor", "unit_price"};

// "line:column", or "unread ..." of each finding.
std::vector<std::string> places(const std::string& filter, const std::string& definitions = "") {
  std::vector<std::string> all;
  for (const auto& one : check_money(fields, {{"_d.jq", definitions}}, {{"m.jq", filter}})) {
    all.push_back((one.is_unread ? one.reason + " " : "") + (one.file == "m.jq" ? "" : one.file) +
                  std::to_string(one.line) + ":" + std::to_string(one.column));
  }
  return all;
}

TEST(MoneyCheck, SeesArithmeticOnMarkedFields) {
  EXPECT_THAT(places(".data.total_minor * 2"), ElementsAre("1:19"));
  EXPECT_THAT(places("1 + .total_minor"), ElementsAre("1:3"));
  EXPECT_THAT(places(".lines[0].unit_price / 7"), ElementsAre("1:22"));
  EXPECT_THAT(places(".a\n  | .total_minor % 7"), ElementsAre("2:18"));
  EXPECT_THAT(places(".a - .[\"total_minor\"]"), ElementsAre("1:4"));
  EXPECT_THAT(places("-.total_minor"), ElementsAre("1:1"));
  EXPECT_THAT(places(".total_minor += 1"), ElementsAre("1:14"));
  EXPECT_THAT(places(".x = .total_minor | .x * 2"), ElementsAre("1:24"));
}

TEST(MoneyCheck, FollowsValuesThroughTheFilter) {
  EXPECT_THAT(places(".total_minor as $t | {a: ($t * 2)}"), ElementsAre("1:30"));
  EXPECT_THAT(places(".lines[0] as {amount_minor: $a} | $a * 2"), ElementsAre("1:38"));
  EXPECT_THAT(places("{a: .total_minor} | .a * 2"), ElementsAre("1:24"));
  EXPECT_THAT(places("[.lines[].amount_minor] | add"), ElementsAre("1:27"));
  EXPECT_THAT(places("[.lines[] | .amount_minor] | map(. * 2)"), ElementsAre("1:36"));
  EXPECT_THAT(places("reduce .lines[] as $l (0; . + $l.amount_minor)"), ElementsAre("1:29"));
  EXPECT_THAT(places("(.total_minor // 0) * 2"), ElementsAre("1:21"));
  EXPECT_THAT(places("(if .a then .total_minor else 0 end) / 2"), ElementsAre("1:38"));
  EXPECT_THAT(places("first(.total_minor) | floor"), ElementsAre("1:23"));
  EXPECT_THAT(places("(.amount | to_minor(\"EUR\"; \"iso4217\")) * 2"), ElementsAre("1:40"));
  EXPECT_THAT(places("(.total_minor | split_minor(7))[0] * 2"), ElementsAre("1:36"));
}

TEST(MoneyCheck, FollowsFunctions) {
  EXPECT_THAT(places("def twice: . * 2; .total_minor | twice"), ElementsAre("1:14"));
  EXPECT_THAT(places("def f($a): $a / 7; f(.total_minor)"), ElementsAre("1:15"));
  EXPECT_THAT(places("def f(g): g - 1; f(.total_minor)"), ElementsAre("1:13"));
  EXPECT_THAT(places("twice(.total_minor)", "def twice(f): f * 2;"), ElementsAre("_d.jq1:17"));
  EXPECT_THAT(places(".", "def never_called: .total_minor * 2;"), ElementsAre("_d.jq1:32"));
  EXPECT_THAT(places("def f: if .a then . else f end; .total_minor | f * 2"), ElementsAre("1:50"));
}

TEST(MoneyCheck, SeesNumbersReadFromMoney) {
  EXPECT_THAT(places(".unit_price | tonumber"), ElementsAre("1:15"));
  EXPECT_THAT(places("\"\\(.unit_price)\" | tonumber"), ElementsAre("1:20"));
  EXPECT_THAT(places(".unit_price | ltrimstr(\"-\") | tonumber"), ElementsAre("1:31"));
  EXPECT_THAT(places(".unit_price | tostring | fromjson"), ElementsAre("1:26"));
}

TEST(MoneyCheck, SeesMarkedFieldsMadeByArithmetic) {
  EXPECT_THAT(places("{amount_minor: (.Amount * 100)}"), ElementsAre("1:25"));
  EXPECT_THAT(places("(.Amount | tonumber) as $a | {data: {total_minor: $a}}"),
              ElementsAre("1:12"));
  EXPECT_THAT(places(".total_minor = .a + .b"), ElementsAre("1:19"));
  EXPECT_THAT(places("(.Price * .Quantity) | tostring | to_minor(\"EUR\"; \"iso4217\")"),
              ElementsAre("1:9"));
}

TEST(MoneyCheck, LeavesTheRestAlone) {
  for (const char* filter : {
           ".total_minor >= 1000 and .a + 1 > 2",
           "{a: .total_minor} + {b: 1} + (if .c then {c: .total_minor} else {} end)",
           "[.lines[].amount_minor] + [.total_minor] | sum_minor",
           ".lines | to_entries[] | (.key + 1) * 10 | tostring",
           "\"\\(.total_minor) \" + .currency",
           "(.total_minor | tostring) + \" minor\"",
           "{amount_minor: (.Amount | tostring | to_minor(.c; \"iso4217\"))}",
           "{amount_minor: (\"-\\(.Amount)\" | to_minor(.c; \"iso4217\"))}",
           ".total_minor | split_minor(7; \"KWD\"; \"stripe\") | to_entries[] | {n: (.key + 1), "
           "amount_minor: .value}",
           "[.lines[] | {a: .amount_minor, n: 1}] | map(.n + 1)",
           ".lines | sort_by(.amount_minor) | .[0].n + 1",
           "with_entries(select(.value != null)) | .n + 1",
           "{total_minor: ([.lines[].amount_minor] | sum_minor)}",
           ".quantity * 2",
       }) {
    EXPECT_THAT(places(filter), IsEmpty()) << filter;
  }
}

TEST(MoneyCheck, TellsOnceAndSaysWhatToUse) {
  const auto findings = check_money(
      fields, {}, {{"m.jq", "def half: . / 2; [.total_minor, .total_minor] | .[] | half"}});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_THAT(findings[0].reason, HasSubstr("use split_minor"));
}

TEST(MoneyCheck, RefusesWhatItCannotFollow) {
  // Each function calls the one before it twice: a million calls.
  std::string filter = "def f0: .;";
  for (int index = 1; index <= 20; ++index) {
    const std::string before = "f" + std::to_string(index - 1);
    filter += "\ndef f" + std::to_string(index) + ": " + before + ", " + before + ";";
  }
  const auto findings = check_money(fields, {}, {{"m.jq", filter + "\nf20"}});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_THAT(findings[0].reason, HasSubstr("too deep"));
}

TEST(JqSyntax, ReadsTheWholeLanguage) {
  for (const char* filter : {
           ".",
           "..",
           ".a.b[0][]?.\"c d\"",
           ".[1:2], .[:2], .[1:]",
           "-1 + .a as $x | $x",
           "try error(\"x\") catch .",
           "label $out | foreach .[] as [$a, {b: $c}] (0; . + 1; ., break "
           "$out)",
           ". as {a: $x, $y, \"z\": [$z], (\"w\"): $w} ?// [$x] | $x",
           "{a, $x, \"b\", \"c\": 1, (.d): 2, @base64 \"e\": 3, if: 4} | .if",
           "@base64 \"a\\(.b)c\", @json",
           "def f(a; $b): a | $b; f(1; 2)",
           "$__loc__ | .file",
           "if . then 1 elif 2 then 3 else 4 end | not",
           "[.[] | select(.a == \"b\" or .c != 1)]",
           ".a //= 1 | .b |= . + 1 | .c -= 1",
           "# comment\n. # another\n",
           "1e3, 1.5E-3, .5",
           "reduce range(0; 3) as $i ([]; . + [$i])",
           "\"a\\\"b\\u00e9\\(1 + (2 | tostring))\"",
           "[limit(3; repeat(1))] | .[-1:]",
           ".a?.b? // \"none\"",
           ".[\"a\"]?, .\"a\"?, .a[\"b\"]",
       }) {
    const auto parsed = parse_filter(filter);
    EXPECT_TRUE(parsed) << filter << ": " << parsed.error().column << " " << parsed.error().reason;
  }
  EXPECT_EQ(parse_filter(".a |\n  |").error().line, 2u);
  EXPECT_FALSE(parse_filter("(1"));
  EXPECT_FALSE(parse_filter("{a: 1"));
  EXPECT_FALSE(parse_filter("\"a"));
}

TEST(MoneyCheck, FindsMarkedNames) {
  const auto names =
      money_fields(R"({"properties": {"a": {"x-money": "minor"}, "b": {"type": "array",
    "items": {"properties": {"c": {"x-money": "decimal"}, "d": {}}}}}, "examples": [{"x-money": 1}]})");
  EXPECT_THAT(names, ElementsAre("a", "c"));
}

// Every field that is money by its name carries the keyword.
TEST(MoneyCheck, CanonicalSchemasAreMarked) {
  std::size_t marked = 0;
  for (const auto& entry : std::filesystem::directory_iterator("schemas/events")) {
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto names = money_fields(text);
    marked += names.size();
    for (const std::string name : {"amount_minor", "total_minor", "unit_price", "tax_minor"}) {
      if (text.find("\"" + name + "\": {") == std::string::npos) continue;
      EXPECT_EQ(names.count(name), 1u) << entry.path() << " " << name;
    }
  }
  EXPECT_GE(marked, 25u);
}

}  // namespace
}  // namespace perennial::host
