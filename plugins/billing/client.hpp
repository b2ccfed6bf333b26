// Invoices in Stripe, over a transport passed in.
//
// Thread:  any; every method is one delivery and keeps nothing.
// Errors:  an Outcome or LookupAnswer says what became of the delivery. No retry, no sleep.
// Format:  docs.stripe.com/api. An effect of several calls gives each its own Idempotency-Key,
//          derived from the delivery's key, so that a repetition continues where the first stopped.
#ifndef PERENNIAL_PLUGINS_BILLING_CLIENT_HPP
#define PERENNIAL_PLUGINS_BILLING_CLIENT_HPP

#include "plugins/billing/caller.hpp"

namespace perennial::plugins::billing {

class Client {
 public:
  explicit Client(Caller& caller) : caller_(caller) {}

  // {"customer": "cus_1", "params": {...}, "lines": [{...}]}: a draft, one invoice item for each
  // line, and the finalized invoice. Nothing reaches the customer before it is finalized.
  sdk::Outcome issue_invoice(const common::Request& request);
  sdk::LookupAnswer find_invoice(const common::Request& request);

  void check(const common::Deadline& deadline, sdk::HealthReply& reply);

 private:
  common::Answer<common::Json> draft(const common::Request& request);
  common::Answer<common::Json> add_lines(const common::Request& request,
                                         const std::string& invoice);
  common::Answer<std::vector<common::Json>> invoices_of(const common::Request& request,
                                                        const std::string& status);
  void remove_stale_drafts(const common::Request& request);
  sdk::Outcome abandon(const common::Request& request, const std::string& invoice,
                       common::Fault fault);

  Caller& caller_;
};

}  // namespace perennial::plugins::billing

#endif
