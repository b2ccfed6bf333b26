// The append-only truth of one partition: batches of records in preallocated segments.
//
// Place:   written by pipeline/committer only; read at start through the replay callback.
// Thread:  append() belongs to one thread; durable() and has_reserve() may be asked from any.
// Owns:    its segment files; borrows the FileSystem, which must outlive it.
// Errors:  after a failed write or sync the journal refuses every later append, because what
// reached the disk is
//          unknown: reopen it. Code::exhausted = no room for another segment.
// Limits:  limits::batch_bytes_max a batch, limits::segment_bytes a segment.
// Format:  docs/journal-format.md
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/base/clock.hpp"
#include "runtime/store/batch.hpp"
#include "runtime/store/file_system.hpp"
#include "runtime/store/journal_reader.hpp"

namespace perennial::store {

enum class Durability { fsync, os };

// Where the next segment is prepared: on a thread beside the writer, or by the writer itself, which
// is slower and leaves nothing to chance.
enum class Spare { beside, in_line };

struct JournalOptions {
  std::string directory;
  std::uint32_t partition = 0;
  Durability durability = Durability::fsync;
  std::uint64_t segment_bytes = 0;  // 0 = limits::segment_bytes
  Spare spare = Spare::beside;
};

// Called for every record, in order.
using Replay = std::function<Status(Position position, ByteView record)>;

class Journal {
 public:
  // Replays what is there, cuts a torn tail, rewrites and syncs the last batch. Refuses a hole and
  // a newer format. `torn` tells what was cut; empty when nothing was.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(FileSystem& file_system,
                                                             JournalOptions options, Random random,
                                                             const Replay& replay,
                                                             std::string& torn);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Writes and syncs; when it returns well, everything up to buffer.first + count - 1 is durable.
  [[nodiscard]] Status append(const RecordBuffer& buffer);

  // Tries again to reserve a segment after has_reserve() turned false. Called by the writer now and
  // then.
  void retry_reserve();

  [[nodiscard]] Position durable() const { return durable_.load(std::memory_order_acquire); }
  // Position that the next record will get.
  [[nodiscard]] Position next() const { return durable() + 1; }
  // False when no further segment could be reserved: intake and new starts must stop, outcomes may
  // still be written.
  [[nodiscard]] bool has_reserve() const { return has_reserve_.load(std::memory_order_acquire); }

 private:
  Journal(FileSystem& file_system, JournalOptions options, Random random);
  Status recover(const Replay& replay, std::string& torn);
  Status roll();
  Status take_segment(const std::string& path);
  void prepare_spare();
  [[nodiscard]] Status fill_spare(File& file);
  void pace_spare();
  void finish_spare();
  [[nodiscard]] std::string spare_path() const { return options_.directory + "/spare.pj"; }

  FileSystem& file_system_;
  const JournalOptions options_;
  Random random_;

  // Writer thread only.
  std::unique_ptr<File> file_;
  std::uint64_t segment_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t sequence_ = 1;
  Bytes encoded_;
  bool is_broken_ = false;
  std::future<Status> spare_;

  std::mutex pace_mutex_;  // guards the three below: between the writer and the spare's thread
  std::condition_variable pace_;
  std::uint64_t used_ = 0;  // of the present segment
  bool is_spare_wanted_ = false;

  std::atomic<Position> durable_{0};
  std::atomic<bool> has_reserve_{true};
};

}  // namespace perennial::store
