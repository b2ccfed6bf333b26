#include "runtime/host/plugin_replies.hpp"

#include <algorithm>

#include "runtime/base/limits.hpp"
#include "runtime/event/cursor.hpp"
#include "runtime/event/event.hpp"

namespace perennial::host {
namespace {

// True for one whole msgpack value.
bool is_msgpack(ByteView bytes) {
  event::Cursor cursor(bytes);
  cursor.skip();
  return cursor.ok() && cursor.at_end();
}

bool is_map(ByteView bytes) {
  return event::Cursor(bytes).kind() == event::Kind::map && is_msgpack(bytes);
}

bool is_array(ByteView bytes) {
  return event::Cursor(bytes).kind() == event::Kind::array && is_msgpack(bytes);
}

// A wait beyond a month is as good as none; without a bound it could overflow a date.
std::int64_t wait_of(std::int64_t after_ms) {
  constexpr std::int64_t month_ms = 30LL * 24 * 3'600'000;
  return std::clamp<std::int64_t>(after_ms, -1, month_ms);
}

// The answer to a call whose real answer breaks the rules.
Answer misused(std::uint32_t kind, std::string text) {
  Answer answer;
  answer.kind = kind;
  answer.code = "plugin_misuse";
  answer.text = std::move(text);
  return answer;
}

}  // namespace

ByteView bytes_of(const perennial_view& view) {
  return view.data == nullptr ? ByteView() : ByteView(view.data, view.size);
}

std::string text_of(const perennial_view& view, std::size_t max) {
  std::string text(bytes_of(view).substr(0, max));
  // A cut may leave part of a last character.
  while (!text.empty() && view.size > max && (text.back() & 0xc0) == 0x80) text.pop_back();
  if (!text.empty() && view.size > max && (text.back() & 0x80) != 0) text.pop_back();
  if (event::is_utf8(text)) return text;
  for (char& symbol : text) {
    if ((symbol & 0x80) != 0) symbol = '?';
  }
  return text;
}

void ReplyBase::open(std::string place) {
  const std::lock_guard lock(mutex_);
  place_ = std::move(place);
  is_open_ = true;
}

void ReplyBase::close() {
  const std::lock_guard lock(mutex_);
  is_open_ = false;
}

Explanation ReplyBase::read(const perennial_explanation* explanation) const {
  Explanation read;
  if (explanation == nullptr) {
    misuse("explained with NULL, must give an explanation");
    return read;
  }
  read.code = text_of(explanation->code, PERENNIAL_CODE_BYTES_MAX);
  read.text = text_of(explanation->text, PERENNIAL_TEXT_BYTES_MAX);
  read.gap_from = text_of(explanation->gap_from, PERENNIAL_CODE_BYTES_MAX);
  read.gap_to = text_of(explanation->gap_to, PERENNIAL_CODE_BYTES_MAX);
  read.after_ms = wait_of(explanation->after_ms);
  return read;
}

bool ReplyBase::take(const perennial_record* record, RecordBatch& records,
                     std::vector<OversizeRecord>& oversize) const {
  if (record == nullptr) {
    misuse("emitted NULL, must emit a record");
    return false;
  }
  const ByteView id = bytes_of(record->id);
  const ByteView body = bytes_of(record->body);
  if (record->form != PERENNIAL_FORM_VENDOR && record->form != PERENNIAL_FORM_EVENT) {
    misuse("emitted a record of form " + std::to_string(record->form) +
           ", must use one of perennial_record_form (1 or 2); the record is kept as a vendor one");
  }
  if (body.size() > PERENNIAL_RECORD_BYTES_MAX || id.size() > limits::attribute_bytes_max) {
    oversize.push_back({text_of(record->id, limits::attribute_bytes_max), body.size()});
    return true;
  }
  const bool is_event = record->form == PERENNIAL_FORM_EVENT;
  records.add(is_event ? PERENNIAL_FORM_EVENT : PERENNIAL_FORM_VENDOR, id, body);
  return true;
}

void ReplyBase::read_receipt(const perennial_view& receipt, bool may_be_array,
                             Answer& answer) const {
  const ByteView bytes = bytes_of(receipt);
  if (bytes.empty()) return;
  const bool fits = bytes.size() <= PERENNIAL_RECEIPT_BYTES_MAX;
  if (fits && (is_map(bytes) || (may_be_array && is_array(bytes)))) {
    answer.receipt = bytes;
    return;
  }
  const std::string text = "gave a receipt that is no msgpack map of at most " +
                           std::to_string(PERENNIAL_RECEIPT_BYTES_MAX) + " bytes (" +
                           std::to_string(bytes.size()) +
                           " bytes came), must give one; the outcome stands without a receipt";
  misuse(text);
  if (answer.text.empty()) answer.text = "the plugin " + text;
}

void ReplyBase::read_body(const perennial_view& body, Answer& answer) const {
  const ByteView bytes = bytes_of(body);
  if (bytes.empty()) return;
  if (bytes.size() <= PERENNIAL_RECORD_BYTES_MAX && is_msgpack(bytes)) {
    answer.body = bytes;
    return;
  }
  misuse("gave a body that is not one msgpack value of at most " +
         std::to_string(PERENNIAL_RECORD_BYTES_MAX) + " bytes (" + std::to_string(bytes.size()) +
         " bytes came), must give one; the outcome stands without a body");
}

Answer ReplyBase::read(const perennial_outcome& outcome) const {
  if (outcome.kind < PERENNIAL_OUTCOME_DONE || outcome.kind > PERENNIAL_OUTCOME_UNKNOWN) {
    const std::string text = "answered with outcome " + std::to_string(outcome.kind) +
                             ", must use one of perennial_outcome_kind (1 to 9)";
    misuse(text + "; the delivery counts as unknown");
    return misused(PERENNIAL_OUTCOME_UNKNOWN, "the plugin " + text);
  }
  Answer answer;
  answer.kind = outcome.kind;
  answer.after_ms = wait_of(outcome.after_ms);
  answer.code = text_of(outcome.code, PERENNIAL_CODE_BYTES_MAX);
  answer.text = text_of(outcome.text, PERENNIAL_TEXT_BYTES_MAX);
  if (outcome.code.size > PERENNIAL_CODE_BYTES_MAX ||
      outcome.text.size > PERENNIAL_TEXT_BYTES_MAX) {
    misuse("gave a code or text beyond its limit, must keep to " +
           std::to_string(PERENNIAL_CODE_BYTES_MAX) + " and " +
           std::to_string(PERENNIAL_TEXT_BYTES_MAX) + " bytes; it is cut");
  }
  answer.token = text_of(outcome.token, limits::attribute_bytes_max);
  const bool has_token = !answer.token.empty() && outcome.token.size == answer.token.size();
  if (answer.kind == PERENNIAL_OUTCOME_PENDING && !has_token) {
    const std::string text = "answered pending without a token of 1 to " +
                             std::to_string(limits::attribute_bytes_max) + " bytes, must give one";
    misuse(text + "; the delivery counts as unknown");
    return misused(PERENNIAL_OUTCOME_UNKNOWN, "the plugin " + text);
  }
  read_receipt(outcome.receipt, false, answer);
  read_body(outcome.body, answer);
  return answer;
}

void SourceReply::begin(const SourceCall& call) {
  result_ = PollResult();
  records_max_ = call.records_max;
  bytes_max_ = call.bytes_max;
  open("poll of source " + std::string(call.source));
}

PollResult SourceReply::end() {
  close();
  return std::move(result_);
}

uint32_t SourceReply::add(const perennial_record* record) {
  const std::size_t count = result_.records.size() + result_.oversize.size();
  if (count >= records_max_) return PERENNIAL_CALL_REFUSED;
  if (count > 0 && result_.records.bytes() >= bytes_max_) return PERENNIAL_CALL_REFUSED;
  return take(record, result_.records, result_.oversize) ? PERENNIAL_CALL_DONE
                                                         : PERENNIAL_CALL_REFUSED;
}

void SourceReply::set_cursor(perennial_view cursor) {
  if (cursor.size > PERENNIAL_CURSOR_BYTES_MAX || (cursor.data == nullptr && cursor.size > 0)) {
    return misuse("gave a cursor of " + std::to_string(cursor.size) + " bytes, must keep to " +
                  std::to_string(PERENNIAL_CURSOR_BYTES_MAX) + "; the cursor stays where it was");
  }
  result_.has_cursor = true;
  result_.cursor = bytes_of(cursor);
}

uint32_t SourceReply::emit(perennial_source_reply* reply, const perennial_record* record) {
  auto& self = *static_cast<SourceReply*>(reply->host_data);
  uint32_t result = PERENNIAL_CALL_REFUSED;
  self.while_open("emit", [&] { result = self.add(record); });
  return result;
}

void SourceReply::cursor(perennial_source_reply* reply, perennial_view cursor) {
  auto& self = *static_cast<SourceReply*>(reply->host_data);
  self.while_open("cursor", [&] { self.set_cursor(cursor); });
}

void SourceReply::explain(perennial_source_reply* reply, const perennial_explanation* explanation) {
  auto& self = *static_cast<SourceReply*>(reply->host_data);
  self.while_open("explain", [&] { self.result_.explanation = self.read(explanation); });
}

void OperationReply::begin(std::string place, std::size_t count) {
  answers_.assign(count, Answer());
  open(std::move(place));
}

std::vector<Answer> OperationReply::end() {
  close();
  return std::move(answers_);
}

void OperationReply::set(uint32_t index, const perennial_outcome* outcome) {
  if (index >= answers_.size()) {
    return misuse("settled delivery " + std::to_string(index) + ", must settle 0 to " +
                  std::to_string(answers_.size() - 1));
  }
  if (answers_[index].kind != 0) {
    return misuse("settled delivery " + std::to_string(index) +
                  " twice, must settle it once; the first answer stands");
  }
  if (outcome == nullptr) return misuse("settled with NULL, must give an outcome");
  answers_[index] = read(*outcome);
}

void OperationReply::settle(perennial_operation_reply* reply, uint32_t index,
                            const perennial_outcome* outcome) {
  auto& self = *static_cast<OperationReply*>(reply->host_data);
  self.while_open("settle", [&] { self.set(index, outcome); });
}

void LookupReply::begin(std::string place, std::size_t count) {
  answers_.assign(count, Answer());
  open(std::move(place));
}

std::vector<Answer> LookupReply::end() {
  close();
  return std::move(answers_);
}

void LookupReply::set(uint32_t index, const perennial_lookup_answer* answer) {
  if (index >= answers_.size()) {
    return misuse("answered for delivery " + std::to_string(index) + ", must answer for 0 to " +
                  std::to_string(answers_.size() - 1));
  }
  Answer& read = answers_[index];
  if (read.kind != 0) {
    return misuse("answered twice for delivery " + std::to_string(index) +
                  ", must answer once; the first answer stands");
  }
  if (answer == nullptr) return misuse("answered with NULL, must give an answer");
  if (answer->kind < PERENNIAL_LOOKUP_DONE || answer->kind > PERENNIAL_LOOKUP_SEVERAL) {
    const std::string text = "answered with lookup kind " + std::to_string(answer->kind) +
                             ", must use one of perennial_lookup_kind (1 to 5)";
    misuse(text + "; the answer counts as cannot_tell");
    read = misused(PERENNIAL_LOOKUP_CANNOT_TELL, "the plugin " + text);
    return;
  }
  read.kind = answer->kind;
  read.after_ms = wait_of(answer->after_ms);
  read.code = text_of(answer->code, PERENNIAL_CODE_BYTES_MAX);
  read.text = text_of(answer->text, PERENNIAL_TEXT_BYTES_MAX);
  read_receipt(answer->receipt, answer->kind == PERENNIAL_LOOKUP_SEVERAL, read);
  read_body(answer->body, read);
}

void LookupReply::answer(perennial_lookup_reply* reply, uint32_t index,
                         const perennial_lookup_answer* answer) {
  auto& self = *static_cast<LookupReply*>(reply->host_data);
  self.while_open("answer", [&] { self.set(index, answer); });
}

void WebhookReply::begin(const WebhookCall& call) {
  result_ = WebhookResult();
  open("receive of webhook " + std::string(call.webhook));
}

WebhookResult WebhookReply::end() {
  close();
  return std::move(result_);
}

uint32_t WebhookReply::add(const perennial_record* record) {
  constexpr std::size_t records_max = 1024;
  const std::size_t count = result_.records.size() + result_.oversize.size();
  if (count >= records_max) return PERENNIAL_CALL_REFUSED;
  if (count > 0 && result_.records.bytes() >= limits::credit_bytes) return PERENNIAL_CALL_REFUSED;
  return take(record, result_.records, result_.oversize) ? PERENNIAL_CALL_DONE
                                                         : PERENNIAL_CALL_REFUSED;
}

void WebhookReply::settle(perennial_view token, const perennial_outcome* outcome) {
  if (outcome == nullptr || token.data == nullptr || token.size == 0 ||
      token.size > limits::attribute_bytes_max) {
    return misuse("settled a token without outcome or of a wrong size, must give both");
  }
  if (outcome->kind == PERENNIAL_OUTCOME_PENDING) {
    return misuse("settled a token with pending, must settle it or leave it");
  }
  Answer answer = read(*outcome);
  answer.token = bytes_of(token);
  result_.settled.push_back(std::move(answer));
}

void WebhookReply::set_response(uint32_t status, perennial_view content_type, perennial_view body) {
  if (status < 200 || status > 599 || body.size > PERENNIAL_RECORD_BYTES_MAX) {
    return misuse("responded with HTTP status " + std::to_string(status) + " and " +
                  std::to_string(body.size) +
                  " bytes, must use 200 to 599 and at most 1 MiB; the default answer is sent");
  }
  result_.status = status;
  result_.content_type = text_of(content_type, PERENNIAL_CODE_BYTES_MAX);
  // A line break would end the header that this becomes.
  std::replace_if(
      result_.content_type.begin(), result_.content_type.end(),
      [](unsigned char symbol) { return symbol < 0x20; }, ' ');
  result_.body = bytes_of(body);
}

uint32_t WebhookReply::emit(perennial_webhook_reply* reply, const perennial_record* record) {
  auto& self = *static_cast<WebhookReply*>(reply->host_data);
  uint32_t result = PERENNIAL_CALL_REFUSED;
  self.while_open("emit", [&] { result = self.add(record); });
  return result;
}

void WebhookReply::settle_token(perennial_webhook_reply* reply, perennial_view token,
                                const perennial_outcome* outcome) {
  auto& self = *static_cast<WebhookReply*>(reply->host_data);
  self.while_open("settle_token", [&] { self.settle(token, outcome); });
}

void WebhookReply::respond(perennial_webhook_reply* reply, uint32_t status,
                           perennial_view content_type, perennial_view body) {
  auto& self = *static_cast<WebhookReply*>(reply->host_data);
  self.while_open("respond", [&] { self.set_response(status, content_type, body); });
}

void WebhookReply::explain(perennial_webhook_reply* reply,
                           const perennial_explanation* explanation) {
  auto& self = *static_cast<WebhookReply*>(reply->host_data);
  self.while_open("explain", [&] { self.result_.explanation = self.read(explanation); });
}

void HealthReply::begin() {
  findings_.clear();
  open("check of health");
}

std::vector<HealthFinding> HealthReply::end() {
  close();
  return std::move(findings_);
}

void HealthReply::finding(perennial_health_reply* reply, uint32_t level, perennial_view name,
                          perennial_view text) {
  auto& self = *static_cast<HealthReply*>(reply->host_data);
  self.while_open("finding", [&] {
    constexpr std::size_t findings_max = 256;
    if (self.findings_.size() >= findings_max) return;
    if (level < PERENNIAL_LEVEL_DEBUG || level > PERENNIAL_LEVEL_ERROR) {
      self.misuse("gave a finding of level " + std::to_string(level) +
                  ", must use one of perennial_level (1 to 4); it counts as an error");
      level = PERENNIAL_LEVEL_ERROR;
    }
    self.findings_.push_back(
        {level, text_of(name, PERENNIAL_NAME_BYTES_MAX), text_of(text, PERENNIAL_TEXT_BYTES_MAX)});
  });
}

}  // namespace perennial::host
