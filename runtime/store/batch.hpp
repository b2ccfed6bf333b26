// The bytes of one journal batch: a guarded header and the records of one sync.
//
// Place:   written by store/journal, read by store/journal_reader.
// Errors:  read_batch says what is wrong with the bytes; what that means (tail or hole) is decided
// by the reader. Format:  docs/journal-format.md
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/status.hpp"

namespace perennial::store {

inline constexpr std::uint32_t format_version = 1;
// Batches and the segment header start on these: a torn write then never damages a neighbour's
// block.
inline constexpr std::size_t block_bytes = 4096;
inline constexpr std::size_t batch_header_bytes = 48;

struct SegmentHeader {
  std::uint32_t version = format_version;
  std::uint32_t partition = 0;
  std::uint64_t segment = 0;  // random: stale bytes of another segment can never look valid here
  Position first = 0;         // position of the first record
};

struct BatchHeader {
  std::uint64_t segment = 0;
  std::uint64_t sequence = 0;  // of the batch within its segment, from 1
  Position first = 0;          // position of its first record
  std::uint32_t records = 0;
  std::uint32_t body_bytes = 0;
};

// Records of one batch while they collect: each a 4-byte little-endian length and the bytes.
struct RecordBuffer {
  Position first = 0;
  std::uint32_t count = 0;
  Bytes body;
};

void append_record(RecordBuffer& buffer, ByteView record);
// The same in two steps, for a record that is written into `buffer.body` in between: what open()
// gave goes to close().
[[nodiscard]] std::size_t open_record(RecordBuffer& buffer);
void close_record(RecordBuffer& buffer, std::size_t opened);

[[nodiscard]] Bytes encode_segment_header(const SegmentHeader& header);
[[nodiscard]] Result<SegmentHeader> decode_segment_header(ByteView block);

// Header, body and padding to the next block, in `out` (cleared first).
void encode_batch(const BatchHeader& header, ByteView body, Bytes& out);

// Judges the first batch_header_bytes of `bytes`; Code::corrupted when they are no batch header of
// `segment`.
[[nodiscard]] Result<BatchHeader> decode_batch_header(ByteView bytes, std::uint64_t segment);
// Whether the checksum over header and body holds. `bytes` starts at the header.
[[nodiscard]] bool is_batch_whole(ByteView bytes, const BatchHeader& header);
// Splits a whole batch into its records; borrows `body`.
[[nodiscard]] Result<std::vector<ByteView>> split_records(ByteView body, std::uint32_t count);

[[nodiscard]] constexpr std::size_t to_blocks(std::size_t bytes) {
  return (bytes + block_bytes - 1) / block_bytes * block_bytes;
}

}  // namespace perennial::store
