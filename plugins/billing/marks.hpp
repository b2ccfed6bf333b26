// What marks an object as the effect of a delivery, and the keys of the steps that make it.
//
// Format:  metadata of Stripe's objects; lookups find it by listing, because Stripe's search may
//          lag by minutes (docs.stripe.com/search, "Data freshness").
#ifndef PERENNIAL_PLUGINS_BILLING_MARKS_HPP
#define PERENNIAL_PLUGINS_BILLING_MARKS_HPP

#include "plugins/common/deliveries.hpp"

namespace perennial::plugins::billing {

inline constexpr const char* key_field = "renewal_key";
inline constexpr const char* renewal_field = "renewal_number";

inline std::string derived_key(const common::Request& request, std::string_view step) {
  return std::string(request.key) + ":" + std::string(step);
}

// A lost answer of a step that nobody can notice: the repetition under the same derived keys
// continues there. An answered 500 is kept under its key and would be replayed, so it stays unknown
// until a lookup lets the runtime choose a new key.
inline common::Fault before_effect(common::Fault fault) {
  return fault.status == 0 ? common::as_read(std::move(fault)) : fault;
}

inline sdk::LookupAnswer found(const common::Json& receipt, const common::Json& body) {
  sdk::LookupAnswer answer;
  answer.kind = sdk::LookupKind::done;
  answer.matches = 1;
  answer.receipt = common::msgpack_of(receipt);
  answer.body = common::msgpack_of(body);
  return answer;
}

inline sdk::LookupAnswer absent(std::string text) {
  sdk::LookupAnswer answer;
  answer.kind = sdk::LookupKind::absent;
  answer.text = std::move(text);
  return answer;
}

}  // namespace perennial::plugins::billing

#endif
