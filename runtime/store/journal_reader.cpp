#include "runtime/store/journal_reader.hpp"

#include <algorithm>
#include <cstdio>

#include "runtime/base/limits.hpp"

namespace perennial::store {
namespace {

constexpr std::string_view name_prefix = "journal-";
constexpr std::string_view name_suffix = ".pj";
constexpr std::size_t name_digits = 20;

}  // namespace

std::string segment_name(Position first) {
  char digits[name_digits + 1];
  std::snprintf(digits, sizeof digits, "%020llu", static_cast<unsigned long long>(first));
  return std::string(name_prefix) + digits + std::string(name_suffix);
}

std::optional<Position> segment_first(const std::string& name) {
  const bool fits = name.size() == name_prefix.size() + name_digits + name_suffix.size() &&
                    name.starts_with(name_prefix) && name.ends_with(name_suffix);
  if (!fits) return std::nullopt;
  Position first = 0;
  for (char digit : name.substr(name_prefix.size(), name_digits)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    first = first * 10 + static_cast<Position>(digit - '0');
  }
  return first;
}

Result<std::unique_ptr<JournalReader>> JournalReader::open(FileSystem& file_system,
                                                           std::string directory) {
  std::unique_ptr<JournalReader> reader(new JournalReader(file_system, std::move(directory)));
  if (auto status = reader->list_segments(); !status) return tl::unexpected(status.error());
  return reader;
}

Status JournalReader::list_segments() {
  auto names = file_system_.list(directory_);
  if (!names) return tl::unexpected(names.error());
  segments_.clear();
  for (const std::string& name : *names) {
    if (auto first = segment_first(name)) segments_.push_back(*first);
  }
  std::sort(segments_.begin(), segments_.end());
  return {};
}

Status JournalReader::seek(Position position) {
  std::size_t index = 0;
  while (index + 1 < segments_.size() && segments_[index + 1] <= position) ++index;
  file_.reset();
  index_ = index;
  tail_ = {};
  if (index < segments_.size()) tail_.next = segments_[index];
  return {};
}

Status JournalReader::enter(std::size_t index) {
  const std::string path = directory_ + "/" + segment_name(segments_[index]);
  auto file = file_system_.open_read(path);
  if (!file) return tl::unexpected(file.error());
  auto block = (*file)->read_at(0, block_bytes);
  if (!block) return tl::unexpected(block.error());
  auto header = decode_segment_header(*block);
  if (!header) return fail_within(path, header.error());
  const bool is_first = index == 0 && tail_.segment_path.empty();
  if (!is_first && header->first != tail_.next) {
    return fail(Code::corrupted, path + ": expected it to begin at position " +
                                     std::to_string(tail_.next) + ", but it begins at " +
                                     std::to_string(header->first) +
                                     ": a segment is missing; restore it from a backup");
  }
  file_ = std::move(*file);
  index_ = index;
  partition_ = header->partition;
  tail_.segment_path = path;
  tail_.segment = header->segment;
  tail_.offset = block_bytes;
  tail_.sequence = 1;
  tail_.next = header->first;
  return {};
}

Result<std::optional<ReadBatch>> JournalReader::next() {
  damage_.clear();
  if (!file_) {
    if (segments_.empty()) {
      if (auto status = list_segments(); !status) return tl::unexpected(status.error());
    }
    if (segments_.empty()) return std::nullopt;
    if (auto status = enter(index_); !status) return tl::unexpected(status.error());
  }
  for (;;) {
    auto batch = read_here();
    if (!batch || *batch) return batch;
    if (index_ + 1 >= segments_.size()) {
      if (auto status = list_segments(); !status) return tl::unexpected(status.error());
    }
    if (index_ + 1 >= segments_.size()) return std::nullopt;
    if (!damage_.empty()) return hole(damage_ + ", and a later segment exists");
    if (auto status = enter(index_ + 1); !status) return tl::unexpected(status.error());
  }
}

Result<std::optional<ReadBatch>> JournalReader::read_here() {
  auto head = file_->read_at(tail_.offset, batch_header_bytes);
  if (!head) return tl::unexpected(head.error());
  const bool is_clean =
      std::all_of(head->begin(), head->end(), [](char byte) { return byte == 0; });
  std::string what;
  auto header = decode_batch_header(*head, tail_.segment);
  if (!header) {
    what = header.error().reason;
  } else if (header->sequence != tail_.sequence || header->first != tail_.next) {
    what = "a batch out of sequence";
  } else {
    auto bytes = file_->read_at(tail_.offset, batch_header_bytes + header->body_bytes);
    if (!bytes) return tl::unexpected(bytes.error());
    if (is_batch_whole(*bytes, *header)) {
      ReadBatch batch{*header, bytes->substr(batch_header_bytes), tail_.segment_path, tail_.offset};
      tail_.offset += to_blocks(batch_header_bytes + header->body_bytes);
      tail_.sequence += 1;
      tail_.next += header->records;
      tail_.last = batch;
      return std::optional<ReadBatch>(std::move(batch));
    }
    what = "a batch whose checksum differs";
  }
  auto is_hole = has_valid_after(tail_.offset + block_bytes);
  if (!is_hole) return tl::unexpected(is_hole.error());
  if (*is_hole) return hole(what + ", and valid batches follow it");
  damage_ = is_clean ? "" : what;
  return std::nullopt;
}

// Looks at every later block of this segment for a whole batch of it with a later sequence.
Result<bool> JournalReader::has_valid_after(std::uint64_t offset) const {
  constexpr std::size_t window = 1024 * 1024;
  for (;; offset += window) {
    auto bytes = file_->read_at(offset, window);
    if (!bytes) return tl::unexpected(bytes.error());
    if (bytes->empty()) return false;
    for (std::size_t at = 0; at + batch_header_bytes <= bytes->size(); at += block_bytes) {
      auto header = decode_batch_header(ByteView(*bytes).substr(at), tail_.segment);
      if (!header || header->sequence <= tail_.sequence) continue;
      auto whole = file_->read_at(offset + at, batch_header_bytes + header->body_bytes);
      if (!whole) return tl::unexpected(whole.error());
      if (is_batch_whole(*whole, *header)) return true;
    }
  }
}

tl::unexpected<Error> JournalReader::hole(const std::string& what) const {
  return fail(
      Code::corrupted,
      tail_.segment_path + ": expected a whole batch at byte " + std::to_string(tail_.offset) +
          " (position " + std::to_string(tail_.next) + "), but there is " + what +
          ": the journal has a hole and nothing was changed; restore the segment from a backup");
}

}  // namespace perennial::store
