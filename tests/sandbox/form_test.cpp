#include "sandbox/stripe/form.hpp"

#include <gtest/gtest.h>

namespace perennial::sandbox::stripe {
namespace {

TEST(Form, DecodesNestedNamesAndPercentEscapes) {
  const Json form =
      decode_form("metadata[re%20newal]=R-1%26&period[start]=10&period[end]=20&a=b+c");

  EXPECT_EQ(form["metadata"]["re newal"], "R-1&");
  EXPECT_EQ(form["period"]["end"], "20");
  EXPECT_EQ(form["a"], "b c");
}

TEST(Form, TurnsNumberedAndEmptyBracketsIntoArraysInOrder) {
  const Json form = decode_form(
      "items[1][price]=second&items[0][price]=first&items[0][metadata][k]=v&expand[]=a&expand[]=b");

  ASSERT_TRUE(form["items"].is_array());
  EXPECT_EQ(form["items"][0]["price"], "first");
  EXPECT_EQ(form["items"][0]["metadata"]["k"], "v");
  EXPECT_EQ(form["items"][1]["price"], "second");
  EXPECT_EQ(form["expand"], Json::array({"a", "b"}));
}

TEST(Form, SurvivesBrokenNames) {
  for (const char* text : {"a[=1", "a]=1", "[]=1", "a[b][=1", "=1", "&&&", "a[b]c=1", "%=%"}) {
    EXPECT_TRUE(decode_form(text).is_object()) << text;
  }
  std::string deep = "a";
  for (int i = 0; i < 5000; ++i) deep += "[b]";
  EXPECT_TRUE(decode_form(deep + "=1").is_object());
}

TEST(Form, KeepsAnEmptyValueSoThatItCanClearAField) {
  EXPECT_EQ(decode_form("cancel_at=")["cancel_at"], "");
}

}  // namespace
}  // namespace perennial::sandbox::stripe
