#include "tests/plugins/support/replies.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace perennial::tests {

using sdk::view;

Json json_of(std::string_view msgpack) {
  if (msgpack.empty()) return nullptr;
  const auto parsed = plugins::common::json_of_msgpack(msgpack);
  EXPECT_TRUE(parsed.has_value()) << parsed.error();
  return parsed ? *parsed : Json();
}

Deliveries& Deliveries::add(std::string key, const Json& payload, std::uint32_t attempt) {
  perennial_delivery delivery{};
  delivery.key = view(std::string_view(held_.emplace_back(std::move(key))));
  delivery.payload =
      view(std::string_view(held_.emplace_back(plugins::common::msgpack_of(payload))));
  delivery.attempt = attempt;
  deliveries_.push_back(delivery);
  return *this;
}

perennial_operation_call Deliveries::call(std::string_view operation, std::int64_t now_ms,
                                          std::int64_t deadline_ms) {
  perennial_operation_call call{};
  call.operation = view(std::string_view(held_.emplace_back(operation)));
  call.deliveries = deliveries_.data();
  call.count = static_cast<std::uint32_t>(deliveries_.size());
  call.now_ms = now_ms;
  call.deadline_ms = deadline_ms;
  return call;
}

OperationRecorder::OperationRecorder() {
  reply_.host_data = this;
  reply_.settle = [](perennial_operation_reply* reply, std::uint32_t index,
                     const perennial_outcome* outcome) {
    auto& self = *static_cast<OperationRecorder*>(reply->host_data);
    ++self.count_;
    self.settled_[index] = {static_cast<sdk::OutcomeKind>(outcome->kind),
                            std::string(view(outcome->code)),
                            std::string(view(outcome->text)),
                            json_of(view(outcome->receipt)),
                            json_of(view(outcome->body)),
                            outcome->after_ms};
  };
}

LookupRecorder::LookupRecorder() {
  reply_.host_data = this;
  reply_.answer = [](perennial_lookup_reply* reply, std::uint32_t index,
                     const perennial_lookup_answer* answer) {
    static_cast<LookupRecorder*>(reply->host_data)->answered_[index] = {
        static_cast<sdk::LookupKind>(answer->kind),
        answer->matches,
        std::string(view(answer->code)),
        std::string(view(answer->text)),
        json_of(view(answer->receipt)),
        json_of(view(answer->body))};
  };
}

SourceRecorder::SourceRecorder(std::size_t records_max) : records_max_(records_max) {
  reply_.host_data = this;
  reply_.emit = [](perennial_source_reply* reply, const perennial_record* record) {
    return static_cast<SourceRecorder*>(reply->host_data)->take(*record);
  };
  reply_.cursor = [](perennial_source_reply* reply, perennial_view cursor) {
    static_cast<SourceRecorder*>(reply->host_data)->cursor_ = view(cursor);
  };
  reply_.explain = [](perennial_source_reply* reply, const perennial_explanation* explanation) {
    static_cast<SourceRecorder*>(reply->host_data)->take(*explanation);
  };
  webhook_reply_.host_data = this;
  webhook_reply_.emit = [](perennial_webhook_reply* reply, const perennial_record* record) {
    return static_cast<SourceRecorder*>(reply->host_data)->take(*record);
  };
  webhook_reply_.explain = [](perennial_webhook_reply* reply,
                              const perennial_explanation* explanation) {
    static_cast<SourceRecorder*>(reply->host_data)->take(*explanation);
  };
  webhook_reply_.settle_token = [](perennial_webhook_reply*, perennial_view,
                                   const perennial_outcome*) {
    ADD_FAILURE() << "no delivery is pending in these tests";
  };
  webhook_reply_.respond = [](perennial_webhook_reply*, std::uint32_t, perennial_view,
                              perennial_view) {
    ADD_FAILURE() << "the default answers are right for these tests";
  };
}

std::uint32_t SourceRecorder::take(const perennial_record& record) {
  if (records_.size() >= records_max_) return PERENNIAL_CALL_REFUSED;
  records_.push_back({record.form, std::string(view(record.id)), json_of(view(record.body))});
  return PERENNIAL_CALL_DONE;
}

void SourceRecorder::take(const perennial_explanation& explanation) {
  explained_ = {std::string(view(explanation.code)), std::string(view(explanation.text)),
                std::string(view(explanation.gap_from)), std::string(view(explanation.gap_to)),
                explanation.after_ms};
}

HealthRecorder::HealthRecorder() {
  reply_.host_data = this;
  reply_.finding = [](perennial_health_reply* reply, std::uint32_t level, perennial_view name,
                      perennial_view text) {
    static_cast<HealthRecorder*>(reply->host_data)
        ->findings_.emplace_back(level, std::string(view(name)) + ": " + std::string(view(text)));
  };
}

std::size_t HealthRecorder::errors() const {
  return static_cast<std::size_t>(
      std::count_if(findings_.begin(), findings_.end(),
                    [](const auto& finding) { return finding.first == PERENNIAL_LEVEL_ERROR; }));
}

}  // namespace perennial::tests
