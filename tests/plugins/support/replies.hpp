// Calls and replies of the boundary for tests: what a host would give and keep.
#ifndef PERENNIAL_TESTS_PLUGINS_SUPPORT_REPLIES_HPP
#define PERENNIAL_TESTS_PLUGINS_SUPPORT_REPLIES_HPP

#include <deque>
#include <map>

#include "perennial/types.hpp"
#include "plugins/common/json.hpp"

namespace perennial::tests {

using plugins::common::Json;

// msgpack as JSON; null for no bytes. Fails the test for bytes that are none.
Json json_of(std::string_view msgpack);

// The deliveries of one operation or lookup call.
class Deliveries {
 public:
  Deliveries& add(std::string key, const Json& payload, std::uint32_t attempt = 1);
  perennial_operation_call call(std::string_view operation, std::int64_t now_ms = 1'796'000'000'000,
                                std::int64_t deadline_ms = 30'000);

 private:
  std::deque<std::string> held_;
  std::vector<perennial_delivery> deliveries_;
};

struct Settled {
  sdk::OutcomeKind kind;
  std::string code;
  std::string text;
  Json receipt;
  Json body;
  std::int64_t after_ms;
};

// Keeps what is settled, and how often.
class OperationRecorder {
 public:
  OperationRecorder();
  perennial_operation_reply& reply() { return reply_; }
  const Settled& at(std::uint32_t index) const { return settled_.at(index); }
  std::size_t count() const { return count_; }

 private:
  perennial_operation_reply reply_;
  std::map<std::uint32_t, Settled> settled_;
  std::size_t count_ = 0;
};

struct Answered {
  sdk::LookupKind kind;
  std::uint32_t matches;
  std::string code;
  std::string text;
  Json receipt;
  Json body;
};

class LookupRecorder {
 public:
  LookupRecorder();
  perennial_lookup_reply& reply() { return reply_; }
  const Answered& at(std::uint32_t index) const { return answered_.at(index); }

 private:
  perennial_lookup_reply reply_;
  std::map<std::uint32_t, Answered> answered_;
};

struct Emitted {
  std::uint32_t form;
  std::string id;
  Json body;
};

struct Explained {
  std::string code;
  std::string text;
  std::string gap_from;
  std::string gap_to;
  std::int64_t after_ms;
};

// A source's or webhook's records, up to `records_max` of them.
class SourceRecorder {
 public:
  explicit SourceRecorder(std::size_t records_max = 1000);
  perennial_source_reply& reply() { return reply_; }
  perennial_webhook_reply& webhook_reply() { return webhook_reply_; }
  const std::vector<Emitted>& records() const { return records_; }
  const std::string& cursor() const { return cursor_; }
  const Explained& explained() const { return explained_; }

 private:
  std::uint32_t take(const perennial_record& record);
  void take(const perennial_explanation& explanation);

  perennial_source_reply reply_;
  perennial_webhook_reply webhook_reply_;
  std::size_t records_max_;
  std::vector<Emitted> records_;
  std::string cursor_;
  Explained explained_{};
};

class HealthRecorder {
 public:
  HealthRecorder();
  perennial_health_reply& reply() { return reply_; }
  const std::vector<std::pair<std::uint32_t, std::string>>& findings() const { return findings_; }
  std::size_t errors() const;

 private:
  perennial_health_reply reply_;
  std::vector<std::pair<std::uint32_t, std::string>> findings_;
};

}  // namespace perennial::tests

#endif
