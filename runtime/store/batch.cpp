#include "runtime/store/batch.hpp"

#include <cstring>

#include "runtime/base/limits.hpp"
#include "runtime/store/crc32c.hpp"

namespace perennial::store {
namespace {

constexpr char segment_magic[8] = {'P', 'E', 'R', 'J', 'R', 'N', 'L', '\n'};
constexpr std::uint32_t batch_magic = 0x54414250;  // "PBAT"
constexpr std::size_t segment_crc_at = 32;
constexpr std::size_t batch_crc_at = 40;

// Little-endian on disk whatever the machine is.
template <typename Number>
void put(char* at, Number value) {
  for (std::size_t index = 0; index < sizeof value; ++index) {
    at[index] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * index));
  }
}

template <typename Number>
Number get(const char* at) {
  std::uint64_t value = 0;
  for (std::size_t index = sizeof(Number); index-- > 0;) {
    value = (value << 8) | static_cast<std::uint8_t>(at[index]);
  }
  return static_cast<Number>(value);
}

}  // namespace

void append_record(RecordBuffer& buffer, ByteView record) {
  const std::size_t opened = open_record(buffer);
  buffer.body.append(record);
  close_record(buffer, opened);
}

std::size_t open_record(RecordBuffer& buffer) {
  const std::size_t opened = buffer.body.size();
  buffer.body.append(sizeof(std::uint32_t), '\0');
  return opened;
}

void close_record(RecordBuffer& buffer, std::size_t opened) {
  const std::size_t begin = opened + sizeof(std::uint32_t);
  put(buffer.body.data() + opened, static_cast<std::uint32_t>(buffer.body.size() - begin));
  ++buffer.count;
}

Bytes encode_segment_header(const SegmentHeader& header) {
  Bytes block(block_bytes, '\0');
  std::memcpy(block.data(), segment_magic, sizeof segment_magic);
  put(block.data() + 8, header.version);
  put(block.data() + 12, header.partition);
  put(block.data() + 16, header.segment);
  put(block.data() + 24, header.first);
  put(block.data() + segment_crc_at, crc32c(ByteView(block.data(), segment_crc_at)));
  return block;
}

Result<SegmentHeader> decode_segment_header(ByteView block) {
  if (block.size() < block_bytes ||
      std::memcmp(block.data(), segment_magic, sizeof segment_magic) != 0) {
    return fail(Code::corrupted, "expected a journal segment, but its first bytes are not ours");
  }
  SegmentHeader header;
  header.version = get<std::uint32_t>(block.data() + 8);
  if (header.version > format_version) {
    return fail(Code::unsupported, "expected journal format " + std::to_string(format_version) +
                                       " or older, but it is " + std::to_string(header.version) +
                                       ": start the newer perennial that wrote it");
  }
  if (get<std::uint32_t>(block.data() + segment_crc_at) !=
      crc32c(ByteView(block.data(), segment_crc_at))) {
    return fail(Code::corrupted, "expected a whole segment header, but its checksum differs");
  }
  header.partition = get<std::uint32_t>(block.data() + 12);
  header.segment = get<std::uint64_t>(block.data() + 16);
  header.first = get<Position>(block.data() + 24);
  return header;
}

void encode_batch(const BatchHeader& header, ByteView body, Bytes& out) {
  out.clear();
  out.reserve(to_blocks(batch_header_bytes + body.size()));
  out.resize(batch_header_bytes, '\0');
  put(out.data(), batch_magic);
  put(out.data() + 4, header.records);
  put(out.data() + 8, header.segment);
  put(out.data() + 16, header.sequence);
  put(out.data() + 24, header.first);
  put(out.data() + 32, header.body_bytes);
  const std::uint32_t of_header = crc32c(ByteView(out.data(), batch_crc_at));
  put(out.data() + batch_crc_at, crc32c(body, of_header));
  out.append(body);
  out.resize(to_blocks(out.size()), '\0');
}

Result<BatchHeader> decode_batch_header(ByteView bytes, std::uint64_t segment) {
  if (bytes.size() < batch_header_bytes || get<std::uint32_t>(bytes.data()) != batch_magic) {
    return fail(Code::corrupted, "no batch starts here");
  }
  BatchHeader header;
  header.records = get<std::uint32_t>(bytes.data() + 4);
  header.segment = get<std::uint64_t>(bytes.data() + 8);
  header.sequence = get<std::uint64_t>(bytes.data() + 16);
  header.first = get<Position>(bytes.data() + 24);
  header.body_bytes = get<std::uint32_t>(bytes.data() + 32);
  if (header.segment != segment) return fail(Code::corrupted, "a batch of another segment");
  if (header.body_bytes > limits::segment_bytes)
    return fail(Code::corrupted, "an impossible length");
  return header;
}

bool is_batch_whole(ByteView bytes, const BatchHeader& header) {
  if (bytes.size() < batch_header_bytes + header.body_bytes) return false;
  const std::uint32_t of_header = crc32c(bytes.substr(0, batch_crc_at));
  const std::uint32_t whole =
      crc32c(bytes.substr(batch_header_bytes, header.body_bytes), of_header);
  return get<std::uint32_t>(bytes.data() + batch_crc_at) == whole;
}

Result<std::vector<ByteView>> split_records(ByteView body, std::uint32_t count) {
  std::vector<ByteView> records;
  for (std::uint32_t index = 0; index < count; ++index) {
    if (body.size() < 4)
      return fail(Code::corrupted, "expected a record length, but the batch ends");
    const auto length = get<std::uint32_t>(body.data());
    body.remove_prefix(4);
    if (body.size() < length) return fail(Code::corrupted, "expected a record, but the batch ends");
    records.push_back(body.substr(0, length));
    body.remove_prefix(length);
  }
  if (!body.empty()) return fail(Code::corrupted, "expected the batch to end, but bytes follow");
  return records;
}

}  // namespace perennial::store
