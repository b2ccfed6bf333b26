// The reply tables that are lent to a plugin for one call, and what it puts into them.
//
// Place:   connector.cpp lends one for each call.
// Thread:  a reply may be used from any thread of the plugin while its call runs; a use after the
//          call is told as misuse and changes nothing. Replies are never freed before the
//          connector, and returned ones wait a while for their next call, so that a late use finds
//          them closed.
// Errors:  what breaks the boundary's rules goes to the misuse callback and becomes the answer that
//          the boundary names for it.
#pragma once

#include <perennial/plugin.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/host/plugin_calls.hpp"

namespace perennial::host {

// Tells what the plugin did and what it must do; the callback adds who.
using TellMisuse = std::function<void(const std::string& text)>;

// Bytes of a view that was checked for size and NULL; text is cut to `max` and made valid UTF-8.
[[nodiscard]] ByteView bytes_of(const perennial_view& view);
[[nodiscard]] std::string text_of(const perennial_view& view, std::size_t max);

class ReplyBase {
 public:
  explicit ReplyBase(const TellMisuse& tell) : tell_(tell) {}

 protected:
  void open(std::string place);
  void close();
  // Runs `use` under the reply's lock, or tells that the call is over.
  template <typename Use>
  void while_open(const char* function, Use use) {
    const std::lock_guard lock(mutex_);
    if (is_open_) return use();
    tell_(std::string("called ") + function + " after the call had returned, must answer before");
  }
  void misuse(const std::string& text) const { tell_("in " + place_ + ": " + text); }
  [[nodiscard]] Explanation read(const perennial_explanation* explanation) const;
  // False when the record was refused.
  bool take(const perennial_record* record, RecordBatch& records,
            std::vector<OversizeRecord>& oversize) const;
  [[nodiscard]] Answer read(const perennial_outcome& outcome) const;
  void read_receipt(const perennial_view& receipt, bool may_be_array, Answer& answer) const;
  void read_body(const perennial_view& body, Answer& answer) const;

 private:
  const TellMisuse& tell_;
  std::mutex mutex_;
  bool is_open_ = false;
  std::string place_;
};

class SourceReply : public ReplyBase {
 public:
  using ReplyBase::ReplyBase;
  void begin(const SourceCall& call);
  [[nodiscard]] PollResult end();
  perennial_source_reply* table() { return &table_; }

 private:
  static uint32_t emit(perennial_source_reply* reply, const perennial_record* record);
  static void cursor(perennial_source_reply* reply, perennial_view cursor);
  static void explain(perennial_source_reply* reply, const perennial_explanation* explanation);
  uint32_t add(const perennial_record* record);
  void set_cursor(perennial_view cursor);

  perennial_source_reply table_{this, &emit, &cursor, &explain};
  std::uint32_t records_max_ = 0;
  std::uint32_t bytes_max_ = 0;
  PollResult result_;
};

// Of execute, poll and cancel.
class OperationReply : public ReplyBase {
 public:
  using ReplyBase::ReplyBase;
  void begin(std::string place, std::size_t count);
  // One answer for each delivery; kind 0 where the plugin gave none.
  [[nodiscard]] std::vector<Answer> end();
  perennial_operation_reply* table() { return &table_; }

 private:
  static void settle(perennial_operation_reply* reply, uint32_t index,
                     const perennial_outcome* outcome);
  void set(uint32_t index, const perennial_outcome* outcome);

  perennial_operation_reply table_{this, &settle};
  std::vector<Answer> answers_;
};

class LookupReply : public ReplyBase {
 public:
  using ReplyBase::ReplyBase;
  void begin(std::string place, std::size_t count);
  [[nodiscard]] std::vector<Answer> end();
  perennial_lookup_reply* table() { return &table_; }

 private:
  static void answer(perennial_lookup_reply* reply, uint32_t index,
                     const perennial_lookup_answer* answer);
  void set(uint32_t index, const perennial_lookup_answer* answer);

  perennial_lookup_reply table_{this, &answer};
  std::vector<Answer> answers_;
};

class WebhookReply : public ReplyBase {
 public:
  using ReplyBase::ReplyBase;
  void begin(const WebhookCall& call);
  [[nodiscard]] WebhookResult end();
  perennial_webhook_reply* table() { return &table_; }

 private:
  static uint32_t emit(perennial_webhook_reply* reply, const perennial_record* record);
  static void settle_token(perennial_webhook_reply* reply, perennial_view token,
                           const perennial_outcome* outcome);
  static void respond(perennial_webhook_reply* reply, uint32_t status, perennial_view content_type,
                      perennial_view body);
  static void explain(perennial_webhook_reply* reply, const perennial_explanation* explanation);
  uint32_t add(const perennial_record* record);
  void settle(perennial_view token, const perennial_outcome* outcome);
  void set_response(uint32_t status, perennial_view content_type, perennial_view body);

  perennial_webhook_reply table_{this, &emit, &settle_token, &respond, &explain};
  WebhookResult result_;
};

class HealthReply : public ReplyBase {
 public:
  using ReplyBase::ReplyBase;
  void begin();
  [[nodiscard]] std::vector<HealthFinding> end();
  perennial_health_reply* table() { return &table_; }

 private:
  static void finding(perennial_health_reply* reply, uint32_t level, perennial_view name,
                      perennial_view text);
  perennial_health_reply table_{this, &finding};
  std::vector<HealthFinding> findings_;
};

// Lends replies of one kind.
template <typename Reply>
class ReplyPool {
 public:
  explicit ReplyPool(const TellMisuse& tell) : tell_(tell) {}

  class Loan {
   public:
    explicit Loan(ReplyPool& pool) : pool_(pool), reply_(pool.take()) {}
    ~Loan() { pool_.give_back(reply_); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Reply* operator->() const { return reply_; }

   private:
    ReplyPool& pool_;
    Reply* reply_;
  };

 private:
  // A returned reply rests until this many others were returned after it.
  static constexpr std::size_t resting_min = 16;

  Reply* take() {
    const std::lock_guard lock(mutex_);
    if (resting_.size() <= resting_min) {
      return all_.emplace_back(std::make_unique<Reply>(tell_)).get();
    }
    Reply* reply = resting_.front();
    resting_.pop_front();
    return reply;
  }
  void give_back(Reply* reply) {
    const std::lock_guard lock(mutex_);
    resting_.push_back(reply);
  }

  const TellMisuse& tell_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Reply>> all_;
  std::deque<Reply*> resting_;
};

}  // namespace perennial::host
