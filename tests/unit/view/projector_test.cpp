// The view follows the journals, and whatever happened to it, it ends at the same rows.
#include "runtime/view/projector.hpp"

#include <fstream>

#include "tests/unit/view/support.hpp"

namespace perennial::test {
namespace {

using pipeline::Idempotency;
constexpr std::uint32_t done = 1;
constexpr std::uint32_t rejected = 3;
constexpr std::uint32_t try_again = 4;
constexpr std::uint32_t unknown = 9;

class ProjectorTest : public ::testing::Test {
 protected:
  // Events, retries, a lookup, an exception with a failed and a good trial, a join, flows.
  void play_first_half(JournaledPartition& one) {
    one.driver.join("erp");
    one.driver.join("access");
    one.driver.events({make_event("1", "a.v1", "R-1"), make_event("2", "a.v1", "R-2")});
    one.settle("erp", try_again);
    one.settle("erp", done, "order", "4711");
    one.driver.pass(120'000);
    one.settle("erp", rejected, {}, {}, "no such customer");
    one.flush();
  }
  void play_second_half(JournaledPartition& one) {
    const Position exception = one.driver.only_exception()->id;
    one.driver.give(pipeline::Command{1, pipeline::CommandVerb::retry, exception, {}, "anna", "x"});
    one.settle("erp", rejected, {}, {}, "still no such customer");
    one.driver.give(pipeline::Command{2, pipeline::CommandVerb::retry, exception, {}, "anna", "y"});
    one.settle("erp", unknown);
    one.driver.pass(120'000);
    one.settle("erp", done, "order", "4712");
    one.driver.events({make_event("3", "b.v1", "R-1")});
    one.settle("access", done, "entitlement", "e-9");
    one.driver.give(
        pipeline::Command{3, pipeline::CommandVerb::pause, 0, "erp", "anna", "maintenance"});
    one.flush();
  }
  static pipeline::Graph graph() { return make_graph(Idempotency::lookup); }

  void expect_rebuilt_equals(const std::string& followed, JournaledPartition& one) {
    const std::string fresh = folder.at("fresh.sqlite");
    const auto status = view::Projector::project(fresh, {one.feed()});
    ASSERT_TRUE(status) << status.error().reason;
    const auto rows = all_rows(followed);
    EXPECT_EQ(rows, all_rows(fresh));
    EXPECT_GT(rows.size(), 15U);
    std::filesystem::remove(fresh);
  }

  Folder folder;
  const std::string path = folder.at("view.sqlite");
};

TEST_F(ProjectorTest, FollowsWhatBecomesDurableAndEqualsOneBuiltFromZero) {
  JournaledPartition one(folder, 0, graph());
  auto projector = view::Projector::start(path, {one.feed()});
  ASSERT_TRUE(projector) << projector.error().reason;
  play_first_half(one);
  ASSERT_TRUE((*projector)->wait_until(0, one.durable(), patience));
  play_second_half(one);
  ASSERT_TRUE((*projector)->wait_until(0, one.durable(), patience));
  EXPECT_EQ((*projector)->applied(0), one.durable());
  EXPECT_FALSE((*projector)->failure());
  expect_rebuilt_equals(path, one);
}

TEST_F(ProjectorTest, GoesOnWhereItStopped) {
  JournaledPartition one(folder, 0, graph());
  play_first_half(one);
  ASSERT_TRUE(view::Projector::project(path, {one.feed()}));
  play_second_half(one);
  ASSERT_TRUE(view::Projector::project(path, {one.feed()}));
  expect_rebuilt_equals(path, one);
}

TEST_F(ProjectorTest, DoesNotReadBeyondWhatIsDurable) {
  JournaledPartition one(folder, 0, graph());
  play_first_half(one);
  const Position half = one.durable();
  play_second_half(one);
  view::Feed feed = one.feed();
  feed.durable = [half] { return half; };
  ASSERT_TRUE(view::Projector::project(path, {feed}));
  const auto view = view::View::open(path);
  ASSERT_TRUE(view);
  EXPECT_EQ((*view)->applied()->front().position, half);
}

TEST_F(ProjectorTest, RebuildsAFileThatIsNoDatabase) {
  std::ofstream(path) << std::string(10'000, 'x');
  JournaledPartition one(folder, 0, graph());
  play_first_half(one);
  ASSERT_TRUE(view::Projector::project(path, {one.feed()}));
  expect_rebuilt_equals(path, one);
}

TEST_F(ProjectorTest, RebuildsAViewOfAnotherVersion) {
  JournaledPartition one(folder, 0, graph());
  play_first_half(one);
  ASSERT_TRUE(view::Projector::project(path, {one.feed()}));
  {
    view::Database database(path);
    database.run("UPDATE meta SET value = '0' WHERE name = 'tables'", {});
    database.run("DELETE FROM events", {});
  }
  ASSERT_TRUE(view::Projector::project(path, {one.feed()}));
  expect_rebuilt_equals(path, one);
}

TEST_F(ProjectorTest, RebuildsAViewThatAPowerCutMayHaveTorn) {
  JournaledPartition one(folder, 0, graph());
  play_first_half(one);
  ASSERT_TRUE(view::Projector::project(path, {one.feed()}));
  {
    view::Database database(path);
    database.run("UPDATE meta SET value = '0' WHERE name = 'is_clean'", {});
    database.run("UPDATE meta SET value = 'another start of the machine' WHERE name = 'boot'", {});
    database.run("DELETE FROM events", {});
  }
  ASSERT_TRUE(view::Projector::project(path, {one.feed()}));
  expect_rebuilt_equals(path, one);
}

TEST_F(ProjectorTest, RebuildsAViewThatIsAheadOfARestoredJournal) {
  JournaledPartition one(folder, 0, graph());
  play_first_half(one);
  play_second_half(one);
  ASSERT_TRUE(view::Projector::project(path, {one.feed()}));
  JournaledPartition restored(folder, 1, graph());
  play_first_half(restored);
  view::Feed feed = restored.feed();
  feed.partition = 0;
  ASSERT_TRUE(view::Projector::project(path, {feed}));
  const auto view = view::View::open(path);
  ASSERT_TRUE(view);
  EXPECT_EQ((*view)->applied()->front().position, restored.durable());
}

TEST_F(ProjectorTest, LooksFromACopyAndLeavesTheOriginalAlone) {
  JournaledPartition one(folder, 0, graph());
  play_first_half(one);
  ASSERT_TRUE(view::Projector::project(path, {one.feed()}));
  const auto before = all_rows(path);
  play_second_half(one);
  const std::string copy = folder.at("copy.sqlite");
  const auto status = view::Projector::look(path, copy, {one.directory});
  ASSERT_TRUE(status) << status.error().reason;
  expect_rebuilt_equals(copy, one);
  EXPECT_EQ(all_rows(path), before);
}

TEST_F(ProjectorTest, LooksAtAPartitionThatNobodyOpenedYet) {
  const std::string copy = folder.at("copy.sqlite");
  ASSERT_TRUE(view::Projector::look(path, copy, {folder.at("no-journal")}));
  const auto view = view::View::open(copy);
  ASSERT_TRUE(view);
  EXPECT_TRUE((*view)->renewals({})->rows.empty());
}

TEST_F(ProjectorTest, TellsAHoleInTheJournal) {
  JournaledPartition one(folder, 0, graph());
  play_first_half(one);
  play_second_half(one);
  std::string segment;
  for (const auto& file : std::filesystem::directory_iterator(one.directory)) {
    if (store::segment_first(file.path().filename())) segment = file.path();
  }
  std::fstream bytes(segment, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(store::block_bytes + 60);
  bytes << "damage";
  bytes.close();
  const auto status = view::Projector::project(path, {one.feed()});
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().reason.find("hole"), std::string::npos) << status.error().reason;
}

TEST_F(ProjectorTest, ReadsSeveralPartitions) {
  JournaledPartition first(folder, 0, graph());
  JournaledPartition second(folder, 1, graph());
  play_first_half(first);
  second.driver.join("erp");
  second.driver.events({make_event("7", "a.v1", "R-7")});
  second.flush();
  ASSERT_TRUE(view::Projector::project(path, {first.feed(), second.feed()}));
  const auto view = view::View::open(path);
  ASSERT_TRUE(view);
  EXPECT_EQ((*view)->renewals({})->rows.size(), 3U);
}

}  // namespace
}  // namespace perennial::test
