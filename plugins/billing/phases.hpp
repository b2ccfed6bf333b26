// The phases of a subscription schedule with a new term in them. Pure.
//
// Errors:  Fault; a term that no schedule can state is rejected with the reason.
// Format:  docs.stripe.com/api/subscription_schedules/update: phases touch without a gap, past ones
//          may be left out, the one under way keeps its start.
#ifndef PERENNIAL_PLUGINS_BILLING_PHASES_HPP
#define PERENNIAL_PLUGINS_BILLING_PHASES_HPP

#include "plugins/common/fault.hpp"
#include "plugins/common/json.hpp"

namespace perennial::plugins::billing {

struct Term {
  std::int64_t start_s = 0;
  std::int64_t end_s = 0;
  common::Json metadata;  // of the phase; Stripe copies it to the subscription when it begins
  common::Json items;     // [{price, quantity}]; null: those of the phase before
  std::string proration_behavior;
};

// The `phases` to post: what is under way and what follows up to the term, then the term itself.
common::Answer<common::Json> phases_with(const common::Json& schedule, const Term& term,
                                         std::int64_t now_s);

// `items` of an update that turns the lines of `subscription` into `wanted`: known prices keep
// their line, the others are added, what is not wanted is deleted
// (docs.stripe.com/api/subscriptions/update, items).
common::Json changed_items(const common::Json& subscription, const common::Json& wanted);

// The integer at a field; 0 when there is none.
std::int64_t whole_at(const common::Json& object, const char* name);

}  // namespace perennial::plugins::billing

#endif
