// Glue between the plugin boundary and the Stripe client.
#include <memory>

#include "perennial/connector.hpp"
#include "plugins/billing/changes.hpp"
#include "plugins/billing/client.hpp"
#include "plugins/billing/renewals.hpp"
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
    changes_ = std::make_unique<Changes>(*caller_);
    renewals_ = std::make_unique<Renewals>(*caller_);
    events_ = std::make_unique<Events>(config_, *caller_);
    webhook_ = std::make_unique<Webhook>(config_, secrets, *events_);
    return sdk::Readiness::ready();
  }

  void stop() override {
    webhook_.reset();
    events_.reset();
    renewals_.reset();
    changes_.reset();
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
      return perform(call.operation(), request);
    });
  }

  void lookup(const sdk::OperationCall& call, sdk::LookupReply& reply) override {
    common::answer_each(call, reply, [&](const common::Request& request) {
      return find(call.operation(), request);
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
  sdk::Outcome perform(std::string_view operation, const common::Request& request) {
    const bool is_subscription =
        operation == "renew_subscription" || operation == "change_subscription";
    if (is_subscription) return renewals_->renew(request);
    if (operation == "issue_invoice") return client_->issue_invoice(request);
    if (operation == "void_invoice") return changes_->void_invoice(request);
    if (operation == "credit_invoice") return changes_->credit_invoice(request);
    if (operation == "refund_payment") return changes_->refund_payment(request);
    if (operation == "report_usage") return changes_->report_usage(request);
    common::unlisted("operation", operation);
  }

  sdk::LookupAnswer find(std::string_view operation, const common::Request& request) {
    const bool is_subscription =
        operation == "renew_subscription" || operation == "change_subscription";
    if (is_subscription) return renewals_->find(request);
    if (operation == "issue_invoice") return client_->find_invoice(request);
    if (operation == "void_invoice") return changes_->find_void(request);
    if (operation == "credit_invoice") return changes_->find_credit(request);
    if (operation == "refund_payment") return changes_->find_refund(request);
    common::unlisted("operation", operation);
  }

  Config config_;
  std::unique_ptr<common::CurlTransport> transport_;
  std::unique_ptr<Caller> caller_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Changes> changes_;
  std::unique_ptr<Renewals> renewals_;
  std::unique_ptr<Events> events_;
  std::unique_ptr<Webhook> webhook_;
};

}  // namespace
}  // namespace perennial::plugins::billing

PERENNIAL_PLUGIN(perennial::plugins::billing::Billing, "billing", "0.1.0")
