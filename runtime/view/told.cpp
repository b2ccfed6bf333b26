#include "runtime/view/told.hpp"

#include "runtime/event/cursor.hpp"
#include "runtime/event/event.hpp"
#include "runtime/view/time_text.hpp"

namespace perennial::view {
namespace {

std::string with_code(std::string_view code, std::string_view text) {
  if (code.empty()) return std::string(text);
  return std::string(code) + (text.empty() ? "" : ": " + std::string(text));
}

std::string attempt_text(std::uint32_t attempt) {
  return attempt <= 1 ? std::string() : " (attempt " + std::to_string(attempt) + ")";
}

std::string by_whom(std::string_view by, std::string_view why) {
  return " by " + std::string(by) + (why.empty() ? "" : ": " + std::string(why));
}

// "10:00:05.250": when something is due, on the same day as a rule.
std::string clock_text(TimeMs time) {
  const std::string text = to_time_text(time);
  return text.size() < 23 ? text : text.substr(11, 12);
}

}  // namespace

void each_plain_field(ByteView map, const EachField& each) {
  event::Cursor cursor(map);
  if (cursor.kind() != event::Kind::map) return;
  for (std::uint32_t pairs = cursor.map(); pairs > 0 && cursor.ok(); --pairs) {
    if (cursor.kind() != event::Kind::text) {
      cursor.skip();
      cursor.skip();
      continue;
    }
    const std::string_view name = cursor.text();
    if (cursor.kind() == event::Kind::text) {
      each(name, std::string(cursor.text()));
    } else if (cursor.kind() == event::Kind::integer) {
      each(name, std::to_string(cursor.integer()));
    } else {
      cursor.skip();
    }
  }
}

std::string receipt_text(ByteView receipt) {
  std::string text;
  each_plain_field(receipt, [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    text += (text.empty() ? "" : ", ") + std::string(name) + " " + value;
  });
  return text;
}

std::string_view word_of(state::Settled how) {
  switch (how) {
    case state::Settled::done:
      return "done";
    case state::Settled::already_done:
      return "already done";
    case state::Settled::found:
      return "found done";
  }
  return "done";
}

std::string_view word_of(state::Flow flow) {
  switch (flow) {
    case state::Flow::running:
      return "running";
    case state::Flow::paused:
      return "paused";
    case state::Flow::draining:
      return "draining";
  }
  return "running";
}

std::string told(const state::DeliveryDone& record) {
  std::string text(word_of(record.how));
  const std::string receipt = receipt_text(record.receipt);
  if (!receipt.empty()) text += ": " + receipt;
  return text + attempt_text(record.attempt);
}

std::string told(const state::DeliveryDeferred& record) {
  std::string text(record.cause);
  const std::string said = with_code(record.code, record.text);
  if (!said.empty()) text += ": " + said;
  return text + attempt_text(record.attempt) + "; again at " + clock_text(record.due);
}

std::string told(const state::DeliveryUncertain& record) {
  const std::string said = with_code(record.code, record.text);
  return "nobody knows yet whether it was applied" + (said.empty() ? "" : " (" + said + ")") +
         attempt_text(record.attempt) + "; the remote is asked at " + clock_text(record.due);
}

std::string told(const state::DeliveryPending& record) {
  return "the remote works on it" + attempt_text(record.attempt) + "; asked again at " +
         clock_text(record.due);
}

std::string told(const state::DeliveryRetried& record) {
  return std::string(record.by_lookup ? "looked up again" : "tried again") +
         by_whom(record.by, record.why);
}

std::string told(const state::DeliverySkipped& record) {
  return "given up" + by_whom(record.by, record.why);
}

std::string told(const state::DeliveryConfirmed& /*record*/) {
  return "a second look at the remote is over";
}

std::string told(const state::OutcomeLate& record) {
  const std::string receipt = receipt_text(record.receipt);
  return "late answer to attempt " + std::to_string(record.attempt) + ": " +
         with_code(record.kind, record.code) + (receipt.empty() ? "" : ", " + receipt);
}

std::string told(const state::ExceptionOpened& record) {
  return std::string(record.cause) + ": " + with_code(record.code, record.text) + " (owner " +
         std::string(record.owner) + ")";
}

std::string told(const state::ExceptionRepeated& record) {
  return with_code(record.cause, record.text);
}

std::string told(const state::ExceptionClosed& record) {
  return std::string(record.how) + by_whom(record.by, record.why);
}

std::string told(const state::CursorSet& record) {
  const std::string cursor =
      event::is_utf8(record.cursor) ? std::string(record.cursor) : "(binary)";
  const std::string from =
      record.cursor.empty() ? "to start " + std::string(record.start) : "to cursor " + cursor;
  return "source " + std::string(record.source) + " was moved " + from +
         by_whom(record.by, record.why);
}

std::string told(const state::ConnectorFlowSet& record) {
  return std::string(word_of(record.flow)) + by_whom(record.by, record.why);
}

}  // namespace perennial::view
