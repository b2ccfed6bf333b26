// Phases of subscription schedules, apart from the endpoints that keep them.
//
// Thread:  pure but for the random ids of new subscription items; the estate's mutex is held.
// Errors:  read_phases gives the vendor's error for the first thing wrong.
// Format:  docs.stripe.com/api/subscription_schedules; docs.stripe.com/billing/subscriptions/
//          subscription-schedules. Phases follow each other without a gap; times are half-open.
#pragma once

#include "sandbox/stripe/billing.hpp"

namespace perennial::sandbox::stripe {

struct PhaseContext {
  const Table& prices;
  std::int64_t now;
  // Where the first phase starts when it does not say so itself.
  std::optional<std::int64_t> start;
};

std::optional<StripeError> read_phases(const PhaseContext& context, const Json& posted,
                                       Json& phases);
// The phase that is under way at that time; null before the first and after the last.
const Json* phase_at(const Json& schedule, std::int64_t at);
// What the vendor does when a phase starts: the subscription takes its lines and settings.
void enter_phase(const Json& phase, const Table& prices, Random& random, std::int64_t now,
                 Json& subscription);

}  // namespace perennial::sandbox::stripe
