// The answers and calls of the boundary as C++ values.
//
// Owns:    an Outcome, LookupAnswer or Explanation owns its text; a call only borrows.
// Errors:  see perennial/status.h for what each answer makes the runtime do.
#ifndef PERENNIAL_SDK_TYPES_HPP
#define PERENNIAL_SDK_TYPES_HPP

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "perennial/plugin.h"

namespace perennial::sdk {

inline std::string_view view(perennial_view given) {
  return given.data == nullptr ? std::string_view() : std::string_view(given.data, given.size);
}
inline perennial_view view(std::string_view given) {
  return {given.data(), given.size()};
}

// Text within the boundary's limit, cut at the start of a UTF-8 character.
inline std::string_view bounded(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) --end;
  return text.substr(0, end);
}

enum class Level : std::uint32_t {
  debug = PERENNIAL_LEVEL_DEBUG,
  info = PERENNIAL_LEVEL_INFO,
  warning = PERENNIAL_LEVEL_WARNING,
  error = PERENNIAL_LEVEL_ERROR
};

enum class OutcomeKind : std::uint32_t {
  done = PERENNIAL_OUTCOME_DONE,
  already_done = PERENNIAL_OUTCOME_ALREADY_DONE,
  rejected = PERENNIAL_OUTCOME_REJECTED,
  try_again = PERENNIAL_OUTCOME_TRY_AGAIN,
  throttled = PERENNIAL_OUTCOME_THROTTLED,
  unauthorized = PERENNIAL_OUTCOME_UNAUTHORIZED,
  not_connected = PERENNIAL_OUTCOME_NOT_CONNECTED,
  pending = PERENNIAL_OUTCOME_PENDING,
  unknown = PERENNIAL_OUTCOME_UNKNOWN
};

enum class LookupKind : std::uint32_t {
  done = PERENNIAL_LOOKUP_DONE,
  absent = PERENNIAL_LOOKUP_ABSENT,
  in_progress = PERENNIAL_LOOKUP_IN_PROGRESS,
  cannot_tell = PERENNIAL_LOOKUP_CANNOT_TELL,
  several = PERENNIAL_LOOKUP_SEVERAL
};

enum class SourceResult : std::uint32_t {
  records = PERENNIAL_SOURCE_RECORDS,
  more = PERENNIAL_SOURCE_MORE,
  nothing = PERENNIAL_SOURCE_NOTHING,
  gap = PERENNIAL_SOURCE_GAP,
  cursor_invalid = PERENNIAL_SOURCE_CURSOR_INVALID,
  not_connected = PERENNIAL_SOURCE_NOT_CONNECTED,
  unauthorized = PERENNIAL_SOURCE_UNAUTHORIZED,
  throttled = PERENNIAL_SOURCE_THROTTLED,
  try_again = PERENNIAL_SOURCE_TRY_AGAIN,
  rejected = PERENNIAL_SOURCE_REJECTED
};

enum class WebhookResult : std::uint32_t {
  accepted = PERENNIAL_WEBHOOK_ACCEPTED,
  refused_signature = PERENNIAL_WEBHOOK_REFUSED_SIGNATURE,
  refused_malformed = PERENNIAL_WEBHOOK_REFUSED_MALFORMED,
  refused_version = PERENNIAL_WEBHOOK_REFUSED_VERSION,
  try_again = PERENNIAL_WEBHOOK_TRY_AGAIN
};

enum class Form : std::uint32_t { vendor = PERENNIAL_FORM_VENDOR, event = PERENNIAL_FORM_EVENT };

// What configure() and start() answer: ready, or why the configuration cannot work.
struct Readiness {
  bool is_ready = true;
  std::string reason = {};

  static Readiness ready() { return {}; }
  static Readiness refused(std::string why) { return {false, std::move(why)}; }
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::unknown;
  std::string code = {};
  std::string text = {};
  std::string receipt = {};  // msgpack map
  std::string body = {};     // msgpack
  std::string token = {};
  std::int64_t after_ms = -1;
};

struct LookupAnswer {
  LookupKind kind = LookupKind::cannot_tell;
  std::string code = {};
  std::string text = {};
  std::string receipt = {};  // msgpack map, or array of maps for `several`
  std::string body = {};     // msgpack
  std::uint32_t matches = 0;
  std::int64_t after_ms = -1;
};

struct Explanation {
  std::string code = {};
  std::string text = {};
  std::string gap_from = {};
  std::string gap_to = {};
  std::int64_t after_ms = -1;
};

struct Record {
  Form form = Form::vendor;
  std::string_view id = {};
  std::string_view body = {};  // msgpack
};

struct Delivery {
  std::string_view key;
  std::string_view correlation_id;
  std::string_view traceparent;
  std::string_view payload;  // msgpack
  std::string_view token;
  std::uint32_t attempt = 0;
};

class OperationCall {
 public:
  explicit OperationCall(const perennial_operation_call& call) : call_(call) {}

  std::string_view operation() const { return view(call_.operation); }
  std::uint32_t count() const { return call_.count; }
  std::int64_t now_ms() const { return call_.now_ms; }
  std::int64_t deadline_ms() const { return call_.deadline_ms; }
  Delivery delivery(std::uint32_t index) const {
    const perennial_delivery& given = call_.deliveries[index];
    return {view(given.key),     view(given.correlation_id), view(given.traceparent),
            view(given.payload), view(given.token),          given.attempt};
  }

 private:
  const perennial_operation_call& call_;
};

class OperationReply {
 public:
  explicit OperationReply(perennial_operation_reply& reply) : reply_(reply) {}

  void settle(std::uint32_t index, const Outcome& outcome) {
    const perennial_outcome given = to_c(outcome);
    reply_.settle(&reply_, index, &given);
  }

  static perennial_outcome to_c(const Outcome& outcome) {
    perennial_outcome given{};
    given.kind = static_cast<std::uint32_t>(outcome.kind);
    given.after_ms = outcome.after_ms;
    given.code = view(bounded(outcome.code, PERENNIAL_CODE_BYTES_MAX));
    given.text = view(bounded(outcome.text, PERENNIAL_TEXT_BYTES_MAX));
    given.receipt = view(std::string_view(outcome.receipt));
    given.body = view(std::string_view(outcome.body));
    given.token = view(std::string_view(outcome.token));
    return given;
  }

 private:
  perennial_operation_reply& reply_;
};

class LookupReply {
 public:
  explicit LookupReply(perennial_lookup_reply& reply) : reply_(reply) {}

  void answer(std::uint32_t index, const LookupAnswer& answer) {
    perennial_lookup_answer given{};
    given.kind = static_cast<std::uint32_t>(answer.kind);
    given.matches = answer.matches;
    given.after_ms = answer.after_ms;
    given.code = view(bounded(answer.code, PERENNIAL_CODE_BYTES_MAX));
    given.text = view(bounded(answer.text, PERENNIAL_TEXT_BYTES_MAX));
    given.receipt = view(std::string_view(answer.receipt));
    given.body = view(std::string_view(answer.body));
    reply_.answer(&reply_, index, &given);
  }

 private:
  perennial_lookup_reply& reply_;
};

// `borrowed` keeps pointing into `explanation`.
inline perennial_explanation to_c(const Explanation& explanation) {
  perennial_explanation borrowed{};
  borrowed.code = view(bounded(explanation.code, PERENNIAL_CODE_BYTES_MAX));
  borrowed.text = view(bounded(explanation.text, PERENNIAL_TEXT_BYTES_MAX));
  borrowed.gap_from = view(std::string_view(explanation.gap_from));
  borrowed.gap_to = view(std::string_view(explanation.gap_to));
  borrowed.after_ms = explanation.after_ms;
  return borrowed;
}

inline perennial_record to_c(const Record& record) {
  perennial_record given{};
  given.form = static_cast<std::uint32_t>(record.form);
  given.id = view(record.id);
  given.body = view(record.body);
  return given;
}

struct SourceCall {
  std::string_view source;
  std::string_view cursor;
  std::string_view start;
  std::int64_t now_ms = 0;
  std::int64_t deadline_ms = 0;
  std::uint32_t records_max = 0;
  std::uint32_t bytes_max = 0;
};

class SourceReply {
 public:
  explicit SourceReply(perennial_source_reply& reply) : reply_(reply) {}

  // False when the limits of the call are reached: stop, and answer `more`.
  [[nodiscard]] bool emit(const Record& record) {
    const perennial_record given = to_c(record);
    return reply_.emit(&reply_, &given) == PERENNIAL_CALL_DONE;
  }
  void cursor(std::string_view cursor) { reply_.cursor(&reply_, view(cursor)); }
  void explain(const Explanation& explanation) {
    const perennial_explanation given = to_c(explanation);
    reply_.explain(&reply_, &given);
  }

 private:
  perennial_source_reply& reply_;
};

class WebhookCall {
 public:
  explicit WebhookCall(const perennial_webhook_call& call) : call_(call) {}

  std::string_view webhook() const { return view(call_.webhook); }
  std::string_view method() const { return view(call_.method); }
  std::string_view query() const { return view(call_.query); }
  std::string_view body() const { return view(call_.body); }
  std::int64_t now_ms() const { return call_.now_ms; }
  std::int64_t deadline_ms() const { return call_.deadline_ms; }

  // `name` in lower case. The first of several wins.
  std::optional<std::string_view> header(std::string_view name) const {
    for (const perennial_header& given : std::span(call_.headers, call_.header_count)) {
      if (view(given.name) == name) return view(given.value);
    }
    return std::nullopt;
  }

 private:
  const perennial_webhook_call& call_;
};

class WebhookReply {
 public:
  explicit WebhookReply(perennial_webhook_reply& reply) : reply_(reply) {}

  [[nodiscard]] bool emit(const Record& record) {
    const perennial_record given = to_c(record);
    return reply_.emit(&reply_, &given) == PERENNIAL_CALL_DONE;
  }
  void settle_token(std::string_view token, const Outcome& outcome) {
    const perennial_outcome given = OperationReply::to_c(outcome);
    reply_.settle_token(&reply_, view(token), &given);
  }
  void respond(std::uint32_t status, std::string_view content_type, std::string_view body) {
    reply_.respond(&reply_, status, view(content_type), view(body));
  }
  void explain(const Explanation& explanation) {
    const perennial_explanation given = to_c(explanation);
    reply_.explain(&reply_, &given);
  }

 private:
  perennial_webhook_reply& reply_;
};

class HealthReply {
 public:
  explicit HealthReply(perennial_health_reply& reply) : reply_(reply) {}

  void finding(Level level, std::string_view name, std::string_view text) {
    reply_.finding(&reply_, static_cast<std::uint32_t>(level),
                   view(bounded(name, PERENNIAL_NAME_BYTES_MAX)),
                   view(bounded(text, PERENNIAL_TEXT_BYTES_MAX)));
  }

 private:
  perennial_health_reply& reply_;
};

}  // namespace perennial::sdk

#endif
