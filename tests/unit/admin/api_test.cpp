// The routes of the API over real HTTP.
#include "runtime/admin/api.hpp"

#include "tests/unit/admin/support.hpp"

namespace perennial::test {
namespace {

class ApiTest : public ApiFixture {
 protected:
  void connect(const std::string& connector, bool is_connected) {
    const std::lock_guard lock(hosts_mutex);
    host::HostState state;
    state.connector = connector;
    state.is_running = true;
    state.is_connected = is_connected;
    hosts.push_back(state);
  }
  // An event that a join needs a correlation id for: an exception without a delivery.
  std::string open_exception() {
    EXPECT_EQ(send(event("lost", "")).status, 202U);
    const Json list = get("/v1/exceptions?state=open").body["exceptions"];
    EXPECT_EQ(list.size(), 1U) << list.dump();
    return list.empty() ? std::string() : list[0]["id"].get<std::string>();
  }
};

TEST_F(ApiTest, IsAliveAndReadyWithoutAToken) {
  EXPECT_EQ(call("GET", "/live", "").status, 200U);
  Answer answer = call("GET", "/ready", "");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.body["ready"], false);
  EXPECT_EQ(answer.body["reasons"].size(), 2U) << answer.text;
  connect("access", true);
  connect("erp", false);
  answer = call("GET", "/ready", "");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_NE(answer.body["detail"].get<std::string>().find("erp"), std::string::npos);
  {
    const std::lock_guard lock(hosts_mutex);
    hosts[1].is_connected = true;
  }
  answer = call("GET", "/ready", "");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body["ready"], true);
}

TEST_F(ApiTest, TellsItsStatus) {
  ASSERT_EQ(send(event("1", "R-1")).status, 202U);
  const Json status = get("/status").body;
  EXPECT_EQ(status["schema_version"], 1);
  EXPECT_EQ(status["revision"], "r1");
  EXPECT_EQ(status["ready"], false);
  EXPECT_EQ(status["events_accepted"], 1);
  // Scheduled, at the head of its lane: it can go as soon as a host comes.
  EXPECT_EQ(status["deliveries_open"], 1);
  EXPECT_EQ(status["deliveries_moving"], 1);
  EXPECT_EQ(status["exceptions_open"], 0);
  EXPECT_EQ(status["partitions"].size(), 2U);
  ASSERT_EQ(status["connectors"].size(), 2U);
  EXPECT_EQ(status["connectors"][1]["connector"], "erp");
  EXPECT_EQ(status["connectors"][1]["flow"], "running");
}

TEST_F(ApiTest, CountsOnlyTheHeadOfALaneAsMoving) {
  ASSERT_EQ(send(Json::array({event("1", "R-1"), event("2", "R-1"), event("3", "R-1")})).status,
            202U);
  const Json status = get("/status").body;
  EXPECT_EQ(status["deliveries_open"], 3);
  EXPECT_EQ(status["deliveries_moving"], 1);
}

TEST_F(ApiTest, ReadsItsOwnWrites) {
  for (int index = 0; index < 20; ++index) {
    const std::string id = "R-" + std::to_string(index);
    ASSERT_EQ(send(event(id, id)).status, 202U);
    const Answer renewal = get("/v1/renewals/" + id);
    ASSERT_EQ(renewal.status, 200U) << renewal.text;
    EXPECT_EQ(renewal.body["renewal"]["state"], "running");
    EXPECT_EQ(renewal.body["timeline"][0]["kind"], "event.accepted");
    EXPECT_EQ(renewal.body["deliveries"][0]["status"], "scheduled");
  }
}

TEST_F(ApiTest, PagesTheTimelineOfAllPartitions) {
  Json batch = Json::array();
  for (int index = 0; index < 30; ++index) {
    batch.push_back(event(std::to_string(index), "R-" + std::to_string(index)));
  }
  ASSERT_EQ(send(batch).status, 202U);
  std::vector<std::string> seen;
  std::string after;
  for (int page = 0; page < 5; ++page) {
    const Json body = get("/v1/timeline?limit=10&after=" + after).body;
    for (const Json& row : body["timeline"]) seen.push_back(row["correlation"]);
    after = body["next"];
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
  EXPECT_EQ(seen.size(), 30U);
  EXPECT_EQ(get("/v1/timeline?after=nonsense").status, 400U);
  EXPECT_EQ(get("/v1/timeline?limit=0").status, 400U);
  EXPECT_EQ(get("/v1/timeline?limit=1001").status, 400U);
  EXPECT_EQ(get("/v1/timeline?limit=ten").status, 400U);
  EXPECT_EQ(get("/v1/timeline?bogus=1").status, 400U);
}

TEST_F(ApiTest, ResolvesAnExceptionWithAReason) {
  const std::string id = open_exception();
  const Answer shown = get("/v1/exceptions/" + id);
  ASSERT_EQ(shown.status, 200U) << shown.text;
  EXPECT_EQ(shown.body["exception"]["cause"], "no_correlation");
  EXPECT_EQ(shown.body["exception"]["owner"], "operations");
  EXPECT_EQ(shown.body["exception"]["body"]["id"], "lost");
  EXPECT_EQ(post("/v1/exceptions/" + id + "/retry", {{"why", "x"}}).status, 409U);
  EXPECT_EQ(post("/v1/exceptions/" + id + "/resolve", Json::object()).status, 400U);
  EXPECT_EQ(post("/v1/exceptions/" + id + "/resolve", {{"why", 1}}).status, 400U);
  EXPECT_EQ(post("/v1/exceptions/" + id + "/resolve", {{"y", "x"}}).status, 400U);
  EXPECT_EQ(call("POST", "/v1/exceptions/" + id + "/resolve", "view", "{}").status, 403U);
  EXPECT_EQ(post("/v1/exceptions/" + id + "/resolve", {{"why", "sent again"}}).status, 200U);
  EXPECT_EQ(post("/v1/exceptions/" + id + "/resolve", {{"why", "sent again"}}).status, 404U);
  EXPECT_TRUE(get("/v1/exceptions?state=open").body["exceptions"].empty());
  const Json closed = get("/v1/exceptions?state=closed").body["exceptions"];
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0]["closed"]["how"], "resolved");
  EXPECT_EQ(closed[0]["closed"]["by"], "operator");
  EXPECT_EQ(closed[0]["closed"]["why"], "sent again");
}

TEST_F(ApiTest, FiltersExceptions) {
  (void)open_exception();
  const auto count = [&](const std::string& query) {
    return get("/v1/exceptions?" + query).body["exceptions"].size();
  };
  EXPECT_EQ(count("state=open&owner=operations"), 1U);
  EXPECT_EQ(count("state=open&owner=legal"), 0U);
  EXPECT_EQ(count("cause=no_correlation"), 1U);
  EXPECT_EQ(count("state=open&connector=erp"), 0U);
  EXPECT_EQ(count("state=trial"), 0U);
  EXPECT_EQ(get("/v1/exceptions?state=ajar").status, 400U);
  EXPECT_EQ(get("/v1/exceptions?state=open&limit=-1").status, 400U);
}

TEST_F(ApiTest, KnowsNoExceptionByAWrongId) {
  for (const char* id : {"X0-999", "X9-1", "X0", "0-1", "X0-1x", "nonsense"}) {
    const std::string path = std::string("/v1/exceptions/") + id;
    EXPECT_EQ(get(path).status, 404U) << id;
    EXPECT_EQ(post(path + "/retry", {{"why", "x"}}).status, 404U) << id;
  }
}

TEST_F(ApiTest, StopsAndStartsAConnectorInAllPartitions) {
  EXPECT_EQ(post("/v1/connectors/erp/pause", {{"why", "maintenance"}}).status, 200U);
  EXPECT_EQ(get("/v1/connectors").body["connectors"][1]["flow"], "paused");
  EXPECT_EQ(post("/v1/connectors/erp/drain", Json::object()).status, 200U);
  EXPECT_EQ(get("/v1/connectors").body["connectors"][1]["flow"], "draining");
  EXPECT_EQ(call("POST", "/v1/connectors/erp/resume", "operate").status, 200U);
  EXPECT_EQ(get("/v1/connectors").body["connectors"][1]["flow"], "running");
  EXPECT_EQ(post("/v1/connectors/nobody/pause", Json::object()).status, 404U);
  EXPECT_EQ(call("POST", "/v1/connectors/erp/pause", "view").status, 403U);
}

TEST_F(ApiTest, SaysThatAConnectorDoesNotRun) {
  EXPECT_EQ(get("/v1/connectors/erp/check").status, 503U);
  EXPECT_EQ(get("/v1/connectors/nobody/check").status, 404U);
  const Answer hook = call("POST", "/webhooks/erp/events?a=b&c", "", "{}");
  EXPECT_EQ(hook.status, 503U);
  EXPECT_NE(hook.text.find("repeat the request"), std::string::npos);
  EXPECT_EQ(call("POST", "/webhooks/nobody/events", "", "{}").status, 404U);
  EXPECT_EQ(call("POST", "/webhooks/erp/events", "", std::string(2 * 1024 * 1024, 'x')).status,
            413U);
}

TEST_F(ApiTest, GivesMetrics) {
  ASSERT_EQ(send(event("1", "R-1")).status, 202U);
  (void)open_exception();
  connect("erp", true);
  const Answer answer = get("/metrics");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {"# TYPE perennial_events_received_total counter",
        "perennial_exceptions_open{partition=", "owner=\"operations\",cause=\"no_correlation\"} 1",
        "perennial_connector_connected{connector=\"erp\"} 1", "perennial_journal_position{",
        "status=\"scheduled\"} "}) {
    EXPECT_NE(answer.text.find(line), std::string::npos) << line << "\n" << answer.text;
  }
}

TEST_F(ApiTest, SaysWhatItDoesNotKnow) {
  EXPECT_EQ(get("/v1/renewals/R-404").status, 404U);
  EXPECT_EQ(get("/v1/events/404").status, 404U);
  EXPECT_EQ(get("/v1/renewals?state=lost").status, 400U);
  EXPECT_EQ(get("/nowhere").status, 404U);
  EXPECT_EQ(get("/nowhere").body["code"], "no_route");
  EXPECT_EQ(call("DELETE", "/v1/renewals", "operate").status, 405U);
}

TEST_F(ApiTest, ShowsPositions) {
  ASSERT_EQ(send(event("1", "R-1")).status, 202U);
  const Json rows = get("/v1/journal").body["partitions"];
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["partition"], 0);
  EXPECT_GE(rows[0]["position"], rows[0]["durable"]);
}

}  // namespace
}  // namespace perennial::test
