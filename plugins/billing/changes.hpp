// Effects of one keyed call: an invoice voided or credited, a payment refunded, usage reported.
//
// Thread:  any; every method is one delivery and keeps nothing.
// Errors:  an Outcome or LookupAnswer says what became of the delivery. No retry, no sleep.
// Format:  docs.stripe.com/api/invoices/void, /api/credit_notes/create, /api/refunds/create,
//          /api/billing/meter-event/create.
#ifndef PERENNIAL_PLUGINS_BILLING_CHANGES_HPP
#define PERENNIAL_PLUGINS_BILLING_CHANGES_HPP

#include "plugins/billing/caller.hpp"

namespace perennial::plugins::billing {

class Changes {
 public:
  explicit Changes(Caller& caller) : caller_(caller) {}

  // {"invoice": "in_1"}: nobody has to pay it any more.
  sdk::Outcome void_invoice(const common::Request& request);
  sdk::LookupAnswer find_void(const common::Request& request);

  // {"params": {...}}: a credit note or a refund, marked with the key.
  sdk::Outcome credit_invoice(const common::Request& request);
  sdk::LookupAnswer find_credit(const common::Request& request);
  sdk::Outcome refund_payment(const common::Request& request);
  sdk::LookupAnswer find_refund(const common::Request& request);

  // {"subscription": "sub_1", "params": {"event_name": .., "timestamp": .., "payload": {"value": ..}}}:
  // the customer of the subscription is looked up when the payload names none.
  sdk::Outcome report_usage(const common::Request& request);

 private:
  sdk::Outcome make(const common::Request& request, const std::string& path, const char* receipt);
  sdk::LookupAnswer find(const common::Request& request, const std::string& path,
                         const char* filter, const char* receipt);

  Caller& caller_;
};

}  // namespace perennial::plugins::billing

#endif
