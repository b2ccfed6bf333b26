// jq: prelude, purity, engine, programs, archive.
#include <gmock/gmock.h>

#include <thread>

#include "runtime/host/jq_engine.hpp"
#include "runtime/host/jq_program.hpp"
#include "runtime/host/jq_scan.hpp"
#include "runtime/host/jq_value.hpp"
#include "tests/unit/host/support.hpp"

namespace perennial::host {
namespace {

using ::testing::HasSubstr;

Bytes from_json(const std::string& json) {
  const JqValue value(jv_parse(json.c_str()));
  EXPECT_TRUE(value.is_valid()) << json;
  Bytes out;
  EXPECT_TRUE(from_jq(value.get(), out));
  return out;
}

std::string to_json(ByteView msgpack) {
  auto value = to_jq(msgpack);
  return value ? to_shown(jv_dump_string(value->release(), 0)) : "error: " + value.error().reason;
}

// All outputs of a filter as JSON lines, or "error: ...".
std::string run(const std::string& filter, const std::string& input = "null", ByteView vars = {}) {
  Folder folder;
  folder.write("m/map.jq", filter);
  const auto program = JqProgram::assemble(folder / "m", {}, vars);
  if (!program) return "error: " + program.error().reason;
  const auto engine = JqEngine::compile(*program);
  if (!engine) return "error: " + engine.error().reason;
  const auto outputs = (*engine)->run("map", from_json(input), RunBounds());
  if (!outputs) return "error: " + outputs.error().reason;
  std::string lines;
  for (const Bytes& output : *outputs) lines += (lines.empty() ? "" : "\n") + to_json(output);
  return lines;
}

// Several filters over one compiled program, which is what makes a table of cases cheap.
struct Case {
  std::string filter;
  std::string expected;  // JSON, or part of the error
};

void expect_all(const std::vector<Case>& cases) {
  std::string all = "[";
  for (const Case& one : cases) {
    all += (all.size() > 1 ? ",\n" : "") + ("(try (" + one.filter + ") catch \"error: \\(.)\")");
  }
  const std::string outputs = run(all + "] | .[]");
  std::stringstream lines(outputs);
  for (const Case& one : cases) {
    std::string line;
    std::getline(lines, line);
    if (one.expected.rfind("error", 0) == 0) {
      EXPECT_THAT(line, HasSubstr(one.expected.substr(7))) << one.filter;
      EXPECT_THAT(line, HasSubstr("\"error: ")) << one.filter;
    } else {
      EXPECT_EQ(line, one.expected) << one.filter;
    }
  }
}

TEST(JqPrelude, MovesMoneyExactly) {
  expect_all({
      {R"("12.50" | to_minor(2))", "1250"},
      {R"("12.5" | to_minor(2))", "1250"},
      {R"("12" | to_minor(2))", "1200"},
      {R"(12 | to_minor(2))", "1200"},
      {R"("-0.05" | to_minor(2))", "-5"},
      {R"("-0" | to_minor(2))", "0"},
      {R"("0.10" | to_minor(2))", "10"},
      {R"("1.1" | to_minor(2))", "110"},
      {R"("4.35" | to_minor(2))", "435"},
      {R"("1.005" | to_minor(3))", "1005"},
      {R"("100" | to_minor(0))", "100"},
      {R"("12.500" | to_minor(2))", "1250"},
      {R"("90071992547409.91" | to_minor(2))", "9007199254740991"},
      {R"("90071992547409.92" | to_minor(2))", "error: expected an amount below 2^53"},
      {R"("12.505" | to_minor(2))", "error: expected at most 2 decimal digits"},
      {R"("1e3" | to_minor(2))", "error: expected a decimal such as 12.50"},
      {R"("" | to_minor(2))", "error: expected a decimal"},
      {R"(".5" | to_minor(2))", "error: expected a decimal"},
      {R"("1,50" | to_minor(2))", "error: expected a decimal"},
      {R"("12.50\n" | to_minor(2))", "error: expected a decimal"},
      {R"(12.5 | to_minor(2))", "error: binary floating point"},
      {R"(null | to_minor(2))", "error: expected a decimal as text"},
      {R"("1" | to_minor(10))", "error: minor digits from 0 to 9"},
      {R"("1" | to_minor(1.5))", "error: minor digits from 0 to 9"},
  });
}

TEST(JqPrelude, WritesMoneyExactly) {
  expect_all({
      {"1250 | from_minor(2)", R"("12.50")"},
      {"5 | from_minor(2)", R"("0.05")"},
      {"-5 | from_minor(2)", R"("-0.05")"},
      {"0 | from_minor(2)", R"("0.00")"},
      {"7 | from_minor(0)", R"("7")"},
      {"1005 | from_minor(3)", R"("1.005")"},
      {"9007199254740991 | from_minor(2)", R"("90071992547409.91")"},
      {"-9007199254740991 | from_minor(4)", R"("-900719925474.0991")"},
      {"12.5 | from_minor(2)", "error: expected an integer of minor units"},
      {R"("12" | from_minor(2))", "error: expected an integer of minor units"},
      {"9007199254740992 | from_minor(2)", "error: expected an integer of minor units"},
  });
}

TEST(JqPrelude, RoundTripsEveryAmountOfARange) {
  EXPECT_EQ(run("[range(-1234; 1234) | select((from_minor(2) | to_minor(2)) != .)]"), "[]");
}

TEST(JqPrelude, KnowsMinorUnits) {
  expect_all({
      {R"(currency_digits("EUR"))", "2"},
      {R"(currency_digits("JPY"))", "0"},
      {R"(currency_digits("KRW"))", "0"},
      {R"(currency_digits("KWD"))", "3"},
      {R"(currency_digits("CLF"))", "4"},
      {R"(currency_digits("XAU"))", "error: expected a currency code of the profile iso4217"},
      {R"(currency_digits("eur"))", "error: expected a currency code of the profile iso4217"},
      {R"(currency_digits(null))", "error: expected a currency code of the profile iso4217"},
  });
}

TEST(JqPrelude, CountsDays) {
  expect_all({
      {R"("2024-02-28" | day_after)", R"("2024-02-29")"},
      {R"("2023-02-28" | day_after)", R"("2023-03-01")"},
      {R"("2100-02-28" | day_after)", R"("2100-03-01")"},
      {R"("2000-02-28" | day_after)", R"("2000-02-29")"},
      {R"("2026-01-01" | day_before)", R"("2025-12-31")"},
      {R"("1970-01-01" | day_before)", R"("1969-12-31")"},
      {R"("2026-12-31" | day_after)", R"("2027-01-01")"},
      {R"("2026-02-29" | day_after)", "error: expected a day of the calendar"},
      {R"("2026-13-01" | day_after)", "error: expected a day of the calendar"},
      {R"("26-01-01" | day_after)", "error: expected a day of the calendar"},
      {R"("2026-1-1" | day_after)", "error: expected a day of the calendar"},
      {R"(20260101 | day_after)", "error: expected a day of the calendar"},
      {R"("2026-01-01x" | day_after)", "error: expected a day of the calendar"},
      {R"("2026-03-31T10:00:00.000+0000" | date_only)", R"("2026-03-31")"},
      {R"("2026-03-31" | date_only)", R"("2026-03-31")"},
      {R"("2026-02-30T10:00:00Z" | date_only)", "error: expected a day of the calendar"},
      {R"("tomorrow" | date_only)", "error: expected an ISO 8601 date"},
  });
}

TEST(JqPrelude, ConvertsTimes) {
  expect_all({
      {"0 | epoch_ms_to_iso", R"("1970-01-01T00:00:00Z")"},
      {"1774951200123 | epoch_ms_to_iso", R"("2026-03-31T10:00:00.123Z")"},
      {"-1 | epoch_ms_to_iso", R"("1969-12-31T23:59:59.999Z")"},
      {"1.5 | epoch_ms_to_iso", "error: expected an integer of milliseconds"},
      {R"("1970-01-01" | iso_to_epoch_s)", "0"},
      {R"("2026-03-31T10:00:00Z" | iso_to_epoch_s)", "1774951200"},
      {R"("2026-03-31T10:00:00.999Z" | iso_to_epoch_s)", "1774951200"},
      {R"("2026-03-31T12:00:00+02:00" | iso_to_epoch_s)", "1774951200"},
      {R"("2026-03-31T04:30:00-0530" | iso_to_epoch_s)", "1774951200"},
      {R"("2026-03-31T10:00:00.000+0000" | iso_to_epoch_s)", "1774951200"},
      {R"("2026-03-31T10:00" | iso_to_epoch_s)", "error: expected an ISO 8601 time"},
      {R"("2026-03-31T25:00:00Z" | iso_to_epoch_s)", "error: expected an ISO 8601 time"},
      {R"("2026-03-31T10:00:00+1" | iso_to_epoch_s)", "error: expected a time zone"},
      {R"("253402300800000" | epoch_ms_to_iso)", "error: expected an integer of milliseconds"},
  });
}

TEST(JqPrelude, AgreesWithTheCalendarOverManyYears) {
  // Each day from 1900 to 2100, against the C library's calendar, which todate shows.
  EXPECT_EQ(run("[range(-25567; 47483) | . * 86400"
                " | select((todate | .[:10] | day_after) != (. + 86400 | todate | .[:10])"
                " or (todate | iso_to_epoch_s) != .)]"),
            "[]");
}

TEST(JqPrelude, DoesNotDependOnTheTimeZoneOfTheProcess) {
  const char* before = std::getenv("TZ");
  const std::string zone = before == nullptr ? "" : before;
  ::setenv("TZ", "America/New_York", 1);
  ::tzset();
  expect_all({
      {R"("2026-07-01T10:00:00Z" | iso_to_epoch_s)", "1782900000"},
      {R"("2026-03-08" | day_after)", R"("2026-03-09")"},
      {R"("2026-11-01" | day_after)", R"("2026-11-02")"},
      {"1782900000000 | epoch_ms_to_iso", R"("2026-07-01T10:00:00Z")"},
  });
  if (before == nullptr) {
    ::unsetenv("TZ");
  } else {
    ::setenv("TZ", zone.c_str(), 1);
  }
  ::tzset();
}

TEST(JqScan, RefusesWhatDependsOnMoreThanTheInput) {
  for (const char* word : {"now", "env", "input", "inputs", "debug", "stderr", "input_filename",
                           "localtime", "strflocaltime(\"%Y\")", "mktime", "fromdate", "$ENV",
                           "halt", "halt_error", "get_search_list", "input_line_number",
                           "$__prog_args", "import \"a\" as a; .", "include \"a\"; ."}) {
    const auto error = scan_filter(std::string(".a |\n  ") + word);
    ASSERT_TRUE(error) << word;
    EXPECT_EQ(error->line, 2u) << word;
    EXPECT_EQ(error->column, 3u) << word;
    EXPECT_THAT(error->reason, HasSubstr("depends on its input alone"));
  }
  EXPECT_TRUE(scan_filter(R"("text \(now) more")"));
  EXPECT_TRUE(scan_filter("{a: now}"));
  EXPECT_TRUE(scan_filter("{(env.HOME): 1}"));
}

TEST(JqScan, LetsFieldsAndTextsHaveAnyName) {
  for (const char* filter :
       {".now", ".a.env.input", "{now: 1, env: .env}", "\"now is the time\"", "# now\n.",
        "\"say \\\"now\\\"\"", ".[\"input\"]", "nowhere", "$now", "{\"a\": .debug}",
        "gmtime | todate", "@base64 \"x\\(.now)\"", "1.5e3", ".. | .now?", "."}) {
    const auto error = scan_filter(filter);
    EXPECT_FALSE(error) << filter << ": " << error->reason;
  }
}

TEST(JqScan, RefusesWhatReachesOutOfItsPlace) {
  const auto reason = [](const char* filter) {
    const auto error = scan_filter(filter);
    return error ? std::to_string(error->line) + ":" + std::to_string(error->column) + " " +
                       error->reason
                 : "none";
  };
  EXPECT_THAT(reason(".a) elif true then (1"), HasSubstr("1:3 expected no ')'"));
  EXPECT_THAT(reason("{a: (1}"), HasSubstr("1:7 expected ')', but '}' came"));
  EXPECT_THAT(reason("{a:\n [1, 2"), HasSubstr("2:2 expected ']'"));
  EXPECT_THAT(reason("\"abc"), HasSubstr("1:1 expected the end of this text"));
  EXPECT_THAT(reason("\"a\\(1 + (2)\""), HasSubstr("expected the end of this text"));
}

TEST(JqValue, KeepsEveryValueOfJson) {
  for (const char* json : {"null", "true", "false", "0", "-1", "9007199254740991",
                           "-9007199254740991", "1.5", "\"\"", "\"\xc3\xa4\xe2\x82\xac\"", "[]",
                           "{}", "[1,[2,[3]]]", R"({"a":1,"b":{"c":[null,true]}})"}) {
    EXPECT_EQ(to_json(from_json(json)), json);
  }
}

TEST(JqValue, RefusesWhatJqCannotHold) {
  const auto reason = [](const Bytes& bytes) {
    const auto value = to_jq(bytes);
    return value ? "held" : value.error().reason;
  };
  Bytes bytes;
  event::Packer(bytes).integer(std::int64_t{1} << 53);
  EXPECT_THAT(reason(bytes), HasSubstr("give it as text"));
  EXPECT_THAT(reason(Bytes("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9)), HasSubstr("2^53"));
  EXPECT_THAT(reason(Bytes("\xc4\x01x", 3)), HasSubstr("binary"));
  EXPECT_THAT(reason(Bytes("\xd4\x01x", 3)), HasSubstr("extension"));
  EXPECT_THAT(reason("\xa1\xff"), HasSubstr("UTF-8"));
  EXPECT_THAT(reason("\x81\x01\x02"), HasSubstr("text keys"));
  EXPECT_THAT(reason("\xa5"
                     "ab"),
              HasSubstr("cut off"));
  EXPECT_THAT(reason("\x81\xa1k"), HasSubstr("cut off"));
  EXPECT_THAT(reason(""), HasSubstr("cut off"));
  EXPECT_THAT(reason(Bytes("\x01\x02")), HasSubstr("bytes follow"));
  EXPECT_THAT(reason(Bytes(70, '\x91') + '\x01'), HasSubstr("nests deeper"));
  EXPECT_THAT(reason(Bytes("\xdd\xff\xff\xff\xff", 5)), HasSubstr("cut off"));
}

TEST(JqValue, RefusesNumbersThatNoJsonReaderKnows) {
  EXPECT_THAT(run("nan"), HasSubstr("NaN or infinity"));
  EXPECT_THAT(run("infinite"), HasSubstr("NaN or infinity"));
}

TEST(JqEngine, RunsMapsByName) {
  Folder folder;
  folder.write("m/one.jq", "{one: twice(.n)} # a comment at the end");
  folder.write("m/two.jq", "def own: 3; (own, .n)");
  folder.write("m/_shared.jq", "def twice($x): $x * 2;");
  const auto program = JqProgram::assemble(folder / "m", {}, {});
  ASSERT_TRUE(program);
  EXPECT_EQ(program->maps(), (std::vector<std::string>{"one", "two"}));
  const auto engine = JqEngine::compile(*program);
  ASSERT_TRUE(engine) << engine.error().reason;
  const Bytes input = from_json(R"({"n": 21})");
  EXPECT_EQ(to_json((*engine)->run("one", input, RunBounds())->at(0)), R"({"one":42})");
  EXPECT_EQ((*engine)->run("two", input, RunBounds())->size(), 2u);
  EXPECT_THAT((*engine)->run("three", input, RunBounds()).error().reason,
              HasSubstr("no map of the name \"three\""));
  // An error leaves nothing behind for the next run.
  EXPECT_EQ(to_json((*engine)->run("one", input, RunBounds())->at(0)), R"({"one":42})");
}

TEST(JqEngine, GivesVarsToMaps) {
  const Bytes vars = from_json(R"json({"codes": {"a": "X-1"}, "quote\"d": "\\(now)"})json");
  EXPECT_EQ(run("$vars.codes[.sku]", R"json({"sku": "a"})json", vars), R"json("X-1")json");
  EXPECT_EQ(run("$vars[\"quote\\\"d\"]", "null", vars), R"json("\\(now)")json");
  EXPECT_THAT(run(".", "null", from_json("[1]")), HasSubstr("vars: expected a map"));
}

TEST(JqEngine, NamesFileLineAndColumnOfErrors) {
  Folder folder;
  folder.write("m/_shared.jq", "def fine: 1;");
  folder.write("m/bad.jq", "{a: 1,\n  b: unknown_word(2)}");
  folder.write("m/other.jq", ".");
  auto program = JqProgram::assemble(folder / "m", {}, {});
  ASSERT_TRUE(program);
  auto engine = JqEngine::compile(*program);
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().reason, HasSubstr("bad.jq:2:6: "));
  EXPECT_THAT(engine.error().reason, HasSubstr("unknown_word/1 is not defined"));

  folder.write("m/bad.jq", ".a |\n\n  if . then 1");
  program = JqProgram::assemble(folder / "m", {}, {});
  engine = JqEngine::compile(*program);
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().reason, HasSubstr("bad.jq:"));
  EXPECT_THAT(engine.error().reason, HasSubstr("syntax error"));

  folder.write("m/bad.jq", ".a |\n  now");
  program = JqProgram::assemble(folder / "m", {}, {});
  ASSERT_FALSE(program);
  EXPECT_THAT(program.error().reason, HasSubstr("bad.jq:2:3: "));
}

TEST(JqEngine, BoundsItsOutputs) {
  Folder folder;
  folder.write("m/many.jq", "range(100)");
  folder.write("m/large.jq", "\"x\" * 1000");
  const auto program = JqProgram::assemble(folder / "m", {}, {});
  const auto engine = JqEngine::compile(*program);
  ASSERT_TRUE(engine);
  EXPECT_THAT((*engine)->run("many", from_json("null"), RunBounds{10, 1000}).error().reason,
              HasSubstr("at most 10 outputs"));
  EXPECT_THAT((*engine)->run("large", from_json("null"), RunBounds{10, 500}).error().reason,
              HasSubstr("at most 500 bytes"));
}

TEST(JqEngine, CanBeHaltedAndUsedAgain) {
  Folder folder;
  folder.write("m/endless.jq", "last(range(1e15))");
  folder.write("m/fine.jq", ".");
  const auto program = JqProgram::assemble(folder / "m", {}, {});
  const auto engine = JqEngine::compile(*program);
  ASSERT_TRUE(engine);
  for (int round = 0; round < 3; ++round) {
    std::atomic<bool> has_ended{false};
    // Halting before the run begins has no effect, so it is repeated until it had one.
    std::thread watchdog([&] {
      while (!has_ended) {
        (*engine)->halt();
        std::this_thread::yield();
      }
    });
    const auto outputs = (*engine)->run("endless", from_json("1"), RunBounds());
    has_ended = true;
    watchdog.join();
    ASSERT_FALSE(outputs);
    EXPECT_EQ(outputs.error().code, Code::exhausted);
    EXPECT_EQ(to_json((*engine)->run("fine", from_json("1"), RunBounds())->at(0)), "1");
  }
}

TEST(JqEngine, NeverReadsTheHomeOfAnybody) {
  Folder folder;
  folder.write(".jq", "def length: 42;");
  const char* before = std::getenv("HOME");
  const std::string home = before == nullptr ? "" : before;
  ::setenv("HOME", folder.path().c_str(), 1);
  EXPECT_THAT(run("length", "\"abc\""), HasSubstr("start the process without HOME"));
  hide_home_from_jq();
  EXPECT_EQ(run("length", "\"abc\""), "3");
  if (before != nullptr) ::setenv("HOME", home.c_str(), 1);
}

TEST(JqProgram, TakesTheOperatorsFileInsteadOfThePlugins) {
  Folder folder;
  folder.write("plugin/map.jq", "\"plugin\"");
  folder.write("plugin/kept.jq", "\"kept\"");
  folder.write("own/map.jq", "\"own\"");
  folder.write("own/added.jq", "\"added\"");
  const auto program = JqProgram::assemble(folder / "plugin", folder / "own", {});
  ASSERT_TRUE(program);
  const auto engine = JqEngine::compile(*program);
  ASSERT_TRUE(engine);
  for (const auto& [map, expected] : std::map<std::string, std::string>{
           {"map", "\"own\""}, {"kept", "\"kept\""}, {"added", "\"added\""}}) {
    EXPECT_EQ(to_json((*engine)->run(map, from_json("null"), RunBounds())->at(0)), expected);
  }
}

TEST(JqProgram, HasARevisionOfAllThatDecidesItsOutput) {
  Folder folder;
  folder.write("m/map.jq", ".a");
  const auto revision = [&](ByteView vars) {
    return JqProgram::assemble(folder / "m", {}, vars)->revision();
  };
  const std::string first = revision({});
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ(revision({}), first);
  EXPECT_NE(revision(from_json(R"({"a": 1})")), first);
  folder.write("m/map.jq", ".b");
  EXPECT_NE(revision({}), first);
}

TEST(JqProgram, WorksWithoutMaps) {
  const auto program = JqProgram::assemble("/no/such/folder", {}, {});
  ASSERT_TRUE(program);
  EXPECT_TRUE(program->maps().empty());
  EXPECT_FALSE(program->has_map("map"));
}

TEST(MapArchive, KeepsProgramsByRevision) {
  Folder folder;
  folder.write("m/map.jq", ".a + $vars.n");
  const auto program = JqProgram::assemble(folder / "m", {}, from_json(R"({"n": 2})"));
  const MapArchive archive(folder / "archive");
  ASSERT_TRUE(archive.keep(*program));
  ASSERT_TRUE(archive.keep(*program));
  const auto kept = archive.load(program->revision());
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->text(), program->text());
  const auto engine = JqEngine::compile(*kept);
  ASSERT_TRUE(engine);
  EXPECT_EQ(to_json((*engine)->run("map", from_json(R"({"a": 1})"), RunBounds())->at(0)), "3");
}

TEST(MapArchive, RefusesWhatIsMissingDamagedOrNoRevision) {
  Folder folder;
  const MapArchive archive(folder / "archive");
  EXPECT_FALSE(archive.load(std::string(32, 'a')));
  EXPECT_FALSE(archive.load("../../etc/passwd"));
  EXPECT_FALSE(MapArchive("").load(std::string(32, 'a')));
  folder.write("archive/" + std::string(32, 'a') + ".jq", ".");
  EXPECT_EQ(archive.load(std::string(32, 'a')).error().code, Code::corrupted);
}

TEST(MapCheck, SaysWhereAFilterIsWrong) {
  EXPECT_FALSE(MapCheck::check(".data.region == \"EMEA\""));
  EXPECT_FALSE(MapCheck::check("{a: $vars.x, b: (.n | to_minor(2))}"));
  auto error = MapCheck::check(".a |\n  nonsense");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->line, 2u);
  EXPECT_EQ(error->column, 3u);
  error = MapCheck::check(".a ==");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->line, 1u);
  error = MapCheck::check(".a | now");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->column, 6u);
}

}  // namespace
}  // namespace perennial::host
