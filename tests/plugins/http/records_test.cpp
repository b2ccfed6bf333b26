// The source: each kind of paging against a server, positions, starts, and where a list ends.
#include "tests/plugins/http/remote.hpp"

namespace perennial::tests {
namespace {

using R = sdk::SourceResult;

// Parameters of a request's query.
std::string parameter(const LoopbackServer::Request& request, const std::string& name) {
  return query_value("http://x" + line_of(request).substr(4), name);
}

Json config_with(const Json& source) {
  Json config = {{"calls", Json::array({{{"name", "list"}, {"path", "/items"}}})},
                 {"source", {{"call", "list"}, {"records", "/items"}}}};
  config["source"].update(source);
  return config;
}

Json paged(const Json& paging, const Json& more = Json::object()) {
  Json source = {{"paging", paging}};
  source.update(more);
  return config_with(source);
}

Json item(int number) {
  return {{"id", number},
          {"at", "2026-11-30T00:00:0" + std::to_string(number % 10) + "Z"},
          {"n", number}};
}

// The items `from` to `to`, both included.
Json items(int from, int to) {
  Json list = Json::array();
  for (int number = from; number <= to; ++number) list.push_back(item(number));
  return list;
}

struct Walk {
  std::vector<std::string> ids;
  std::vector<R> results;
  std::string cursor;
};

// Polls until the source has nothing more for now.
Walk walk(Remote& remote, std::string cursor = "", std::size_t records_max = 1000) {
  Walk walked;
  walked.cursor = std::move(cursor);
  do {
    SourceRecorder recorder(records_max);
    walked.results.push_back(remote.poll(recorder, walked.cursor));
    for (const Emitted& one : recorder.records()) walked.ids.push_back(one.id);
    if (!recorder.cursor().empty()) walked.cursor = recorder.cursor();
  } while (walked.results.back() == R::more && walked.results.size() < 50);
  return walked;
}

std::vector<std::string> ids(int from, int to) {
  std::vector<std::string> all;
  for (int number = from; number <= to; ++number) all.push_back(std::to_string(number));
  return all;
}

// Serves the items `1` to `count` by a first index and a size.
Answers numbered(int count, int size, const std::function<int(const std::string&)>& first_of,
                 const std::string& name) {
  return [=](const LoopbackServer::Request& request) {
    const int first = first_of(parameter(request, name));
    return json_answer(
        200, {{"items", items(first, std::min(first + size - 1, count))}, {"total", count}});
  };
}

TEST(HttpRecordsTest, OnePageIsOnePoll) {
  Remote remote(
      [](const auto&) {
        return json_answer(200, {{"items", items(1, 3)}});
      },
      config_with({{"version", "/n"}}));
  const Walk walked = walk(remote);
  EXPECT_EQ(walked.ids, (std::vector<std::string>{"1@1", "2@2", "3@3"}));
  EXPECT_EQ(walked.results, std::vector<R>{R::records});
  EXPECT_EQ(remote.lines()[0], "GET /api/items");
}

TEST(HttpRecordsTest, AnAnswerThatIsTheListItself) {
  Remote remote([](const auto&) { return json_answer(200, items(1, 2)); },
                config_with({{"records", ""}}));
  EXPECT_EQ(walk(remote).ids, ids(1, 2));
}

TEST(HttpRecordsTest, PagesEndWithAnEmptyOne) {
  Remote remote(numbered(
                    5, 2, [](const auto& page) { return std::stoi(page) * 2 - 1; }, "page"),
                paged({{"kind", "page"},
                       {"parameter", "page"},
                       {"size_parameter", "size"},
                       {"page_records", 2}}));
  EXPECT_EQ(walk(remote).ids, ids(1, 5));
  EXPECT_EQ(remote.requests().size(), 4u);
  EXPECT_EQ(parameter(remote.requests()[0], "page"), "1");
  EXPECT_EQ(parameter(remote.requests()[0], "size"), "2");
  EXPECT_EQ(parameter(remote.requests()[3], "page"), "4");
}

TEST(HttpRecordsTest, PagesEndWhereTheTotalSaysSo) {
  Remote remote(
      numbered(
          4, 2, [](const auto& page) { return std::stoi(page) * 2 + 1; }, "page"),
      paged({{"kind", "page"}, {"parameter", "page"}, {"first_number", 0}, {"total", "/total"}}));
  EXPECT_EQ(walk(remote).ids, ids(1, 4));
  EXPECT_EQ(remote.requests().size(), 2u);
}

TEST(HttpRecordsTest, OffsetsCountRecordsAndNotWhatWasAskedFor) {
  // The remote gives two although three are asked for.
  Remote remote(numbered(
                    5, 2, [](const auto& first) { return std::stoi(first); }, "startIndex"),
                paged({{"kind", "offset"},
                       {"parameter", "startIndex"},
                       {"first_number", 1},
                       {"size_parameter", "count"},
                       {"page_records", 3}}));
  EXPECT_EQ(walk(remote).ids, ids(1, 5));
  EXPECT_EQ(parameter(remote.requests()[1], "startIndex"), "3");
}

TEST(HttpRecordsTest, TokensLeadOn) {
  Remote remote(
      [](const LoopbackServer::Request& request) {
        const std::string token = parameter(request, "cursor");
        if (token.empty()) return json_answer(200, {{"items", items(1, 2)}, {"next", "a/b+"}});
        if (token == "a/b+") return json_answer(200, {{"items", Json::array()}, {"next", 17}});
        return json_answer(200, {{"items", items(3, 3)}, {"next", nullptr}});
      },
      paged({{"kind", "token"}, {"parameter", "cursor"}, {"at", "/next"}}));
  const Walk walked = walk(remote);
  EXPECT_EQ(walked.ids, ids(1, 3));
  EXPECT_EQ(parameter(remote.requests()[2], "cursor"), "17");
}

TEST(HttpRecordsTest, LinksOfTheHeaderLeadOn) {
  Remote* self = nullptr;
  Remote remote(
      [&](const LoopbackServer::Request& request) {
        const std::string page = parameter(request, "page");
        const std::string url = self->server().url() + "/api/items";
        if (page.empty()) {
          return json_answer(200, {{"items", items(1, 1)}},
                             "Link: <" + url + "?page=9>; rel=\"last\", <" + url +
                                 "?page=2>; title=\"a, b\"; rel=\"prefetch next\"\r\n");
        }
        if (page == "2") {
          return json_answer(200, {{"items", items(2, 2)}},
                             "Link: </api/items?page=3>; rel=next\r\n");
        }
        if (page == "3") {
          return json_answer(200, {{"items", items(3, 3)}}, "Link: <?page=4>; rel=\"next\"\r\n");
        }
        return json_answer(200, {{"items", items(4, 4)}}, "Link: <?page=1>; rel=\"first\"\r\n");
      },
      paged({{"kind", "link"}}));
  self = &remote;
  EXPECT_EQ(walk(remote).ids, ids(1, 4));
}

TEST(HttpRecordsTest, LinksOfTheBodyLeadOnAndKeepNoKey) {
  Json config = paged({{"kind", "link"}, {"at", "/links/next"}});
  config["auth"] = {{"kind", "api_key"}, {"name", "key"}, {"in", "query"}};
  Remote remote(
      [](const LoopbackServer::Request& request) {
        const bool is_first = parameter(request, "page").empty();
        Json answer = {{"items", is_first ? items(1, 1) : items(2, 2)}};
        if (is_first) answer["links"]["next"] = "items?key=secret-of-auth.key&page=2";
        return json_answer(200, answer);
      },
      config);
  SourceRecorder recorder;
  EXPECT_EQ(remote.poll(recorder), R::more);
  EXPECT_EQ(recorder.cursor().find("key="), std::string::npos) << recorder.cursor();
  EXPECT_EQ(walk(remote, recorder.cursor()).ids, ids(2, 2));
  EXPECT_EQ(remote.lines()[1], "GET /api/items?page=2&key=secret-of-auth.key");
}

TEST(HttpRecordsTest, AKeysetGoesOnFromTheLastRecordAndBetweenPolls) {
  Remote remote(
      [](const LoopbackServer::Request& request) {
        const std::string after = parameter(request, "after");
        const int first = after.empty() ? 1 : std::stoi(after) + 1;
        return json_answer(200, {{"items", items(first, std::min(first + 1, 5))}});
      },
      paged({{"kind", "keyset"}}, {{"position", {{"at", "/id"}, {"parameter", "after"}}}}));
  const Walk first = walk(remote);
  EXPECT_EQ(first.ids, ids(1, 5));
  EXPECT_EQ(first.results.back(), R::nothing);
  const Walk second = walk(remote, first.cursor);
  EXPECT_TRUE(second.ids.empty());
  EXPECT_EQ(parameter(remote.requests().back(), "after"), "5");
}

TEST(HttpRecordsTest, AnInclusiveKeysetEndsAtItsLastRecordAndAPageOfOneValueIsTold) {
  const auto inclusive = [](const LoopbackServer::Request& request) {
    const std::string from = parameter(request, "from");
    const int first = from.empty() ? 1 : std::stoi(from);
    return json_answer(200, {{"items", items(first, std::min(first + 1, 3))}});
  };
  const Json position = {{"position", {{"at", "/id"}, {"parameter", "from"}}}};
  Remote remote(inclusive, paged({{"kind", "keyset"}}, position));
  EXPECT_EQ(walk(remote).ids, (std::vector<std::string>{"1", "2", "2", "3", "3"}));
  Remote same(
      [](const auto&) {
        return json_answer(200, {{"items", {item(1), item(1)}}});
      },
      paged({{"kind", "keyset"}, {"size_parameter", "n"}, {"page_records", 2}}, position));
  const Walk walked = walk(same);
  EXPECT_EQ(walked.results.back(), R::rejected);
}

Json timed(const std::string& format, int overlap_s) {
  return {{"position",
           {{"at", format == "rfc3339" ? "/at" : "/n"},
            {"parameter", "since"},
            {"format", format},
            {"overlap_s", overlap_s}}}};
}

TEST(HttpRecordsTest, TheNextPollAsksFromTheHighestPositionBackByTheOverlap) {
  // The highest position is not the last one.
  const auto answer = [](const auto&) {
    return json_answer(200, {{"items", {item(4), item(7), item(5)}}});
  };
  Remote remote(answer, config_with(timed("rfc3339", 0)));
  const Walk first = walk(remote);
  EXPECT_EQ(parameter(remote.requests()[0], "since"), "");
  walk(remote, first.cursor);
  EXPECT_EQ(parameter(remote.requests()[1], "since"), "2026-11-30T00:00:07Z");
  Remote lagging(answer, config_with(timed("rfc3339", 5)));
  walk(lagging, walk(lagging).cursor);
  EXPECT_EQ(parameter(lagging.requests()[1], "since"), "2026-11-30T00:00:02.000Z");
  Remote counted(answer, config_with(timed("epoch_s", 2)));
  walk(counted, walk(counted).cursor);
  EXPECT_EQ(parameter(counted.requests()[1], "since"), "5");
}

TEST(HttpRecordsTest, AWalkKeepsItsPositionUntilItEnds) {
  Remote remote(
      [](const LoopbackServer::Request& request) {
        const int page = std::stoi(parameter(request, "page"));
        return json_answer(200, {{"items", page > 2 ? Json::array() : items(page, page)}});
      },
      paged({{"kind", "page"}, {"parameter", "page"}}, timed("rfc3339", 0)));
  const Walk first = walk(remote);
  for (const auto& request : remote.requests()) EXPECT_EQ(parameter(request, "since"), "");
  walk(remote, first.cursor);
  EXPECT_EQ(parameter(remote.requests().back(), "since"), "2026-11-30T00:00:02Z");
  EXPECT_EQ(parameter(remote.requests()[3], "page"), "1");
}

TEST(HttpRecordsTest, AStartIsATimeWhereThePositionIsOne) {
  const auto answer = [](const auto&) { return json_answer(200, {{"items", Json::array()}}); };
  const auto since = [&](const std::string& format, const std::string& start) {
    Remote remote(answer, config_with(timed(format, 0)));
    SourceRecorder recorder;
    EXPECT_EQ(remote.poll(recorder, "", start), R::nothing);
    return parameter(remote.requests()[0], "since");
  };
  EXPECT_EQ(since("rfc3339", "now"), "2026-11-30T00:53:20.000Z");
  EXPECT_EQ(since("epoch_ms", "now"), std::to_string(test_now_ms));
  EXPECT_EQ(since("epoch_s", "2026-01-01T00:00:00Z"), "1767225600");
  Remote remote(answer, config_with(Json::object()));
  SourceRecorder recorder;
  EXPECT_EQ(remote.poll(recorder, "", "now"), R::rejected);
  EXPECT_EQ(recorder.explained().code, "start_unusable");
  EXPECT_TRUE(remote.requests().empty());
  Remote timed_remote(answer, config_with(timed("rfc3339", 0)));
  SourceRecorder odd;
  EXPECT_EQ(timed_remote.poll(odd, "", "soon"), R::rejected);
  EXPECT_EQ(odd.explained().code, "start_unreadable");
}

TEST(HttpRecordsTest, APageBeyondTheLimitsIsGivenInParts) {
  Remote remote(
      [](const auto&) {
        return json_answer(200, {{"items", items(1, 5)}});
      },
      config_with(Json::object()));
  const Walk walked = walk(remote, "", 2);
  EXPECT_EQ(walked.ids, ids(1, 5));
  EXPECT_EQ(walked.results, (std::vector<R>{R::more, R::more, R::records}));
}

TEST(HttpRecordsTest, AListThatMovedMeanwhileIsReadAgainFromItsBegin) {
  int asked = 0;
  Remote remote(
      [&](const auto&) {
        return json_answer(200, {{"items", ++asked == 1 ? items(1, 3) : items(2, 4)}});
      },
      config_with(Json::object()));
  const Walk walked = walk(remote, "", 2);
  EXPECT_EQ(walked.ids, (std::vector<std::string>{"1", "2", "2", "3", "4"}));
}

TEST(HttpRecordsTest, ARecordWithoutIdentityIsGivenForTheMapToJudge) {
  Remote remote(
      [](const auto&) {
        return json_answer(200, {{"items", {{{"n", 1}}, 5}}});
      },
      config_with({{"version", "/n"}}));
  EXPECT_EQ(walk(remote).ids, (std::vector<std::string>{"", ""}));
}

TEST(HttpRecordsTest, RefusalsOfTheRemoteAreSaid) {
  Json config = config_with(Json::object());
  config["calls"][0]["answers"] =
      Json::array({{{"status", "410"}, {"outcome", "cursor_invalid"}, {"code", "expired"}}});
  const std::pair<int, R> cases[] = {
      {410, R::cursor_invalid}, {400, R::rejected},  {404, R::rejected},  {302, R::rejected},
      {401, R::unauthorized},   {429, R::throttled}, {500, R::try_again}, {503, R::try_again}};
  for (const auto& [status, result] : cases) {
    Remote remote([status = status](const auto&) { return json_answer(status, {}); }, config);
    SourceRecorder recorder;
    EXPECT_EQ(remote.poll(recorder), result) << status;
    EXPECT_TRUE(recorder.cursor().empty());
    if (status == 410) {
      EXPECT_EQ(recorder.explained().code, "expired");
    }
  }
}

TEST(HttpRecordsTest, ACursorThatCannotBeReadIsNeverASilentRestart) {
  Remote remote([](const auto&) { return json_answer(200, {}); }, config_with(Json::object()));
  for (const char* odd : {"x", "{}", R"({"v":2})", "[1]"}) {
    SourceRecorder recorder;
    EXPECT_EQ(remote.poll(recorder, odd), R::cursor_invalid) << odd;
  }
  EXPECT_TRUE(remote.requests().empty());
}

TEST(HttpRecordsTest, WithoutASourceThePollSaysSo) {
  Remote remote([](const auto&) { return json_answer(200, {}); },
                {{"calls", Json::array({{{"name", "list"}, {"path", "/items"}}})}});
  SourceRecorder recorder;
  EXPECT_EQ(remote.poll(recorder), R::rejected);
  EXPECT_EQ(recorder.explained().code, "source_missing");
}

}  // namespace
}  // namespace perennial::tests
