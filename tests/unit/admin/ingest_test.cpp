// Events over HTTP: what is answered, and that it is durable by then.
#include "runtime/admin/ingest.hpp"

#include "runtime/store/journal_reader.hpp"
#include "tests/unit/admin/support.hpp"

namespace perennial::test {
namespace {

class IngestTest : public ApiFixture {
 protected:
  // Ids of all events that the journals hold, in whatever order.
  std::vector<std::string> journaled() {
    std::vector<std::string> ids;
    for (std::uint32_t index = 0; index < partition_count; ++index) {
      auto reader = store::JournalReader::open(file_system, journal(index)).value();
      while (auto batch = reader->next().value()) {
        const auto records = store::split_records(batch->body, batch->header.records).value();
        for (ByteView record : records) {
          const auto stamped = state::decode(record).value();
          if (const auto* one = std::get_if<state::EventAccepted>(&stamped.record)) {
            ids.emplace_back(event::trusted_event(one->event).id);
          }
        }
      }
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }
};

TEST_F(IngestTest, AnswersWhenTheJournalHasTheEvent) {
  const Answer answer = send(event("1", "R-1"));
  EXPECT_EQ(answer.status, 202U) << answer.text;
  EXPECT_EQ(journaled(), std::vector<std::string>{"1"});
  EXPECT_EQ(answer.body["events"], Json::parse(R"([{"id":"1","verdict":"accepted"}])"));
}

TEST_F(IngestTest, TakesTheSameEventOnce) {
  EXPECT_EQ(send(event("1", "R-1")).status, 202U);
  const Answer again = send(event("1", "R-1"));
  EXPECT_EQ(again.status, 200U);
  EXPECT_EQ(again.body["events"][0]["verdict"], "duplicate");
  EXPECT_EQ(journaled().size(), 1U);
}

TEST_F(IngestTest, SplitsABatchOverPartitionsAndKeepsItsOrder) {
  Json batch = Json::array();
  std::vector<std::string> ids;
  for (int index = 10; index < 60; ++index) {
    ids.push_back(std::to_string(index));
    batch.push_back(event(ids.back(), "R-" + ids.back()));
  }
  const Answer answer = send(batch);
  ASSERT_EQ(answer.status, 202U) << answer.text;
  ASSERT_EQ(answer.body["events"].size(), ids.size());
  for (std::size_t index = 0; index < ids.size(); ++index) {
    EXPECT_EQ(answer.body["events"][index]["id"], ids[index]);
  }
  EXPECT_EQ(journaled(), ids);
  EXPECT_GT(partitions[0]->durable(), 1U);
  EXPECT_GT(partitions[1]->durable(), 1U);
}

TEST_F(IngestTest, TakesBinaryMode) {
  const Answer answer = call("POST", "/v1/events", "operate", R"({"n":2})",
                             {{"Content-Type", "application/json"},
                              {"ce-specversion", "1.0"},
                              {"ce-id", "7"},
                              {"ce-source", "test"},
                              {"ce-type", "b.v1"},
                              {"ce-correlationid", "R-7"}});
  EXPECT_EQ(answer.status, 202U) << answer.text;
  EXPECT_EQ(get("/v1/events/7").body["events"][0]["event"]["data"]["n"], 2);
}

TEST_F(IngestTest, RefusesWhatBreaksItsSchema) {
  const Answer answer = send(event("1", "R-1", "b.v1", {{"n", "one"}}));
  EXPECT_EQ(answer.status, 422U);
  EXPECT_EQ(answer.content_type, "application/problem+json");
  EXPECT_EQ(answer.body["code"], "refused_event");
  EXPECT_NE(answer.body["detail"].get<std::string>().find("/data/n"), std::string::npos)
      << answer.text;
  EXPECT_TRUE(journaled().empty());
}

TEST_F(IngestTest, RefusesATypeWithoutSchema) {
  const Answer answer = send(event("1", "R-1", "unheard.of.v1"));
  EXPECT_EQ(answer.status, 422U);
  EXPECT_NE(answer.text.find("schema directory"), std::string::npos) << answer.text;
}

TEST_F(IngestTest, TellsEachEventOfABatchWhichIsWhich) {
  const Answer answer = send(
      Json::array({event("1", "R-1"), event("2", "R-2", "b.v1", {{"m", 1}}), event("3", "R-3")}));
  EXPECT_EQ(answer.status, 422U);
  ASSERT_EQ(answer.body["events"].size(), 3U);
  EXPECT_EQ(answer.body["events"][0]["verdict"], "accepted");
  EXPECT_EQ(answer.body["events"][1]["verdict"], "refused");
  EXPECT_FALSE(answer.body["events"][1]["reason"].get<std::string>().empty());
  EXPECT_EQ(answer.body["events"][2]["verdict"], "accepted");
  EXPECT_EQ(journaled(), (std::vector<std::string>{"1", "3"}));
}

TEST_F(IngestTest, TakesNothingOfABatchWithAMalformedEvent) {
  Json broken = event("2", "R-2");
  broken.erase("source");
  const Answer answer = send(Json::array({event("1", "R-1"), broken}));
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(answer.body["events"][0]["index"], 1);
  EXPECT_TRUE(journaled().empty());
}

TEST_F(IngestTest, NeedsAnOperatorAndRoom) {
  const std::string body = event("1", "R-1").dump();
  const admin::Headers json = {{"Content-Type", "application/cloudevents+json"}};
  EXPECT_EQ(call("POST", "/v1/events", "", body, json).status, 401U);
  EXPECT_EQ(call("POST", "/v1/events", "wrong", body, json).status, 401U);
  EXPECT_EQ(call("POST", "/v1/events", "view", body, json).status, 403U);
  EXPECT_EQ(call("POST", "/v1/events", "operate", std::string(9 * 1024 * 1024, ' '), json).status,
            413U);
  EXPECT_EQ(call("POST", "/v1/events", "operate", body, {{"Content-Type", "text/plain"}}).status,
            400U);
  EXPECT_TRUE(journaled().empty());
}

}  // namespace
}  // namespace perennial::test
