// What is asked of a plugin and what it answered, as values of ours.
//
// Place:   between connector.cpp, which speaks the C boundary, and the workers, which never see it.
// Owns:    calls borrow; answers own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/bytes.hpp"

namespace perennial::host {

// Why something brought nothing.
struct Explanation {
  std::string code;
  std::string text;
  std::string gap_from;
  std::string gap_to;
  std::int64_t after_ms = -1;  // negative = not given
};

struct Record {
  std::uint32_t form = 0;  // perennial_record_form
  ByteView id;
  ByteView body;
};

// Records of one call in one allocation.
class RecordBatch {
 public:
  void add(std::uint32_t form, ByteView id, ByteView body) {
    spans_.push_back({form, bytes_.size(), id.size(), body.size()});
    bytes_.append(id).append(body);
  }
  void clear() {
    spans_.clear();
    bytes_.clear();
  }
  [[nodiscard]] std::size_t size() const { return spans_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }
  // Valid until the next add.
  [[nodiscard]] Record at(std::size_t index) const {
    const Span& span = spans_[index];
    const ByteView all(bytes_);
    return {span.form, all.substr(span.begin, span.id_size),
            all.substr(span.begin + span.id_size, span.body_size)};
  }

 private:
  struct Span {
    std::uint32_t form;
    std::size_t begin;
    std::size_t id_size;
    std::size_t body_size;
  };
  Bytes bytes_;
  std::vector<Span> spans_;
};

// A record that the plugin gave although it is larger than the boundary allows.
struct OversizeRecord {
  std::string id;
  std::size_t bytes = 0;
};

struct SourceCall {
  std::string_view source;
  ByteView cursor;
  std::string_view start;
  std::int64_t now_ms = 0;
  std::int64_t deadline_ms = 0;
  std::uint32_t records_max = 0;
  std::uint32_t bytes_max = 0;
};

struct PollResult {
  std::uint32_t result = 0;  // perennial_source_result, always a listed one
  RecordBatch records;
  std::vector<OversizeRecord> oversize;
  bool has_cursor = false;
  Bytes cursor;
  Explanation explanation;
};

struct DeliveryCall {
  std::string_view key;
  std::string_view correlation;
  std::string_view traceparent;
  ByteView payload;
  std::string_view token;
  std::uint32_t attempt = 0;
};

struct OperationCall {
  std::string_view operation;
  const std::vector<DeliveryCall>* deliveries = nullptr;
  std::int64_t now_ms = 0;
  std::int64_t deadline_ms = 0;
};

struct Answer {
  std::uint32_t kind = 0;  // of the verb's enum, always a listed one
  std::int64_t after_ms = -1;
  std::string code;
  std::string text;
  Bytes receipt;
  Bytes body;
  std::string token;
};

struct WebhookHeaderView {
  std::string_view name;
  std::string_view value;
};

struct WebhookCall {
  std::string_view webhook;
  std::string_view method;
  std::string_view query;
  ByteView body;
  std::vector<WebhookHeaderView> headers;
  std::int64_t now_ms = 0;
  std::int64_t deadline_ms = 0;
};

struct WebhookResult {
  std::uint32_t result = 0;  // perennial_webhook_result, always a listed one
  RecordBatch records;
  std::vector<OversizeRecord> oversize;
  std::vector<Answer> settled;  // each with its token
  std::uint32_t status = 0;     // HTTP; the plugin's own, or the default of the result
  std::string content_type;
  Bytes body;
  Explanation explanation;
};

struct HealthFinding {
  std::uint32_t level = 0;  // perennial_level
  std::string name;
  std::string text;
};

}  // namespace perennial::host
