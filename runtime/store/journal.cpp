#include "runtime/store/journal.hpp"

#include <algorithm>
#include <chrono>

#include "runtime/base/limits.hpp"

namespace perennial::store {
namespace {

// What the spare segment is written in, and how far its writing stays ahead of the journal's.
constexpr std::uint64_t fill_step = 1024 * 1024;
constexpr std::uint64_t fill_lead = 4 * fill_step;

std::string parent_of(const std::string& directory) {
  const std::size_t at = directory.rfind('/');
  return at == std::string::npos ? "." : at == 0 ? "/" : directory.substr(0, at);
}

}  // namespace

Journal::Journal(FileSystem& file_system, JournalOptions options, Random random)
    : file_system_(file_system),
      options_([&] {
        if (options.segment_bytes == 0) options.segment_bytes = limits::segment_bytes;
        return std::move(options);
      }()),
      random_(random) {}

Journal::~Journal() {
  finish_spare();
}

Result<std::unique_ptr<Journal>> Journal::open(FileSystem& file_system, JournalOptions options,
                                               Random random, const Replay& replay,
                                               std::string& torn) {
  std::unique_ptr<Journal> journal(new Journal(file_system, std::move(options), random));
  const std::string& directory = journal->options_.directory;
  if (auto status = file_system.make_directory(directory); !status) {
    return tl::unexpected(status.error());
  }
  // Both names must stand before anything in them is acknowledged: that of the folder, and that of a
  // segment whose renaming an earlier run did not live to sync.
  for (const std::string& named : {parent_of(directory), directory}) {
    if (auto status = file_system.sync_directory(named); !status) {
      return tl::unexpected(status.error());
    }
  }
  if (auto status = journal->recover(replay, torn); !status) return tl::unexpected(status.error());
  return journal;
}

Status Journal::recover(const Replay& replay, std::string& torn) {
  auto reader = JournalReader::open(file_system_, options_.directory);
  if (!reader) return tl::unexpected(reader.error());
  for (;;) {
    auto batch = (*reader)->next();
    if (!batch) return tl::unexpected(batch.error());
    if (!*batch) break;
    if ((*reader)->partition() != options_.partition) {
      return fail(Code::conflict, (*batch)->segment_path + ": expected the journal of partition " +
                                      std::to_string(options_.partition) + ", but it is of " +
                                      std::to_string((*reader)->partition()));
    }
    auto records = split_records((*batch)->body, (*batch)->header.records);
    if (!records) return fail_within((*batch)->segment_path, records.error());
    Position position = (*batch)->header.first;
    for (ByteView record : *records) {
      if (auto status = replay(position++, record); !status) {
        return fail_within((*batch)->segment_path + " at position " + std::to_string(position - 1),
                           status.error());
      }
    }
  }
  torn = (*reader)->damage();
  const auto& tail = (*reader)->tail();
  durable_.store(tail.next - 1, std::memory_order_release);
  if (tail.segment_path.empty()) return roll();

  auto file = file_system_.open(tail.segment_path, Open::existing);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  segment_ = tail.segment;
  offset_ = tail.offset;
  sequence_ = tail.sequence;
  if (!torn.empty()) {
    // The torn header must not be taken for the next batch's after another crash.
    if (auto status = file_->write_at(offset_, Bytes(block_bytes, '\0')); !status) return status;
  }
  if (tail.last && tail.last->segment_path == tail.segment_path) {
    encode_batch(tail.last->header, tail.last->body, encoded_);
    if (auto status = file_->write_at(tail.last->offset, encoded_); !status) return status;
  }
  if (auto status = file_->sync(); !status) return status;
  prepare_spare();
  return {};
}

Status Journal::append(const RecordBuffer& buffer) {
  if (is_broken_) {
    return fail(Code::io, "expected a sound journal in " + options_.directory +
                              ", but an earlier write failed: restart to recover from disk");
  }
  const BatchHeader header{segment_, sequence_, buffer.first, buffer.count,
                           static_cast<std::uint32_t>(buffer.body.size())};
  const std::size_t need = to_blocks(batch_header_bytes + buffer.body.size());
  if (offset_ + need > options_.segment_bytes) {
    if (auto status = roll(); !status) {
      is_broken_ = true;
      return status;
    }
    return append(buffer);
  }
  encode_batch(header, buffer.body, encoded_);
  auto status = file_->write_at(offset_, encoded_);
  if (status && options_.durability == Durability::fsync) status = file_->sync();
  if (!status) {
    is_broken_ = true;
    return status;
  }
  offset_ += need;
  ++sequence_;
  pace_spare();
  durable_.store(buffer.first + buffer.count - 1, std::memory_order_release);
  return {};
}

Status Journal::roll() {
  // A spare that failed is tried again here, in the foreground: there may be room by now.
  finish_spare();
  const std::string path = options_.directory + "/" + segment_name(next());
  if (auto status = take_segment(path); !status) return status;
  segment_ = random_.next();
  sequence_ = 1;
  offset_ = block_bytes;
  const SegmentHeader header{format_version, options_.partition, segment_, next()};
  if (auto status = file_->write_at(0, encode_segment_header(header)); !status) return status;
  if (auto status = file_->sync(); !status) return status;
  if (auto status = file_system_.rename(spare_path(), path); !status) return status;
  if (auto status = file_system_.sync_directory(options_.directory); !status) return status;
  prepare_spare();
  return {};
}

// Opens the prepared spare, or makes one now. The header is written before the rename, so that a
// segment that bears its name always has one.
Status Journal::take_segment(const std::string& path) {
  auto file = file_system_.open(spare_path(), Open::create);
  if (!file) return fail_within(path, file.error());
  if (auto status = (*file)->allocate(options_.segment_bytes); !status) {
    has_reserve_.store(false, std::memory_order_release);
    return status;
  }
  file_ = std::move(*file);
  return {};
}

void Journal::retry_reserve() {
  if (has_reserve()) return;
  const bool is_under_way =
      spare_.valid() && spare_.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
  if (!is_under_way) prepare_spare();
}

void Journal::prepare_spare() {
  {
    const std::lock_guard lock(pace_mutex_);
    used_ = offset_;
    is_spare_wanted_ = false;
  }
  const bool is_beside = options_.spare == Spare::beside;
  spare_ = std::async(is_beside ? std::launch::async : std::launch::deferred, [this]() -> Status {
    auto file = file_system_.open(spare_path(), Open::create);
    auto status =
        file ? (*file)->allocate(options_.segment_bytes) : Status(tl::unexpected(file.error()));
    has_reserve_.store(status.has_value(), std::memory_order_release);
    if (status) status = fill_spare(**file);
    if (!status) has_reserve_.store(false, std::memory_order_release);
    return status;
  });
  if (!is_beside) spare_.wait();
}

// Writes real zeros: the blocks then exist on disk, and a later sync has no allocation to journal
// (the file system's own). In step with the journal and synced piece by piece, because the syncs of
// the batches queue up behind whatever is written besides: all at once held them up for longer than
// anything else. A spare that is wanted before its end is taken as it is.
Status Journal::fill_spare(File& file) {
  const Bytes zeros(fill_step, '\0');
  for (std::uint64_t offset = 0; offset < options_.segment_bytes; offset += fill_step) {
    {
      std::unique_lock lock(pace_mutex_);
      pace_.wait(lock, [&] { return is_spare_wanted_ || offset < used_ + fill_lead; });
      if (is_spare_wanted_) return {};
    }
    const auto count =
        static_cast<std::size_t>(std::min(fill_step, options_.segment_bytes - offset));
    if (auto status = file.write_at(offset, ByteView(zeros).substr(0, count)); !status) {
      return status;
    }
    if (auto status = file.sync(); !status) return status;
  }
  return {};
}

void Journal::pace_spare() {
  {
    const std::lock_guard lock(pace_mutex_);
    used_ = offset_;
  }
  pace_.notify_one();
}

void Journal::finish_spare() {
  {
    const std::lock_guard lock(pace_mutex_);
    is_spare_wanted_ = true;
  }
  pace_.notify_one();
  if (spare_.valid()) (void)spare_.get();
}

}  // namespace perennial::store
