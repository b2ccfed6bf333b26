#include "runtime/policy/schema.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runtime/policy/formats.hpp"

namespace perennial::policy {
namespace {

using Json = nlohmann::json;

Bytes pack(const Json& value) {
  const auto packed = Json::to_msgpack(value);
  return {packed.begin(), packed.end()};
}

std::string violation_of(const char* schema_text, const char* value) {
  const auto schema = Schema::compile(schema_text);
  if (!schema) return "schema: " + schema.error().reason;
  const auto judged = (*schema)->check(pack(Json::parse(value)));
  return judged ? "" : judged.error().pointer + ": " + judged.error().reason;
}

TEST(Schema, NamesThePointerAndWhatWasExpected) {
  const char* schema =
      R"({"type":"object","required":["id","lines"],"additionalProperties":false,"properties":{
    "id":{"type":"string","minLength":1,"maxLength":5,"pattern":"^R-"},
    "day":{"type":"string","format":"date"},"at":{"type":"string","format":"date-time"},
    "total":{"type":"integer","minimum":0,"maximum":100},"ratio":{"type":"number","exclusiveMinimum":0},
    "state":{"enum":["open","paid",null]},"kind":{"const":"x"},
    "lines":{"type":"array","minItems":1,"maxItems":2,"items":{"type":"object","required":["sku"]}}}})";
  const std::pair<const char*, const char*> cases[] = {
      {R"({"id":"R-1","lines":[{"sku":"a"}]})", ""},
      {R"([])", ": expected an object, but it is an array"},
      {R"({"lines":[{"sku":"a"}]})", "/id: expected this field, but it is missing"},
      {R"({"id":"","lines":[{"sku":"a"}]})", "/id: expected at least 1 characters"},
      {R"({"id":"R-12345","lines":[{"sku":"a"}]})", "/id: expected at most 5 characters"},
      {R"({"id":"X-1","lines":[{"sku":"a"}]})", "/id: expected text like /^R-/"},
      {R"({"id":"R-1","lines":[]})", "/lines: expected at least 1 elements"},
      {R"({"id":"R-1","lines":[{"sku":1},{},{}]})", "/lines: expected at most 2 elements"},
      {R"({"id":"R-1","lines":[{"sku":"a"},{}]})",
       "/lines/1/sku: expected this field, but it is missing"},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"total":-1})", "/total: expected a larger number"},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"total":101})", "/total: expected a smaller number"},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"total":1.5})",
       "/total: expected an integer, but it is a number"},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"total":2.0})", ""},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"ratio":0})", "/ratio: expected a larger number"},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"day":"2026-02-29"})",
       "/day: expected a date (YYYY-MM-DD)"},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"day":"2028-02-29"})", ""},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"at":"2026-01-01"})",
       "/at: expected a date-time (RFC 3339)"},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"state":"void"})",
       "/state: expected one of [\"open\",\"paid\",null]"},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"state":null})", ""},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"kind":"y"})", "/kind: expected one of [\"x\"]"},
      {R"({"id":"R-1","lines":[{"sku":"a"}],"a/b~c":1})",
       "/a~1b~0c: expected only the declared fields, but this one is unknown"},
  };
  for (const auto& [value, wanted] : cases) EXPECT_EQ(violation_of(schema, value), wanted) << value;
}

TEST(Schema, RefusesAKeywordThatItDoesNotKnowInsteadOfIgnoringIt) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"if":{}})", "'/if'"},
      {R"({"properties":{"a":{"oneOf":[]}}})", "'/properties/a/oneOf'"},
      {R"({"type":"text"})", "JSON Schema type"},
      {R"({"format":"email"})", "date or date-time"},
      {R"({"pattern":"("})", "RE2"},
      {R"({"minLength":-1})", "whole number"},
      {R"({"required":["a"],"additionalProperties":false})", "closed object"},
      {R"(7)", "object or a boolean"},
      {R"({)", "does not parse"},
  };
  for (const auto& [text, wanted] : cases) {
    const auto schema = Schema::compile(text);
    ASSERT_FALSE(schema) << text;
    EXPECT_NE(schema.error().reason.find(wanted), std::string::npos) << schema.error().reason;
  }
}

TEST(EventSchemas, AcceptTheirOwnExamples) {
  std::size_t examples = 0;
  for (const auto& file : std::filesystem::directory_iterator("schemas/events")) {
    std::ifstream stream(file.path());
    std::ostringstream text;
    text << stream.rdbuf();
    const auto schema = Schema::compile(text.str());
    ASSERT_TRUE(schema) << file.path() << ": " << schema.error().reason;
    const Json document = Json::parse(text.str());
    ASSERT_TRUE(document.contains("examples")) << file.path();
    for (const Json& example : document["examples"]) {
      ++examples;
      const auto judged = (*schema)->check(pack(example));
      EXPECT_TRUE(judged) << file.path() << judged.error().pointer << ": " << judged.error().reason;
    }
  }
  EXPECT_GE(examples, 30U);
}

TEST(Formats, FollowRfc3339) {
  for (const char* good :
       {"2026-11-24T10:00:00Z", "2026-11-24t10:00:00.123+02:00", "2016-12-31T23:59:60Z"}) {
    EXPECT_TRUE(has_format(Format::date_time, good)) << good;
  }
  for (const char* bad :
       {"2026-11-24T10:00:00", "2026-11-24 10:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-24T24:00:00Z", "2026-11-24T10:00:00.Z", "2026-11-24T10:00:00+25:00"}) {
    EXPECT_FALSE(has_format(Format::date_time, bad)) << bad;
  }
}

}  // namespace
}  // namespace perennial::policy
