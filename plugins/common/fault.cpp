#include "plugins/common/fault.hpp"

namespace perennial::plugins::common {

Fault fault_of(const TransportFailure& failure) {
  if (failure.phase == Phase::surely_not_sent) {
    return {kinds::not_connected, failure.code, "the remote cannot be reached: " + failure.text};
  }
  return {kinds::unknown, failure.code,
          "the request was sent, the answer is lost: " + failure.text};
}

Fault as_read(Fault fault) {
  if (fault.kind == kinds::unknown) fault.kind = kinds::try_again;
  return fault;
}

Fault unreadable_answer(std::string_view why) {
  return {kinds::unknown, "answer_unreadable",
          "the remote answered with success, but the answer cannot be read: " + std::string(why)};
}

Fault deadline_passed() {
  return {kinds::try_again, "deadline_passed", "the time of this call was over before the request"};
}

sdk::Outcome outcome_of(const Fault& fault) {
  sdk::Outcome outcome;
  outcome.kind = fault.kind;
  outcome.code = fault.code;
  outcome.text = fault.text;
  outcome.after_ms = fault.after_ms;
  return outcome;
}

sdk::LookupAnswer lookup_answer_of(const Fault& fault) {
  sdk::LookupAnswer answer;
  answer.kind = sdk::LookupKind::cannot_tell;
  answer.code = fault.code;
  answer.text = fault.text;
  answer.after_ms = fault.after_ms;
  return answer;
}

sdk::SourceResult source_result_of(const Fault& fault, sdk::SourceReply& reply) {
  sdk::Explanation explanation;
  explanation.code = fault.code;
  explanation.text = fault.text;
  explanation.after_ms = fault.after_ms;
  reply.explain(explanation);
  switch (fault.kind) {
    case kinds::rejected:
      return sdk::SourceResult::rejected;
    case kinds::throttled:
      return sdk::SourceResult::throttled;
    case kinds::unauthorized:
      return sdk::SourceResult::unauthorized;
    case kinds::not_connected:
      return sdk::SourceResult::not_connected;
    default:
      return sdk::SourceResult::try_again;
  }
}

}  // namespace perennial::plugins::common
