// Reads the batches of a journal directory in order.
//
// Place:   recovery (store/journal), the view's projector, `perennial journal verify|dump`.
// Thread:  one thread each; may run beside the writer when asked only for durable positions.
// Errors:  a damaged batch with nothing valid behind it is the tail: next() answers end, and
// damage() says what was
//          there. A damaged batch followed by a valid one is a hole: Code::corrupted with segment
//          and position. A newer format is Code::unsupported.
// Format:  docs/journal-format.md
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/store/batch.hpp"
#include "runtime/store/file_system.hpp"

namespace perennial::store {

// Segment file names: "journal-<first position, 20 digits>.pj".
[[nodiscard]] std::string segment_name(Position first);
[[nodiscard]] std::optional<Position> segment_first(const std::string& name);

struct ReadBatch {
  BatchHeader header;
  Bytes body;
  std::string segment_path;
  std::uint64_t offset = 0;
};

class JournalReader {
 public:
  // `file_system` must outlive the reader. A directory without segments is an empty journal.
  [[nodiscard]] static Result<std::unique_ptr<JournalReader>> open(FileSystem& file_system,
                                                                   std::string directory);

  // Skips whole segments that end before `position`; the caller skips the records before it in the
  // first batch.
  [[nodiscard]] Status seek(Position position);

  // The next batch, or nothing at the tail. May be asked again later: then batches written since
  // are found.
  [[nodiscard]] Result<std::optional<ReadBatch>> next();

  // What stands at the tail after next() answered nothing: empty when it is clean (zeros or the end
  // of the file).
  [[nodiscard]] const std::string& damage() const { return damage_; }

  // Where the writer goes on, valid after next() answered nothing.
  struct Tail {
    std::string segment_path;  // empty: no segment yet
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
    std::uint64_t sequence = 1;  // of the next batch
    Position next = 1;
    std::optional<ReadBatch> last;  // the last whole batch, for rewriting it
  };
  [[nodiscard]] const Tail& tail() const { return tail_; }
  [[nodiscard]] std::uint32_t partition() const { return partition_; }

 private:
  JournalReader(FileSystem& file_system, std::string directory)
      : file_system_(file_system), directory_(std::move(directory)) {}

  Status list_segments();
  Status enter(std::size_t index);
  Result<std::optional<ReadBatch>> read_here();
  Result<bool> has_valid_after(std::uint64_t offset) const;
  [[nodiscard]] tl::unexpected<Error> hole(const std::string& what) const;

  FileSystem& file_system_;
  std::string directory_;
  std::vector<Position> segments_;
  std::size_t index_ = 0;
  std::unique_ptr<File> file_;
  std::string damage_;
  std::uint32_t partition_ = 0;
  Tail tail_;
};

}  // namespace perennial::store
