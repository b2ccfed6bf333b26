// Events that Stripe sends by itself: the same records as the source gives.
//
// Thread:  one call at a time.
// Errors:  WebhookResult; the signature is checked before the body is read.
#ifndef PERENNIAL_PLUGINS_BILLING_WEBHOOK_HPP
#define PERENNIAL_PLUGINS_BILLING_WEBHOOK_HPP

#include "plugins/billing/events.hpp"

namespace perennial::plugins::billing {

class Webhook {
 public:
  Webhook(const Config& config, common::SecretReader secrets, Events& events)
      : config_(config), secrets_(std::move(secrets)), events_(events) {}

  sdk::WebhookResult receive(const sdk::WebhookCall& call, sdk::WebhookReply& reply);

 private:
  sdk::WebhookResult check_signature(const sdk::WebhookCall& call, sdk::WebhookReply& reply);

  const Config& config_;
  const common::SecretReader secrets_;
  Events& events_;
};

}  // namespace perennial::plugins::billing

#endif
