// Why a call to a remote did not do what it was for, in the runtime's words.
//
// Errors:  a Fault is the one error type of all clients; `kind` is never done, already_done or
//          pending. Fault tables (faults.cpp of each connector) make it from the vendor's answer.
#ifndef PERENNIAL_PLUGINS_COMMON_FAULT_HPP
#define PERENNIAL_PLUGINS_COMMON_FAULT_HPP

#include <string>
#include <tl/expected.hpp>

#include "perennial/types.hpp"
#include "plugins/common/transport.hpp"

namespace perennial::plugins::common {

struct Fault {
  sdk::OutcomeKind kind = sdk::OutcomeKind::unknown;
  std::string code = {};
  std::string text = {};
  std::int64_t after_ms = -1;
  int status = 0;  // of the answer that says so; 0 when there was none that could be read
};

template <class Value>
using Answer = tl::expected<Value, Fault>;

// Kinds by their short names, so that a fault table reads as a table.
namespace kinds {
inline constexpr auto rejected = sdk::OutcomeKind::rejected;
inline constexpr auto try_again = sdk::OutcomeKind::try_again;
inline constexpr auto throttled = sdk::OutcomeKind::throttled;
inline constexpr auto unauthorized = sdk::OutcomeKind::unauthorized;
inline constexpr auto not_connected = sdk::OutcomeKind::not_connected;
inline constexpr auto unknown = sdk::OutcomeKind::unknown;
}  // namespace kinds

// Surely not sent is not_connected; anything else is unknown.
Fault fault_of(const TransportFailure& failure);

// A read changes nothing, so an answer that got lost proves only that it must be read again.
Fault as_read(Fault fault);

// An answer with a 2xx status whose body cannot be used: the effect may well have been applied.
Fault unreadable_answer(std::string_view why);

// The budget of the call ran out before this request was sent.
Fault deadline_passed();

sdk::Outcome outcome_of(const Fault& fault);
sdk::LookupAnswer lookup_answer_of(const Fault& fault);

// Explains the fault and gives the result of the poll.
sdk::SourceResult source_result_of(const Fault& fault, sdk::SourceReply& reply);

}  // namespace perennial::plugins::common

#endif
