// Glue between the plugin boundary and the Stripe client.
#include <memory>

#include "perennial/connector.hpp"
#include "plugins/billing/client.hpp"
#include "plugins/billing/webhook.hpp"

namespace perennial::plugins::billing {
namespace {

class Billing final : public sdk::Connector,
                      public sdk::Source,
                      public sdk::Operations,
                      public sdk::Lookup,
                      public sdk::Webhooks,
                      public sdk::Health {
 public:
  explicit Billing(const sdk::Host& host) : Connector(host) {}

  sdk::Readiness configure(std::string_view bytes) override {
    const sdk::Decoded decoded = sdk::decode(bytes);
    if (!decoded) return sdk::Readiness::refused(decoded.error);
    common::Parsed<Config> config = read_config(decoded.value);
    if (!config) return sdk::Readiness::refused(config.error());
    config_ = std::move(*config);
    return sdk::Readiness::ready();
  }

  sdk::Readiness start() override {
    const common::SecretReader secrets = common::secret_reader(host());
    transport_ = std::make_unique<common::CurlTransport>(config_.connection.curl);
    caller_ = std::make_unique<Caller>(config_, secrets, *transport_);
    client_ = std::make_unique<Client>(*caller_);
    events_ = std::make_unique<Events>(config_, *caller_);
    webhook_ = std::make_unique<Webhook>(config_, secrets, *events_);
    return sdk::Readiness::ready();
  }

  void stop() override {
    webhook_.reset();
    events_.reset();
    client_.reset();
    caller_.reset();
    transport_.reset();
  }

  sdk::SourceResult poll(const sdk::SourceCall& call, sdk::SourceReply& reply) override {
    if (call.source == "events") return events_->poll(call, reply);
    common::unlisted("source", call.source);
  }

  void execute(const sdk::OperationCall& call, sdk::OperationReply& reply) override {
    common::settle_each(call, reply, [&](const common::Request& request) {
      if (call.operation() == "renew_subscription") return client_->renew_subscription(request);
      if (call.operation() == "issue_invoice") return client_->issue_invoice(request);
      common::unlisted("operation", call.operation());
    });
  }

  void lookup(const sdk::OperationCall& call, sdk::LookupReply& reply) override {
    common::answer_each(call, reply, [&](const common::Request& request) {
      if (call.operation() == "renew_subscription") return client_->find_renewal(request);
      if (call.operation() == "issue_invoice") return client_->find_invoice(request);
      common::unlisted("operation", call.operation());
    });
  }

  sdk::WebhookResult receive(const sdk::WebhookCall& call, sdk::WebhookReply& reply) override {
    if (call.webhook() == "events") return webhook_->receive(call, reply);
    common::unlisted("webhook", call.webhook());
  }

  void check(std::int64_t deadline_ms, sdk::HealthReply& reply) override {
    client_->check(common::Deadline(deadline_ms), reply);
  }

 private:
  Config config_;
  std::unique_ptr<common::CurlTransport> transport_;
  std::unique_ptr<Caller> caller_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Events> events_;
  std::unique_ptr<Webhook> webhook_;
};

}  // namespace
}  // namespace perennial::plugins::billing

PERENNIAL_PLUGIN(perennial::plugins::billing::Billing, "billing", "0.1.0")
