// Templates and places: what is put in, what is refused, and how it is encoded.
#include "plugins/http/template.hpp"

#include <gtest/gtest.h>

namespace perennial::plugins::http {
namespace {

using common::Json;

const Json payload = {{"id", "a/b ?"},      {"number", 42},       {"is_new", true},
                      {"empty", ""},        {"up", ".."},         {"line", "x\r\nEvil: 1"},
                      {"map", {{"in", 7}}}, {"nothing", nullptr}, {"list", {1, 2}}};
const Json found = {{"etag", "W/\"3\""}};
const Scope scope{payload, found, "key-1"};

std::string expanded(const std::string& text, Target target = Target::text) {
  const auto parsed = Template::parse(text);
  if (!parsed) return "refused: " + parsed.error();
  const auto value = parsed->expand(scope, target);
  return value ? *value : value.error().field + " " + value.error().why;
}

TEST(HttpTemplateTest, FieldsComeFromThePayloadTheKeyAndWhatWasFound) {
  EXPECT_EQ(expanded("plain"), "plain");
  EXPECT_EQ(expanded("{number}-{is_new}-{map.in}"), "42-true-7");
  EXPECT_EQ(expanded("{key}/{found.etag}"), "key-1/W/\"3\"");
  EXPECT_EQ(expanded("{empty}"), "");
}

TEST(HttpTemplateTest, APathIsEncodedAndCannotLeadElsewhere) {
  EXPECT_EQ(expanded("/things/{id}/{number}", Target::path), "/things/a%2Fb%20%3F/42");
  EXPECT_NE(expanded("/things/{up}", Target::path).find("up is a step"), std::string::npos);
  EXPECT_EQ(expanded("/things/{empty}", Target::path), "empty is empty");
}

TEST(HttpTemplateTest, AHeaderHasNoLineBreaks) {
  EXPECT_EQ(expanded("{line}", Target::header), "line has control characters");
  EXPECT_EQ(expanded("{id}", Target::header), "a/b ?");
}

TEST(HttpTemplateTest, WhatIsNotThereOrNoScalarIsNamed) {
  EXPECT_EQ(expanded("{missing}"), "missing is not there");
  EXPECT_EQ(expanded("{nothing}"), "nothing is not there");
  EXPECT_EQ(expanded("{map.out}"), "map.out is not there");
  EXPECT_EQ(expanded("{number.deep}"), "number.deep is not there");
  EXPECT_EQ(expanded("{map}"), "map is a map or a list");
  EXPECT_EQ(expanded("{list}"), "list is a map or a list");
  EXPECT_EQ(expanded("{found.id}"), "found.id is not there");
}

TEST(HttpTemplateTest, AnOddTextIsRefusedWithTheRest) {
  for (const char* odd : {"{", "a{b", "}", "{}", "{a b}", "{.a}", "{a.}", "{{a}}"}) {
    EXPECT_EQ(expanded(odd).rfind("refused: expected {field}", 0), 0u) << odd;
  }
}

TEST(HttpPointerTest, FindsPutsAndRefuses) {
  const Json value = {{"items", {{{"id", 1}}, nullptr}}, {"a/b", 2}};
  EXPECT_EQ(*Pointer::parse("/items/0/id")->find(value), 1);
  EXPECT_EQ(*Pointer::parse("/a~1b")->find(value), 2);
  EXPECT_EQ(*Pointer::parse("")->find(value), value);
  for (const char* nowhere :
       {"/items/1", "/items/2/id", "/items/01", "/items/x", "/a", "/a~1b/c"}) {
    EXPECT_EQ(Pointer::parse(nowhere)->find(value), nullptr) << nowhere;
  }
  EXPECT_FALSE(Pointer::parse("items"));
  EXPECT_FALSE(Pointer::parse("/a~2"));
  Json body = {{"text", "x"}};
  EXPECT_TRUE(Pointer::parse("/meta/request")->put(body, "k"));
  EXPECT_EQ(body["meta"]["request"], "k");
  EXPECT_FALSE(Pointer::parse("/text/request")->put(body, "k"));
}

}  // namespace
}  // namespace perennial::plugins::http
