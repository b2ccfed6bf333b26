// Tails the journals of all partitions into the view's tables.
//
// Place:   app starts one beside a running runtime; the command line projects once for an offline
//          look. Knows records and journals, never the state of a partition.
// Thread:  one of its own between start() and destruction; public functions may be called from any.
// Owns:    the only writing connection to the view.
// Errors:  a view that cannot be trusted (other version, power cut, ahead of the journal) is
//          dropped and rebuilt. A failure of the disk or a journal that cannot be read is kept in
//          failure(), logged once, and tried again: people see an old view, the runtime goes on.
// Limits:  one transaction holds at most transaction_records_max records.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/status.hpp"
#include "runtime/store/file_system.hpp"

namespace perennial::view {

inline constexpr std::size_t transaction_records_max = 4096;

// One partition's journal, and how far it may be read.
struct Feed {
  std::uint32_t partition = 0;
  std::string directory;
  std::function<Position()> durable;
};

class Projector {
 public:
  // `path` is the SQLite file; it is created when missing. Asks `durable` of each feed, which must
  // outlive the projector.
  [[nodiscard]] static Result<std::unique_ptr<Projector>> start(std::string path,
                                                                std::vector<Feed> feeds);
  // Reads what is there once, in the caller's thread.
  [[nodiscard]] static Status project(const std::string& path, std::vector<Feed> feeds);
  // The same for a runtime that is not up: the view at `view_path`, if there is one, is copied to
  // `copy_path` and brought up to the journals of partitions 0, 1, ... Nothing else is written.
  [[nodiscard]] static Status look(const std::string& view_path, const std::string& copy_path,
                                   const std::vector<std::string>& journals);

  ~Projector();
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;

  // Position up to which the partition's records are in the tables.
  [[nodiscard]] Position applied(std::uint32_t partition) const;
  // False when it was not reached within `patience`.
  [[nodiscard]] bool wait_until(std::uint32_t partition, Position position,
                                std::chrono::milliseconds patience) const;
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  struct Parts;
  struct Tail;
  Projector(std::string path, std::vector<Feed> feeds);

  Status open();
  Status open_tables();
  [[nodiscard]] bool is_trustworthy();
  Status open_tail(Tail& tail);
  void run();
  // Whether something was read; one transaction.
  Result<bool> step();
  Status read_tail(Tail& tail, std::size_t& room);
  Status read_batch(Tail& tail, ByteView body, std::uint32_t count, Position first);
  void publish();
  void keep_failure(const Error& error);
  void mark_clean();

  const std::string path_;
  store::PosixFileSystem file_system_;
  std::unique_ptr<Parts> parts_;
  std::vector<std::unique_ptr<Tail>> tails_;

  mutable std::mutex mutex_;  // guards what follows
  mutable std::condition_variable changed_;
  std::vector<Position> applied_;
  std::optional<Error> failure_;
  bool is_stopping_ = false;

  std::thread thread_;  // last: it starts when everything above is there
};

}  // namespace perennial::view
