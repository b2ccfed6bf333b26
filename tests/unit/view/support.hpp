// Partitions whose records go to real journals in a temporary folder.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runtime/store/journal.hpp"
#include "runtime/view/database.hpp"
#include "runtime/view/projector.hpp"
#include "runtime/view/view.hpp"
#include "tests/support/partition_driver.hpp"

namespace perennial::test {

inline constexpr auto patience = std::chrono::seconds(20);

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "perennial-view-XXXXXX");
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string at(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A driven partition and its journal; flush() makes what was decided durable.
class JournaledPartition {
 public:
  JournaledPartition(const Folder& folder, std::uint32_t number, pipeline::Graph graph)
      : driver(std::move(graph)),
        directory(folder.at("journal-" + std::to_string(number))),
        number_(number) {
    std::filesystem::create_directories(directory);
    store::JournalOptions options;
    options.directory = directory;
    options.partition = number;
    options.durability = store::Durability::os;
    options.segment_bytes = 256 * 1024;
    std::string torn;
    auto opened = store::Journal::open(
        file_system_, options, Random(number + 1), [](Position, ByteView) { return Status{}; },
        torn);
    if (!opened) throw std::runtime_error(opened.error().reason);
    journal_ = std::move(*opened);
  }

  void flush() {
    store::RecordBuffer buffer;
    buffer.first = journal_->next();
    while (written_ < driver.journal.size()) {
      store::append_record(buffer, driver.journal[written_++]);
    }
    if (buffer.count == 0) return;
    const auto status = journal_->append(buffer);
    ASSERT_TRUE(status) << status.error().reason;
  }

  [[nodiscard]] Position durable() const { return journal_->durable(); }
  [[nodiscard]] view::Feed feed() {
    return {number_, directory, [this] { return journal_->durable(); }};
  }

  // Answers the oldest dispatch with that outcome, a receipt {name: value} and a text.
  void settle(const std::string& connector, std::uint32_t kind, const std::string& name = {},
              const std::string& value = {}, const std::string& text = {}) {
    const pipeline::DispatchOutput dispatch = driver.take_dispatch();
    Bytes receipt;
    if (!name.empty()) event::Packer(receipt).map(1).text(name).text(value);
    wire::OutcomeEntry entry;
    entry.delivery = dispatch.delivery;
    entry.verb = dispatch.verb;
    const auto* delivery = driver.partition->state().delivery(dispatch.delivery);
    entry.attempt = delivery == nullptr ? 1 : delivery->attempt;
    entry.kind = kind;
    entry.receipt = receipt;
    entry.text = text;
    wire::Outcomes frame;
    frame.entries.push_back(entry);
    driver.give(pipeline::OutcomesArrived{connector, driver.epoch[connector], &frame});
  }

  PartitionDriver driver;
  const std::string directory;

 private:
  const std::uint32_t number_;
  store::PosixFileSystem file_system_;
  std::unique_ptr<store::Journal> journal_;
  std::size_t written_ = 0;
};

// Every row of every table that is not about the run itself, one line a row, sorted.
inline std::vector<std::string> all_rows(const std::string& path) {
  view::Database database(path);
  const std::pair<const char*, std::size_t> tables[] = {
      {"applied", 2}, {"events", 12},   {"deliveries", 20}, {"timeline", 9},   {"exceptions", 20},
      {"joins", 5},   {"renewals", 10}, {"xref", 4},        {"connectors", 8}, {"cursors", 5}};
  std::vector<std::string> rows;
  for (const auto& [table, columns] : tables) {
    database.select(std::string("SELECT * FROM ") + table, {}, columns, [&](const view::Row& row) {
      std::string line = table;
      for (const std::string& column : row.columns) line += "|" + column;
      rows.push_back(line);
    });
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace perennial::test
