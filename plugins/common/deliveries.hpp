// From the deliveries of a call to one function for each, with the payload already read.
//
// Errors:  a payload that is no msgpack map is rejected (or, in a lookup, cannot be told) here.
#ifndef PERENNIAL_PLUGINS_COMMON_DELIVERIES_HPP
#define PERENNIAL_PLUGINS_COMMON_DELIVERIES_HPP

#include "perennial/connector.hpp"
#include "plugins/common/fault.hpp"
#include "plugins/common/json.hpp"
#include "plugins/common/oauth.hpp"
#include "plugins/common/time.hpp"

namespace perennial::plugins::common {

// One delivery as a client needs it.
struct Request {
  std::string_view key;
  const Json& payload;
  std::uint32_t attempt;
  const Deadline& deadline;
  std::int64_t now_ms;
};

inline Answer<Json> payload_of(const sdk::Delivery& delivery) {
  Parsed<Json> payload = json_of_msgpack(delivery.payload);
  if (payload && payload->is_object()) return std::move(*payload);
  return tl::unexpected(Fault{kinds::rejected, "payload_unreadable",
                              payload ? "the payload is no map" : payload.error()});
}

// `perform(Request) -> sdk::Outcome` for each delivery of an operation call.
template <class Perform>
void settle_each(const sdk::OperationCall& call, sdk::OperationReply& reply, Perform perform) {
  const Deadline deadline(call.deadline_ms());
  for (std::uint32_t index = 0; index < call.count(); ++index) {
    const sdk::Delivery delivery = call.delivery(index);
    const Answer<Json> payload = payload_of(delivery);
    reply.settle(index, payload ? perform(Request{delivery.key, *payload, delivery.attempt,
                                                  deadline, call.now_ms()})
                                : outcome_of(payload.error()));
  }
}

// `find(Request) -> sdk::LookupAnswer` for each delivery of a lookup call.
template <class Find>
void answer_each(const sdk::OperationCall& call, sdk::LookupReply& reply, Find find) {
  const Deadline deadline(call.deadline_ms());
  for (std::uint32_t index = 0; index < call.count(); ++index) {
    const sdk::Delivery delivery = call.delivery(index);
    const Answer<Json> payload = payload_of(delivery);
    reply.answer(index, payload ? find(Request{delivery.key, *payload, delivery.attempt, deadline,
                                               call.now_ms()})
                                : lookup_answer_of(payload.error()));
  }
}

inline sdk::Outcome refused(std::string code, std::string text) {
  return outcome_of({kinds::rejected, std::move(code), std::move(text)});
}

inline sdk::Outcome settled(sdk::OutcomeKind kind, const Json& receipt, const Json& body) {
  sdk::Outcome outcome;
  outcome.kind = kind;
  outcome.receipt = msgpack_of(receipt);
  outcome.body = msgpack_of(body);
  return outcome;
}

// The manifest and the code disagree about the name of an operation.
[[noreturn]] inline void unlisted(std::string_view kind, std::string_view name) {
  throw std::invalid_argument("the manifest names a " + std::string(kind) + " `" +
                              std::string(name) + "` that the code does not have");
}

inline SecretReader secret_reader(const sdk::Host& host) {
  return [host](std::string_view field) { return host.secret(field); };
}

}  // namespace perennial::plugins::common

#endif
