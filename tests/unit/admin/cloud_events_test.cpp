#include "runtime/admin/cloud_events.hpp"

#include <gtest/gtest.h>

#include "runtime/event/event.hpp"
#include "runtime/view/json_text.hpp"

namespace perennial::admin {
namespace {

constexpr const char* structured = "application/cloudevents+json";
constexpr const char* batched = "application/cloudevents-batch+json";

Request request_of(const std::string& type, const std::string& body, Headers headers = {}) {
  Request request;
  request.method = "POST";
  request.path = "/v1/events";
  if (!type.empty()) request.headers.emplace_back("content-type", type);
  for (auto& header : headers) request.headers.push_back(std::move(header));
  request.body = body;
  return request;
}

Headers binary_headers() {
  return {{"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-source", "test"}, {"ce-type", "a.v1"}};
}

std::string only_event(const Request& request) {
  const auto read = read_cloud_events(request);
  if (!read) return "refused: " + read.error().body;
  return read->events.size() == 1 ? view::to_json_text(read->events[0]) : "several";
}

TEST(CloudEvents, ReadsStructuredMode) {
  const std::string json =
      R"({"specversion":"1.0","id":"1","source":"s","type":"a.v1","data":{"n":1}})";
  EXPECT_EQ(only_event(request_of(structured, json)), json);
  EXPECT_EQ(only_event(request_of("Application/CloudEvents+JSON; charset=utf-8", json)), json);
}

TEST(CloudEvents, TakesNullAttributesAsUnset) {
  EXPECT_EQ(only_event(request_of(structured,
                                  R"({"specversion":"1.0","id":"1","source":"s","type":"a.v1",)"
                                  R"("subject":null,"data":{"n":null}})")),
            R"({"specversion":"1.0","id":"1","source":"s","type":"a.v1","data":{"n":null}})");
}

TEST(CloudEvents, ReadsBinaryMode) {
  Headers headers = binary_headers();
  headers.emplace_back("ce-correlationid", "R%2D1%20%E2%82%AC");
  EXPECT_EQ(only_event(request_of("application/json", R"({"n":1.5})", headers)),
            R"({"specversion":"1.0","id":"1","source":"test","type":"a.v1",)"
            "\"correlationid\":\"R-1 \xE2\x82\xAC\","
            R"("datacontenttype":"application/json","data":{"n":1.5}})");
  EXPECT_EQ(only_event(request_of("", "", binary_headers())),
            R"({"specversion":"1.0","id":"1","source":"test","type":"a.v1"})");
}

TEST(CloudEvents, ReadsBatches) {
  const auto read = read_cloud_events(
      request_of(batched, R"([{"specversion":"1.0","id":"1","source":"s","type":"a.v1"},)"
                          R"({"specversion":"1.0","id":"2","source":"s","type":"a.v1"}])"));
  ASSERT_TRUE(read) << read.error().body;
  ASSERT_EQ(read->events.size(), 2U);
  EXPECT_EQ(event::trusted_event(read->events[1]).id, "2");
  EXPECT_TRUE(read->is_batch);
}

struct Bad {
  const char* what;
  std::string type;
  std::string body;
  Headers headers;
  unsigned status;
  const char* said;
};

std::string event_with(const std::string& member) {
  return R"({"specversion":"1.0","id":"1","source":"s","type":"a.v1",)" + member + "}";
}

std::vector<Bad> bad_requests() {
  Headers no_id = binary_headers();
  no_id.erase(no_id.begin() + 1);
  Headers bad_escape = binary_headers();
  bad_escape.emplace_back("ce-subject", "50%");
  Headers twice = binary_headers();
  twice.emplace_back("ce-id", "2");
  return {
      {"no json", structured, "{", {}, 400, "expected JSON"},
      {"an array", structured, "[]", {}, 400, "expected an event as a JSON object"},
      {"no id", structured, R"({"specversion":"1.0","source":"s","type":"t"})", {}, 400, "'id'"},
      {"old version",
       structured,
       R"({"specversion":"0.3","id":"1","source":"s","type":"t"})",
       {},
       400,
       "specversion"},
      {"duplicate attribute", structured, event_with(R"("id":"2")"), {}, 400, "comes twice"},
      {"duplicate key", structured, event_with(R"("data":{"a":1,"a":2})"), {}, 400, "comes twice"},
      {"NaN", structured, event_with(R"("data":{"a":NaN})"), {}, 400, "expected JSON"},
      {"big integer",
       structured,
       event_with(R"("data":{"a":9007199254740993})"),
       {},
       400,
       "2^53-1"},
      {"huge integer", structured, event_with(R"("data":{"a":1e400})"), {}, 400, "expected JSON"},
      {"too deep",
       structured,
       event_with("\"data\":" + std::string(40, '[') + std::string(40, ']')),
       {},
       400,
       "levels"},
      {"too large",
       structured,
       event_with("\"data\":\"" + std::string(300'000, 'x') + "\""),
       {},
       400,
       "bytes"},
      {"base64", structured, event_with(R"("data_base64":"AA==")"), {}, 400, "data_base64"},
      {"xml",
       structured,
       event_with(R"("datacontenttype":"text/xml","data":"<a/>")"),
       {},
       400,
       "datacontenttype"},
      {"attribute name", structured, event_with(R"("my-name":"x")"), {}, 400, "my-name"},
      {"attribute map", structured, event_with(R"("ext":{"a":1})"), {}, 400, "scalar"},
      {"avro", "application/cloudevents+avro", "x", {}, 415, "cloudevents+json"},
      {"avro batch", "application/cloudevents-batch+avro", "x", {}, 415, "batch+json"},
      {"batch of one object", batched, "{}", {}, 400, "array"},
      {"empty batch", batched, "[]", {}, 400, "at least one"},
      {"bad in batch", batched, "[1]", {}, 400, "\"index\":0"},
      {"no headers", "application/json", "{}", {}, 400, "ce-specversion"},
      {"binary without id", "application/json", "{}", no_id, 400, "'id'"},
      {"binary xml", "text/xml", "<a/>", binary_headers(), 415, "text/xml"},
      {"binary no json", "application/json", "{", binary_headers(), 400, "in the body"},
      {"bad escape", "application/json", "{}", bad_escape, 400, "ce-subject"},
      {"header twice", "application/json", "{}", twice, 400, "comes twice"},
  };
}

TEST(CloudEvents, RefusesWithPlaceAndCause) {
  for (const Bad& bad : bad_requests()) {
    const auto read = read_cloud_events(request_of(bad.type, bad.body, bad.headers));
    ASSERT_FALSE(read) << bad.what;
    EXPECT_EQ(read.error().status, bad.status) << bad.what;
    EXPECT_EQ(read.error().content_type, "application/problem+json") << bad.what;
    EXPECT_NE(read.error().body.find(bad.said), std::string::npos)
        << bad.what << ": " << read.error().body;
  }
}

}  // namespace
}  // namespace perennial::admin
