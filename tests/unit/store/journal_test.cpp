#include "runtime/store/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/memory_file_system.hpp"

namespace perennial::store {
namespace {

constexpr std::uint64_t small_segment = 64 * 1024;

struct Opened {
  std::unique_ptr<Journal> journal;
  std::vector<std::string> records;
  std::string torn;
};

class JournalTest : public testing::Test {
 protected:
  Result<Opened> open() {
    Opened opened;
    JournalOptions options;
    options.directory = "j";
    options.segment_bytes = small_segment;
    auto journal = Journal::open(
        disk, options, Random(++seed),
        [&](Position position, ByteView record) -> Status {
          EXPECT_EQ(position, opened.records.size() + 1);
          opened.records.emplace_back(record);
          return {};
        },
        opened.torn);
    if (!journal) return tl::unexpected(journal.error());
    opened.journal = std::move(*journal);
    return opened;
  }

  static Status append(Journal& journal, const std::vector<std::string>& records) {
    RecordBuffer buffer;
    buffer.first = journal.next();
    for (const std::string& record : records) append_record(buffer, record);
    return journal.append(buffer);
  }

  std::string last_segment() {
    std::string last;
    for (const auto& [path, content] : disk.files) {
      if (path.find("journal-") != std::string::npos) last = path;
    }
    return last;
  }

  test::MemoryFileSystem disk;
  std::uint64_t seed = 0;
};

TEST_F(JournalTest, GivesBackWhatWasAppendedAfterAPowerCut) {
  {
    auto opened = open();
    ASSERT_TRUE(opened) << opened.error().reason;
    ASSERT_TRUE(append(*opened->journal, {"one", "two"}));
    ASSERT_TRUE(append(*opened->journal, {"three"}));
  }

  disk.lose_unsynced();
  auto again = open();

  ASSERT_TRUE(again) << again.error().reason;
  EXPECT_EQ(again->records, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(again->journal->durable(), 3U);
  EXPECT_EQ(again->torn, "");
}

TEST_F(JournalTest, ContinuesInANewSegmentWhenOneIsFull) {
  const std::string large(10'000, 'x');
  {
    auto opened = open();
    for (int index = 0; index < 30; ++index) ASSERT_TRUE(append(*opened->journal, {large}));
  }

  auto again = open();

  ASSERT_TRUE(again) << again.error().reason;
  EXPECT_EQ(again->records.size(), 30U);
  EXPECT_TRUE(again->records.back() == large);
}

TEST_F(JournalTest, CutsATornTailAndSaysSo) {
  {
    auto opened = open();
    ASSERT_TRUE(append(*opened->journal, {"whole"}));
    ASSERT_TRUE(append(*opened->journal, {std::string(9'000, 'y')}));
  }
  Bytes& bytes = disk.files.at(last_segment())->current;
  bytes[3 * block_bytes] ^= 1;

  auto again = open();

  ASSERT_TRUE(again) << again.error().reason;
  EXPECT_EQ(again->records, std::vector<std::string>{"whole"});
  EXPECT_NE(again->torn, "");
  ASSERT_TRUE(append(*again->journal, {"after"}));
  again->journal.reset();
  auto third = open();
  EXPECT_EQ(third->records, (std::vector<std::string>{"whole", "after"}));
}

TEST_F(JournalTest, RefusesAHoleAndNamesThePosition) {
  {
    auto opened = open();
    for (const char* record : {"one", "two", "three"})
      ASSERT_TRUE(append(*opened->journal, {record}));
  }
  Bytes& bytes = disk.files.at(last_segment())->current;
  const Bytes before = bytes;
  bytes[2 * block_bytes + batch_header_bytes + 5] ^= 1;
  const Bytes damaged = bytes;

  auto again = open();

  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::corrupted);
  EXPECT_NE(again.error().reason.find("position 2"), std::string::npos) << again.error().reason;
  EXPECT_TRUE(disk.files.at(last_segment())->current == damaged)
      << "a refused journal must not be changed";
}

TEST_F(JournalTest, RefusesANewerFormat) {
  {
    auto opened = open();
    ASSERT_TRUE(append(*opened->journal, {"one"}));
  }
  SegmentHeader header;
  header.version = format_version + 1;
  header.first = 1;
  disk.files.at(last_segment())->current.replace(0, block_bytes, encode_segment_header(header));

  auto again = open();

  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::unsupported);
  EXPECT_NE(again.error().reason.find("newer perennial"), std::string::npos)
      << again.error().reason;
}

TEST_F(JournalTest, RefusesAppendsAfterAFailedSync) {
  auto opened = open();
  ASSERT_TRUE(append(*opened->journal, {"one"}));
  disk.fails_sync = true;
  ASSERT_FALSE(append(*opened->journal, {"two"}));
  disk.fails_sync = false;

  const auto status = append(*opened->journal, {"three"});

  ASSERT_FALSE(status);
  EXPECT_EQ(opened->journal->durable(), 1U);
}

TEST_F(JournalTest, LosesItsReserveOnAFullDiskButStillWritesTheOpenSegment) {
  disk.space_left = small_segment;
  auto opened = open();
  ASSERT_TRUE(opened);
  disk.space_left = 1;
  const std::string large(20'000, 'x');
  ASSERT_TRUE(append(*opened->journal, {large}));
  ASSERT_TRUE(append(*opened->journal, {large}));

  while (append(*opened->journal, {large})) {
    ASSERT_LT(opened->journal->durable(), 10U) << "the disk has no room for that";
  }

  EXPECT_FALSE(opened->journal->has_reserve());
}

TEST_F(JournalTest, RefusesTheJournalOfAnotherPartition) {
  {
    auto opened = open();
    ASSERT_TRUE(append(*opened->journal, {"one"}));
  }
  JournalOptions options;
  options.directory = "j";
  options.partition = 1;
  options.segment_bytes = small_segment;
  std::string torn;

  auto other = Journal::open(
      disk, options, Random(9), [](Position, ByteView) { return Status{}; }, torn);

  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::conflict);
}

TEST_F(JournalTest, SyncsTheNamesOfItsFolderAndItsSegmentsBeforeAnythingIsAcknowledged) {
  ASSERT_TRUE(open());
  disk.synced_directories.clear();

  const auto again = open();

  ASSERT_TRUE(again);
  EXPECT_THAT(disk.synced_directories, testing::IsSupersetOf({".", "j"}));
}

}  // namespace
}  // namespace perennial::store
