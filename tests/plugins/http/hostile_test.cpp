// Remotes that answer badly on purpose: nothing crashes, loops, leaks or is taken for success.
#include "tests/plugins/http/remote.hpp"

namespace perennial::tests {
namespace {

using K = sdk::OutcomeKind;
using R = sdk::SourceResult;

Json put_and_list(const Json& paging = {{"kind", "none"}}) {
  return {{"answer_bytes_max", 4096},
          {"calls", Json::array({{{"name", "put"},
                                  {"operation", "state"},
                                  {"method", "PUT"},
                                  {"path", "/things/{id}"},
                                  {"take", Json::array({{{"name", "id"}, {"at", "/id"}}})}},
                                 {{"name", "list"}, {"path", "/items"}}})},
          {"source",
           {{"call", "list"},
            {"records", "/items"},
            {"position", {{"at", "/id"}, {"parameter", "after"}}},
            {"paging", paging}}}};
}

const Json payload = {{"id", "7"}};

std::string code_of_poll(Remote& remote, R expected, const std::string& cursor = "") {
  SourceRecorder recorder;
  EXPECT_EQ(remote.poll(recorder, cursor), expected) << recorder.explained().code;
  EXPECT_TRUE(recorder.cursor().empty()) << recorder.cursor();
  return recorder.explained().code;
}

Answers raw(const std::string& bytes, bool stays_open = true) {
  return
      [=](const auto&) { return LoopbackServer::Answer{.bytes = bytes, .stays_open = stays_open}; };
}

TEST(HttpHostileTest, WhatIsNoJsonIsNoSuccess) {
  for (const std::string& body :
       {std::string("{\"items\":["), std::string("<html>Login</html>"), std::string("\xff\xfe"),
        std::string(3000, '['), std::string("{\"id\":NaN}"), std::string("nul")}) {
    Remote remote(raw(http_answer(200, body)), put_and_list());
    EXPECT_EQ(remote.execute("state", payload).kind, K::unknown) << body.substr(0, 20);
    EXPECT_EQ(code_of_poll(remote, R::try_again), "answer_unreadable") << body.substr(0, 20);
  }
}

TEST(HttpHostileTest, AnAnswerOfAnotherShapeIsAPersonsMatter) {
  for (const char* body : {"{}", "[]", "7", R"({"items":{}})", R"({"items":null})", ""}) {
    Remote remote(raw(http_answer(200, body)), put_and_list());
    EXPECT_EQ(code_of_poll(remote, R::rejected), "records_missing") << body;
    EXPECT_EQ(remote.execute("state", payload).code, "answer_incomplete") << body;
  }
}

TEST(HttpHostileTest, AHugeBodyIsNotRead) {
  Remote remote(raw(http_answer(200, std::string(100'000, 'x')), false), put_and_list());
  const sdk::Outcome outcome = remote.execute("state", payload);
  EXPECT_EQ(outcome.kind, K::unknown);
  EXPECT_EQ(outcome.code, "answer_too_large");
  EXPECT_EQ(code_of_poll(remote, R::try_again), "answer_too_large");
}

TEST(HttpHostileTest, ThousandsOfHeaderFieldsAreNotRead) {
  std::string fields;
  for (int number = 0; number < 1000; ++number) fields += "X-" + std::to_string(number) + ": y\r\n";
  Remote remote(raw(http_answer(200, "{}", fields), false), put_and_list());
  EXPECT_EQ(remote.execute("state", payload).code, "answer_too_large");
}

TEST(HttpHostileTest, ACutAnswerIsUnknown) {
  Remote remote(raw("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"id\":", false),
                put_and_list());
  EXPECT_EQ(remote.execute("state", payload).kind, K::unknown);
  EXPECT_EQ(code_of_poll(remote, R::try_again), "answer_cut_short");
}

TEST(HttpHostileTest, ARedirectIsNeverFollowed) {
  for (const int status : {301, 302, 303, 307, 308}) {
    Remote* self = nullptr;
    Remote remote(
        [&](const auto&) {
          return json_answer(status, {}, "Location: " + self->server().url() + "/elsewhere\r\n");
        },
        put_and_list());
    self = &remote;
    const sdk::Outcome outcome = remote.execute("state", payload);
    EXPECT_EQ(outcome.kind, status < 307 ? K::unknown : K::rejected) << status;
    EXPECT_NE(outcome.text.find("redirects, which is not followed"), std::string::npos);
    EXPECT_EQ(remote.requests().size(), 1u) << status;
  }
}

TEST(HttpHostileTest, ALinkToAnotherHostGetsNoCredentials) {
  for (const char* target :
       {"http://127.0.0.1:9/items", "https://evil.example/items?a=b", "//evil.example/items",
        "http://127.0.0.1.evil.example/", "ftp:x", "items\\..\\x", "items#x", "it ems"}) {
    Json config = put_and_list({{"kind", "link"}, {"at", "/next"}});
    config["auth"] = {{"kind", "bearer"}};
    Remote remote(
        [&](const auto&) {
          return json_answer(200, {{"items", Json::array()}, {"next", target}});
        },
        config);
    EXPECT_EQ(code_of_poll(remote, R::rejected), "link_elsewhere") << target;
    EXPECT_EQ(remote.requests().size(), 1u);
  }
}

TEST(HttpHostileTest, PagingWithoutAnEndEnds) {
  const auto endless = [](const auto&) {
    return json_answer(200, {{"items", {{{"id", 1}}}}, {"next", "same"}});
  };
  Remote token(endless, put_and_list({{"kind", "token"}, {"parameter", "t"}, {"at", "/next"}}));
  SourceRecorder first;
  ASSERT_EQ(token.poll(first), R::more);
  EXPECT_EQ(code_of_poll(token, R::rejected, first.cursor()), "paging_stuck");

  Remote pages(endless, put_and_list({{"kind", "page"}, {"parameter", "page"}, {"pages_max", 5}}));
  std::string cursor;
  for (int page = 0; page < 4; ++page) {
    SourceRecorder recorder;
    ASSERT_EQ(pages.poll(recorder, cursor), R::more) << page;
    cursor = recorder.cursor();
  }
  EXPECT_EQ(code_of_poll(pages, R::rejected, cursor), "paging_endless");
  EXPECT_EQ(pages.requests().size(), 5u);
}

TEST(HttpHostileTest, ATokenTooLongForACursorIsTold) {
  Remote remote(
      [](const auto&) {
        return json_answer(
            200, {{"items", Json::array()},
                  {"next", std::string(3900, 't') + "\n\n\n\n\n" + std::string(100, '"')}});
      },
      [] {
        Json config = put_and_list({{"kind", "token"}, {"parameter", "t"}, {"at", "/next"}});
        config["answer_bytes_max"] = 16'384;
        return config;
      }());
  EXPECT_EQ(code_of_poll(remote, R::rejected), "cursor_too_large");
}

TEST(HttpHostileTest, AKeysetOrTotalThatIsMissingIsTold) {
  const auto bare = [](const auto&) { return json_answer(200, {{"items", {{{"n", 1}}}}}); };
  Remote keyset(bare, put_and_list({{"kind", "keyset"}}));
  EXPECT_EQ(code_of_poll(keyset, R::rejected), "position_missing");
  Remote total(bare, put_and_list({{"kind", "offset"}, {"parameter", "o"}, {"total", "/total"}}));
  EXPECT_EQ(code_of_poll(total, R::rejected), "total_missing");
}

TEST(HttpHostileTest, SilenceIsUnknownWithinTheDeadline) {
  Json config = put_and_list();
  config["timeout_ms"] = 100;
  Remote remote(
      [](const auto&) { return LoopbackServer::Answer{.bytes = "", .waits_for_client = true}; },
      config);
  const sdk::Outcome outcome = remote.execute("state", payload);
  EXPECT_EQ(outcome.kind, K::unknown);
  EXPECT_EQ(outcome.code, "timeout");
}

TEST(HttpHostileTest, APayloadCannotLeadToAnotherResource) {
  Remote remote([](const auto&) { return json_answer(200, {{"id", 1}}); }, put_and_list());
  for (const char* id : {"..", ".", ""}) {
    EXPECT_EQ(remote.execute("state", {{"id", id}}).code, "field_unusable") << id;
  }
  EXPECT_TRUE(remote.requests().empty());
  EXPECT_EQ(remote.execute("state", {{"id", "../../admin?x=1"}}).kind, K::done);
  EXPECT_EQ(remote.lines()[0], "PUT /api/things/..%2F..%2Fadmin%3Fx%3D1");
}

}  // namespace
}  // namespace perennial::tests
