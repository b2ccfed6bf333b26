// What people read: states of renewals, their story, ids of other systems, pages.
#include "runtime/view/view.hpp"

#include "tests/unit/view/support.hpp"

namespace perennial::test {
namespace {

using pipeline::Idempotency;
constexpr std::uint32_t done = 1;
constexpr std::uint32_t rejected = 3;
constexpr std::uint32_t pending = 8;

class ViewTest : public ::testing::Test {
 protected:
  ViewTest() : one(folder, 0, make_graph(Idempotency::natural)) {
    one.driver.join("erp");
    one.driver.join("access");
  }

  // The view of what has been decided so far.
  view::View& look() {
    one.flush();
    view_.reset();
    const auto status = view::Projector::project(path_, {one.feed()});
    EXPECT_TRUE(status) << status.error().reason;
    view_ = std::move(*view::View::open(path_));
    return *view_;
  }
  void event(const std::string& id, const std::string& correlation,
             const std::string& type = "a.v1") {
    one.driver.events({make_event(id, type, correlation)});
  }

  Folder folder;
  JournaledPartition one;

 private:
  const std::string path_ = folder.at("view.sqlite");
  std::unique_ptr<view::View> view_;
};

TEST_F(ViewTest, DerivesTheStateOfARenewal) {
  event("1", "R-1");
  EXPECT_EQ(look().renewal("R-1")->renewal.state, "running");
  one.settle("erp", rejected, {}, {}, "no");
  EXPECT_EQ(look().renewal("R-1")->renewal.state, "blocked");
  const Position exception = one.driver.only_exception()->id;
  one.driver.give(pipeline::Command{1, pipeline::CommandVerb::resolve, exception, {}, "b", "gone"});
  // The join still waits for its second event.
  EXPECT_EQ(look().renewal("R-1")->renewal.state, "waiting");
  event("2", "R-1", "b.v1");
  EXPECT_EQ(look().renewal("R-1")->renewal.state, "running");
  one.settle("access", done, "entitlement", "e-1");
  const auto story = look().renewal("R-1");
  ASSERT_TRUE(story);
  EXPECT_EQ(story->renewal.state, "settled");
  EXPECT_EQ(story->renewal.events, 2U);
  EXPECT_EQ(story->renewal.deliveries, 2U);
  EXPECT_EQ(story->renewal.exceptions, 1U);
  EXPECT_EQ(story->renewal.exceptions_open, 0U);
}

TEST_F(ViewTest, TellsTheStoryWithReceipts) {
  event("1", "R-1");
  one.settle("erp", done, "order", "4711");
  const auto story = look().renewal("R-1");
  ASSERT_TRUE(story);
  ASSERT_EQ(story->timeline.size(), 2U);
  EXPECT_EQ(story->timeline[0].kind, "event.accepted");
  EXPECT_EQ(story->timeline[0].text, "a.v1");
  EXPECT_EQ(story->timeline[1].kind, "delivery.done");
  EXPECT_EQ(story->timeline[1].connector, "erp");
  EXPECT_EQ(story->timeline[1].operation, "create_order");
  EXPECT_EQ(story->timeline[1].text, "done: order 4711");
  ASSERT_EQ(story->deliveries.size(), 1U);
  EXPECT_EQ(story->deliveries[0].status, "done");
  EXPECT_EQ(story->deliveries[0].attempts, 1U);
  EXPECT_EQ(story->deliveries[0].receipt, R"({"order":"4711"})");
}

TEST_F(ViewTest, FindsARenewalByAnyOfItsIds) {
  event("evt-1", "R-1");
  const std::string key = one.driver.key(one.driver.dispatches.front());
  one.settle("erp", rejected);
  event("evt-2", "R-2");
  one.settle("erp", done, "order", "4711");
  view::View& view = look();
  EXPECT_EQ(view.resolve("R-2").value(), "R-2");
  EXPECT_EQ(view.resolve("4711").value(), "R-2");
  EXPECT_EQ(view.resolve("evt-1").value(), "R-1");
  EXPECT_EQ(view.resolve(key).value(), "R-1");
  EXPECT_EQ(view.resolve("X0-" + std::to_string(one.driver.only_exception()->id)).value(), "R-1");
}

TEST_F(ViewTest, RefusesAnIdThatSeveralRenewalsBear) {
  event("1", "R-1");
  event("2", "R-2");
  one.settle("erp", done, "batch", "77");
  one.settle("erp", done, "batch", "77");
  const auto found = look().resolve("77");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::conflict);
  EXPECT_NE(found.error().reason.find("R-1, R-2"), std::string::npos) << found.error().reason;
  const auto missing = look().resolve("78");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::not_found);
}

TEST_F(ViewTest, FollowsAnExceptionFromOpenToClosed) {
  event("1", "R-1");
  one.settle("erp", rejected, {}, {}, "no such customer");
  const Position id = one.driver.only_exception()->id;
  const std::string name = view::exception_id(0, id);
  auto row = look().exception(name);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->state, "open");
  EXPECT_EQ(row->owner, "finance-operations");
  EXPECT_EQ(row->cause, "rejected");
  EXPECT_EQ(row->text, "no such customer");
  one.driver.give(pipeline::Command{1, pipeline::CommandVerb::retry, id, {}, "anna", "fixed"});
  EXPECT_EQ(look().exception(name)->state, "trial");
  EXPECT_TRUE(look().exceptions({.state = "open"})->empty());
  one.settle("erp", rejected, {}, {}, "still none");
  row = look().exception(name);
  EXPECT_EQ(row->state, "open");
  EXPECT_EQ(row->count, 2U);
  EXPECT_EQ(row->text, "still none");
  one.driver.give(pipeline::Command{2, pipeline::CommandVerb::retry, id, {}, "anna", "again"});
  one.settle("erp", done, "order", "1");
  row = look().exception(name);
  EXPECT_EQ(row->state, "closed");
  EXPECT_EQ(row->closed_how, "succeeded");
  EXPECT_NE(row->closed, 0);
  EXPECT_EQ(look().exceptions({.state = "closed", .owner = "finance-operations"})->size(), 1U);
  EXPECT_TRUE(look().exceptions({.owner = "legal"})->empty());
}

TEST_F(ViewTest, ShowsABodyThatIsNoEvent) {
  one.driver.events({Bytes("\xc1 no msgpack \xff", 14)});
  const auto rows = look().exceptions({.state = "open"});
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().cause, "malformed_event");
  EXPECT_NE(rows->front().body.find("undecodable_bytes"), std::string::npos) << rows->front().body;
}

TEST_F(ViewTest, PagesTheTimelineWithoutGapOrRepeat) {
  for (int index = 1; index <= 25; ++index) {
    event(std::to_string(index), "R-" + std::to_string(index));
  }
  view::View& view = look();
  std::vector<Position> seen;
  std::string after;
  for (int page = 0; page < 10; ++page) {
    const auto rows = view.timeline(after, 10);
    ASSERT_TRUE(rows);
    for (const auto& row : rows->rows) seen.push_back(row.position);
    after = rows->next;
  }
  EXPECT_EQ(seen.size(), 25U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
  event("26", "R-26");
  const auto more = look().timeline(after, 10);
  ASSERT_EQ(more->rows.size(), 1U);
  EXPECT_EQ(more->rows[0].correlation, "R-26");
}

TEST_F(ViewTest, RefusesACursorThatIsNone) {
  view::View& view = look();
  for (const char* cursor : {"x", "0", "0-", "0-1_", "0-1x", "-1-1", "0-99999999999999999999999"}) {
    const auto page = view.timeline(cursor, 10);
    const bool is_refused = !page && page.error().code == Code::invalid;
    EXPECT_TRUE(is_refused || std::string(cursor) == "0-1_") << cursor;
  }
}

TEST_F(ViewTest, PagesRenewals) {
  for (int index = 1; index <= 7; ++index) {
    event(std::to_string(index), "R-" + std::to_string(index));
  }
  view::View& view = look();
  const auto first = view.renewals({.limit = 5});
  ASSERT_EQ(first->rows.size(), 5U);
  EXPECT_EQ(first->next, "R-5");
  const auto second = view.renewals({.cursor = first->next, .limit = 5});
  ASSERT_EQ(second->rows.size(), 2U);
  EXPECT_EQ(second->next, "");
  EXPECT_TRUE(view.renewals({.state = "settled"})->rows.empty());
}

TEST_F(ViewTest, KnowsConnectorsAndTheirFlow) {
  one.driver.give(pipeline::Command{1, pipeline::CommandVerb::drain, 0, "erp", "anna", "upgrade"});
  const auto rows = look().connectors();
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].name, "access");
  EXPECT_EQ((*rows)[0].flow, "running");
  EXPECT_EQ((*rows)[1].name, "erp");
  EXPECT_EQ((*rows)[1].flow, "draining");
  EXPECT_NE((*rows)[1].epoch, 0U);
}

TEST_F(ViewTest, ShowsAPendingDelivery) {
  event("1", "R-1");
  one.settle("erp", pending);
  const auto story = look().renewal("R-1");
  ASSERT_EQ(story->deliveries.size(), 1U);
  EXPECT_EQ(story->deliveries[0].status, "pending");
  EXPECT_EQ(story->renewal.deliveries_open, 1U);
}

}  // namespace
}  // namespace perennial::test
