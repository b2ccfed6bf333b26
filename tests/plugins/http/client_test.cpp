// Operations: how requests are made of payloads, what answers mean, and what a lookup tells.
#include "tests/plugins/http/remote.hpp"

namespace perennial::tests {
namespace {

using K = sdk::OutcomeKind;
using L = sdk::LookupKind;
using plugins::common::Phase;
namespace http = plugins::http;

// A connector over a scripted transport.
class HttpClientTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(transport_.is_used_up()); }

  void configure(const Json& calls) {
    auto config = http::read_config(config_value({{"base_url", "https://in-house.example/api"},
                                                  {"auth", {{"kind", "none"}}},
                                                  {"request_bytes_max", 300},
                                                  {"calls", calls}}));
    ASSERT_TRUE(config) << config.error();
    config_ = std::move(*config);
    caller_ = std::make_unique<http::Caller>(config_, no_secrets(), transport_);
    client_ = std::make_unique<http::Client>(config_, *caller_);
  }
  sdk::Outcome execute(const std::string& operation, const Json& payload) {
    return client_->execute(operation, Case(payload).request());
  }
  sdk::LookupAnswer find(const std::string& operation, const Json& payload) {
    return client_->find(operation, Case(payload).request());
  }

  ScriptedTransport transport_;
  http::Config config_;
  std::unique_ptr<http::Caller> caller_;
  std::unique_ptr<http::Client> client_;
};

Json put_call(const Json& more = Json::object()) {
  Json call = {
      {"name", "put"}, {"operation", "state"}, {"method", "PUT"}, {"path", "/things/{id}"}};
  call.update(more);
  return Json::array({call});
}

const Json thing = {{"id", "7"}, {"colour", "red"}};

TEST_F(HttpClientTest, ARequestIsMadeOfThePayload) {
  configure(put_call({{"query", Json::array({{{"name", "$for"}, {"value", "{colour} & {key}"}}})},
                      {"headers", Json::array({{{"name", "X-Colour"}, {"value", "{colour}"}}})},
                      {"key_header", "Idempotency-Key"},
                      {"key_field", "/meta/request"}}));
  transport_.answer(201, R"({"id":"7"})");
  EXPECT_EQ(execute("state", thing).kind, K::done);
  const auto& request = transport_.request(0);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.url, "https://in-house.example/api/things/7?$for=red%20%26%20key-1");
  EXPECT_EQ(request.headers.find("x-colour"), "red");
  EXPECT_EQ(request.headers.find("idempotency-key"), "key-1");
  EXPECT_EQ(request.headers.find("content-type"), "application/json");
  EXPECT_EQ(request.headers.find("accept"), "application/json");
  EXPECT_EQ(Json::parse(request.body),
            Json({{"id", "7"}, {"colour", "red"}, {"meta", {{"request", "key-1"}}}}));
}

TEST_F(HttpClientTest, APartOfThePayloadIsSentAsAFormOrNotAtAll) {
  configure(put_call({{"body", "/form"}, {"body_form", "form"}}));
  transport_.answer(204);
  EXPECT_EQ(execute("state", {{"id", "7"}, {"form", {{"a", {{"b", 1}}}}}}).kind, K::done);
  EXPECT_EQ(transport_.request(0).body, "a%5Bb%5D=1");
  EXPECT_EQ(transport_.request(0).headers.find("content-type"),
            "application/x-www-form-urlencoded");
  configure(put_call({{"body", "none"}, {"method", "DELETE"}}));
  transport_.answer(204);
  execute("state", thing);
  EXPECT_EQ(transport_.request(1).method, "DELETE");
  EXPECT_EQ(transport_.request(1).body, "");
}

TEST_F(HttpClientTest, WhatCannotBeMadeIsRejectedUnsent) {
  configure(put_call({{"query", Json::array({{{"name", "q"}, {"value", "{colour}"}}})},
                      {"headers", Json::array({{{"name", "H"}, {"value", "{head}"}}})},
                      {"body", "/body"},
                      {"key_field", "/a/b"}}));
  Json payload = {{"id", "7"}, {"colour", "red"}, {"head", "h"}, {"body", {{"a", {{"c", 1}}}}}};
  const auto code_without = [&](const std::string& field, const Json& value = nullptr) {
    Json odd = payload;
    odd[field] = value;
    const sdk::Outcome outcome = execute("state", odd);
    EXPECT_EQ(outcome.kind, K::rejected) << field;
    return outcome.code;
  };
  EXPECT_EQ(code_without("id"), "field_unusable");
  EXPECT_EQ(code_without("id", ".."), "field_unusable");
  EXPECT_EQ(code_without("id", Json::array()), "field_unusable");
  EXPECT_EQ(code_without("colour", ""), "field_unusable");
  EXPECT_EQ(code_without("head", "a\nb"), "field_unusable");
  EXPECT_EQ(code_without("body"), "body_missing");
  EXPECT_EQ(code_without("body", {{"a", "text"}}), "key_unplaced");
  EXPECT_EQ(code_without("body", {{"long", std::string(400, 'x')}}), "request_too_large");
}

TEST_F(HttpClientTest, AnOptionalPairIsLeftOut) {
  configure(put_call(
      {{"query", Json::array({{{"name", "q"}, {"value", "{q}"}, {"optional", true}}})},
       {"headers", Json::array({{{"name", "H"}, {"value", "{h}"}, {"optional", true}}})}}));
  transport_.answer(200).answer(200);
  execute("state", thing);
  EXPECT_EQ(transport_.request(0).url, "https://in-house.example/api/things/7");
  EXPECT_FALSE(transport_.request(0).headers.find("h"));
  execute("state", {{"id", "7"}, {"q", 1}, {"h", "x"}});
  EXPECT_EQ(transport_.request(1).url, "https://in-house.example/api/things/7?q=1");
}

TEST_F(HttpClientTest, StatusesThatNoRowListsCannotCauseASecondEffect) {
  configure(put_call());
  const std::pair<int, K> cases[] = {
      {200, K::done},      {202, K::done},     {204, K::done},         {301, K::unknown},
      {303, K::unknown},   {307, K::rejected}, {400, K::rejected},     {401, K::unauthorized},
      {403, K::rejected},  {404, K::rejected}, {407, K::unauthorized}, {408, K::try_again},
      {409, K::rejected},  {412, K::rejected}, {423, K::try_again},    {425, K::try_again},
      {429, K::throttled}, {500, K::unknown},  {501, K::unknown},      {502, K::unknown},
      {503, K::unknown},   {504, K::unknown},  {599, K::unknown}};
  for (const auto& [status, kind] : cases) {
    transport_.answer(status);
    EXPECT_EQ(execute("state", thing).kind, kind) << status;
  }
}

TEST_F(HttpClientTest, TheUsualMeaningOfAReadIsNeverUnknown) {
  configure(put_call({{"operation", "read"}, {"method", "GET"}}));
  for (const int status : {500, 502, 503, 504}) {
    transport_.answer(status);
    EXPECT_EQ(execute("read", thing).kind, K::try_again) << status;
  }
  transport_.fail(Phase::maybe_sent).answer(200, "<html>");
  EXPECT_EQ(execute("read", thing).kind, K::try_again);
  EXPECT_EQ(execute("read", thing).kind, K::done);
}

TEST_F(HttpClientTest, EveryLossIsJudgedByItsPhase) {
  configure(put_call());
  for (const Loss& loss : losses) {
    transport_.fail(loss.phase, loss.code);
    EXPECT_EQ(execute("state", thing).kind, loss.kind) << loss.code;
  }
}

TEST_F(HttpClientTest, TheFirstRowThatFitsDecides) {
  configure(put_call(
      {{"answers",
        Json::array(
            {{{"status", "409"},
              {"at", "/code"},
              {"is", "equal"},
              {"to", "SAME-{id}"},
              {"outcome", "already_done"}},
             {{"status", "409,412"}, {"outcome", "try_again"}, {"code", "changed_meanwhile"}},
             {{"status", "500-599"},
              {"at", "/applied"},
              {"is", "equal"},
              {"to", "false"},
              {"outcome", "try_again"}},
             {{"at", "/level"}, {"is", "above"}, {"to", "9"}, {"outcome", "rejected"}},
             {{"at", "/level"}, {"is", "below"}, {"to", "-1"}, {"outcome", "throttled"}},
             {{"at", "/error"}, {"is", "present"}, {"outcome", "rejected"}},
             {{"at", "/colour"},
              {"is", "different"},
              {"to", "{colour}"},
              {"outcome", "unknown"}}})},
       {"error_code_at", "/error/code"},
       {"error_text_at", "/error/text"}}));
  const auto outcome = [&](int status, const std::string& body) {
    transport_.answer(status, body);
    return execute("state", thing);
  };
  EXPECT_EQ(outcome(409, R"({"code":"SAME-7"})").kind, K::already_done);
  EXPECT_EQ(outcome(409, R"({"code":"SAME-8"})").code, "changed_meanwhile");
  EXPECT_EQ(outcome(412, "").kind, K::try_again);
  EXPECT_EQ(outcome(503, R"({"applied":false})").kind, K::try_again);
  EXPECT_EQ(outcome(503, R"({"applied":true})").kind, K::unknown);
  EXPECT_EQ(outcome(503, "<html>").kind, K::unknown);
  EXPECT_EQ(outcome(200, R"({"level":10})").kind, K::rejected);  // 10 > 9, although "10" < "9"
  EXPECT_EQ(outcome(200, R"({"level":9})").kind, K::done);
  EXPECT_EQ(outcome(200, R"({"level":-2})").kind, K::throttled);
  EXPECT_EQ(outcome(200, R"({"colour":"blue"})").kind, K::unknown);
  EXPECT_EQ(outcome(200, R"({"colour":"red"})").kind, K::done);
  const sdk::Outcome said = outcome(200, R"({"error":{"code":"E7","text":"no such colour"}})");
  EXPECT_EQ(said.kind, K::rejected);
  EXPECT_EQ(said.code, "E7");
  EXPECT_EQ(said.text, "no such colour");
}

TEST_F(HttpClientTest, TheRemotesWaitIsPassedOn) {
  configure(put_call({{"answers", Json::array({{{"status", "503"}, {"outcome", "try_again"}}})}}));
  transport_.answer(429, "", {{"Retry-After", "7"}}).answer(503, "", {{"Retry-After", "3"}});
  EXPECT_EQ(execute("state", thing).after_ms, 7000);
  EXPECT_EQ(execute("state", thing).after_ms, 3000);
}

TEST_F(HttpClientTest, TheReceiptIsWhatTheCallTakes) {
  configure(put_call(
      {{"take", Json::array({{{"name", "thing"}, {"at", "/data/id"}},
                             {{"name", "asked"}, {"value", "{id}-{colour}"}},
                             {{"name", "link"}, {"at", "/links/self"}, {"optional", true}}})}}));
  transport_.answer(200, R"({"data":{"id":70}})");
  const sdk::Outcome outcome = execute("state", thing);
  ASSERT_EQ(outcome.kind, K::done);
  EXPECT_EQ(json_of(outcome.receipt), Json({{"thing", 70}, {"asked", "7-red"}}));
  EXPECT_EQ(json_of(outcome.body),
            Json({{"answer", {{"data", {{"id", 70}}}}}, {"found", Json::object()}}));
}

TEST_F(HttpClientTest, ASuccessWithoutWhatItMustHaveIsUnknown) {
  configure(put_call({{"take", Json::array({{{"name", "thing"}, {"at", "/id"}}})}}));
  for (const char* body : {"", "{}", R"({"id":null})", "[]"}) {
    transport_.answer(200, body);
    const sdk::Outcome outcome = execute("state", thing);
    EXPECT_EQ(outcome.kind, K::unknown) << body;
    EXPECT_EQ(outcome.code, "answer_incomplete") << body;
  }
  for (const char* body : {"{\"id\":", "<html>", "\xff"}) {
    transport_.answer(200, body);
    EXPECT_EQ(execute("state", thing).code, "answer_unreadable") << body;
  }
  transport_.answer(200, Json({{"id", std::string(9000, 'x')}}).dump());
  EXPECT_EQ(execute("state", thing).code, "receipt_too_large");
}

TEST_F(HttpClientTest, AnAnswerTooLongForTheBoundaryIsLeftOut) {
  configure(put_call({{"take", Json::array({{{"name", "thing"}, {"at", "/id"}}})}}));
  transport_.answer(200, Json({{"id", 1}, {"long", std::string(1'100'000, 'x')}}).dump());
  const sdk::Outcome outcome = execute("state", thing);
  EXPECT_EQ(outcome.kind, K::done);
  EXPECT_EQ(json_of(outcome.body)["answer"], nullptr);
}

TEST_F(HttpClientTest, ThePayloadPicksAmongSeveralCallsOfAnOperation) {
  Json calls = put_call();
  calls.push_back(
      {{"name", "drop"}, {"operation", "state"}, {"method", "DELETE"}, {"path", "/things/{id}"}});
  configure(calls);
  transport_.answer(204);
  EXPECT_EQ(execute("state", {{"call", "drop"}, {"id", "7"}}).kind, K::done);
  EXPECT_EQ(transport_.request(0).method, "DELETE");
  for (const Json& odd : {thing, Json{{"call", "lost"}, {"id", "7"}}}) {
    const sdk::Outcome outcome = execute("state", odd);
    EXPECT_EQ(outcome.code, "call_unknown");
    EXPECT_NE(outcome.text.find("put, drop"), std::string::npos);
  }
  EXPECT_EQ(execute("send", thing).code, "call_unknown");
}

// A call that reads before it writes.
Json two_steps() {
  Json calls = put_call(
      {{"path", "/things/{found.id}"},
       {"first", "search"},
       {"headers",
        Json::array({{{"name", "If-Match"}, {"value", "{found.version}"}, {"optional", true}}})},
       {"take", Json::array({{{"name", "id"}, {"value", "{found.id}"}}})}});
  calls.push_back(
      {{"name", "search"},
       {"path", "/things"},
       {"query", Json::array({{{"name", "code"}, {"value", "{id}"}}})},
       {"count", "/things"},
       {"answers", Json::array({{{"at", "/things/0/colour"},
                                 {"is", "equal"},
                                 {"to", "{colour}"},
                                 {"outcome", "already_done"}}})},
       {"take", Json::array({{{"name", "id"}, {"at", "/things/0/id"}},
                             {{"name", "version"}, {"at", "/things/0/v"}, {"optional", true}}})}});
  return calls;
}

TEST_F(HttpClientTest, AReadBeforeTheWriteFillsIt) {
  configure(two_steps());
  transport_.answer(200, R"({"things":[{"id":"x9","v":"3","colour":"blue"}]})").answer(204);
  const sdk::Outcome outcome = execute("state", thing);
  EXPECT_EQ(outcome.kind, K::done);
  EXPECT_EQ(json_of(outcome.receipt), Json({{"id", "x9"}}));
  EXPECT_EQ(json_of(outcome.body)["found"], Json({{"id", "x9"}, {"version", "3"}}));
  EXPECT_EQ(query_value(transport_.request(0).url, "code"), "7");
  EXPECT_EQ(transport_.request(1).url, "https://in-house.example/api/things/x9");
  EXPECT_EQ(transport_.request(1).headers.find("if-match"), "3");
}

TEST_F(HttpClientTest, TheReadCanEndTheDelivery) {
  configure(two_steps());
  transport_.answer(200, R"({"things":[{"id":"x9","colour":"red"}]})");
  const sdk::Outcome same = execute("state", thing);
  EXPECT_EQ(same.kind, K::already_done);
  EXPECT_EQ(json_of(same.receipt), Json({{"id", "x9"}}));
  transport_.answer(200, R"({"things":[]})");
  transport_.answer(200, R"({"things":[{"id":"x9","colour":"red"},{"id":"y","colour":"red"}]})");
  EXPECT_EQ(execute("state", thing).code, "none_found");
  EXPECT_EQ(execute("state", thing).code, "several_found");
  transport_.answer(200, R"({"things":{}})").answer(200, R"({"things":[{"colour":"blue"}]})");
  EXPECT_EQ(execute("state", thing).kind, K::try_again);
  EXPECT_EQ(execute("state", thing).kind, K::try_again);
  transport_.answer(500).answer(200, "{").answer(404).fail(Phase::maybe_sent);
  const K kinds[] = {K::try_again, K::try_again, K::rejected, K::try_again};
  for (const K kind : kinds) EXPECT_EQ(execute("state", thing).kind, kind);
}

// An operation that is looked up.
Json looked_up(const Json& lookup) {
  Json ask = {{"name", "ask"},
              {"path", "/things"},
              {"query", Json::array({{{"name", "request"}, {"value", "{key}"}}})}};
  ask.update(lookup);
  return Json::array({{{"name", "make"},
                       {"operation", "create"},
                       {"method", "POST"},
                       {"path", "/things"},
                       {"lookup", "ask"}},
                      ask});
}

TEST_F(HttpClientTest, ALookupTellsByStatus) {
  configure(looked_up({{"answers", Json::array({{{"status", "404"}, {"outcome", "absent"}},
                                                {{"status", "202"}, {"outcome", "in_progress"}},
                                                {{"status", "300"}, {"outcome", "several"}}})},
                       {"take", Json::array({{{"name", "id"}, {"at", "/id"}}})}}));
  transport_.answer(200, R"({"id":"7"})");
  const sdk::LookupAnswer done = find("create", thing);
  EXPECT_EQ(done.kind, L::done);
  EXPECT_EQ(done.matches, 1u);
  EXPECT_EQ(json_of(done.receipt), Json({{"id", "7"}}));
  EXPECT_EQ(json_of(done.body)["answer"]["id"], "7");
  EXPECT_EQ(query_value(transport_.request(0).url, "request"), "key-1");
  transport_.answer(404).answer(202).answer(300);
  EXPECT_EQ(find("create", thing).kind, L::absent);
  EXPECT_EQ(find("create", thing).kind, L::in_progress);
  EXPECT_EQ(find("create", thing).kind, L::several);
}

TEST_F(HttpClientTest, AbsenceIsNeverConcludedFromWhatNoRowLists) {
  configure(looked_up({{"take", Json::array({{{"name", "id"}, {"at", "/id"}}})}}));
  transport_.answer(404).answer(410).answer(500).answer(200, "<html>").answer(200, "{}");
  transport_.answer(302).answer(429, "", {{"Retry-After", "4"}}).fail(Phase::surely_not_sent);
  for (int round = 0; round < 6; ++round) EXPECT_EQ(find("create", thing).kind, L::cannot_tell);
  EXPECT_EQ(find("create", thing).after_ms, 4000);
  EXPECT_EQ(find("create", thing).kind, L::cannot_tell);
}

TEST_F(HttpClientTest, ALookupTellsByCount) {
  for (const bool is_list : {false, true}) {
    configure(looked_up({{"count", "/found"}}));
    const auto answer = [&](int count) {
      transport_.answer(
          200, Json({{"found", is_list ? Json(Json::array_t(count)) : Json(count)}}).dump());
      return find("create", thing);
    };
    EXPECT_EQ(answer(0).kind, L::absent);
    EXPECT_EQ(answer(1).kind, L::done);
    const sdk::LookupAnswer several = answer(2);
    EXPECT_EQ(several.kind, L::several);
    EXPECT_EQ(several.matches, 2u);
  }
  configure(looked_up(
      {{"count", "/found"},
       {"answers",
        Json::array({{{"status", "202"}, {"outcome", "in_progress"}},
                     {{"at", "/for"}, {"is", "equal"}, {"to", "{id}"}, {"outcome", "done"}},
                     {{"outcome", "absent"}}})}}));
  // How many there are decides before the rows; one is judged by them.
  transport_.answer(200, R"({"found":2,"for":"7"})").answer(200, R"({"found":1,"for":"8"})");
  transport_.answer(200, R"({"found":1,"for":"7"})").answer(202, "{}");
  const L kinds[] = {L::several, L::absent, L::done, L::in_progress};
  for (const L kind : kinds) EXPECT_EQ(find("create", thing).kind, kind);
  configure(looked_up({{"count", "/found"}}));
  transport_.answer(200, "{}").answer(200, R"({"found":"many"})").answer(200, R"({"found":-1})");
  for (int round = 0; round < 3; ++round) EXPECT_EQ(find("create", thing).code, "count_missing");
}

TEST_F(HttpClientTest, ACallWithoutALookupCannotTell) {
  configure(put_call());
  EXPECT_EQ(find("state", thing).code, "lookup_missing");
  EXPECT_EQ(find("send", thing).code, "call_unknown");
}

TEST_F(HttpClientTest, HealthIsOneCall) {
  Json calls = put_call();
  configure(calls);
  HealthRecorder unnamed;
  sdk::HealthReply unnamed_reply(unnamed.reply());
  client_->check(plugins::common::Deadline(1000), test_now_ms, unnamed_reply);
  EXPECT_EQ(unnamed.errors(), 0u);
  calls.push_back({{"name", "ping"}, {"path", "/ping"}});
  configure(calls);
  config_.health = config_.find("ping");
  transport_.answer(200, "pong").answer(500).fail(Phase::surely_not_sent).answer(401);
  for (const std::size_t errors : {0u, 1u, 1u, 1u}) {
    HealthRecorder recorder;
    sdk::HealthReply reply(recorder.reply());
    client_->check(plugins::common::Deadline(1000), test_now_ms, reply);
    EXPECT_EQ(recorder.errors(), errors);
  }
}

}  // namespace
}  // namespace perennial::tests
