// The next term of a subscription: as a phase of its schedule, or at once when it has begun.
//
// Thread:  any; every method is one delivery and keeps nothing.
// Errors:  an Outcome or LookupAnswer says what became of the delivery. No retry, no sleep.
// Format:  docs.stripe.com/billing/subscriptions/subscription-schedules and
//          docs.stripe.com/api/subscription_schedules. "Now" is Stripe's own, from the Date of its
//          answers, so that a test clock or a wrong clock here does not decide.
#ifndef PERENNIAL_PLUGINS_BILLING_RENEWALS_HPP
#define PERENNIAL_PLUGINS_BILLING_RENEWALS_HPP

#include "plugins/billing/caller.hpp"

namespace perennial::plugins::billing {

class Renewals {
 public:
  explicit Renewals(Caller& caller) : caller_(caller) {}

  // {"subscription": "sub_1", "starts": 1796083200, "params": {"cancel_at": .., "metadata": {..},
  // "proration_behavior": ..}, "items": [{"price": .., "quantity": ..}]}. Without `starts` the
  // change is made at once; without `items` the subscription keeps its own.
  sdk::Outcome renew(const common::Request& request);
  sdk::LookupAnswer find(const common::Request& request);

 private:
  sdk::Outcome update(const common::Request& request, const common::Json& subscription);
  sdk::Outcome plan(const common::Request& request, const common::Json& subscription,
                    std::int64_t now_s);
  common::Answer<common::Json> schedule_of(const common::Request& request,
                                           const common::Json& subscription);
  common::Answer<std::vector<common::Json>> schedules_of(const common::Request& request,
                                                         const std::string& customer);

  Caller& caller_;
};

}  // namespace perennial::plugins::billing

#endif
