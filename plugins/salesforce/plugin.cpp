// Glue between the plugin boundary and the Salesforce client.
#include <memory>

#include "perennial/connector.hpp"
#include "plugins/salesforce/checks.hpp"
#include "plugins/salesforce/client.hpp"
#include "plugins/salesforce/records.hpp"

namespace perennial::plugins::salesforce {
namespace {

class Salesforce final : public sdk::Connector,
                         public sdk::Source,
                         public sdk::Operations,
                         public sdk::Lookup,
                         public sdk::Health {
 public:
  explicit Salesforce(const sdk::Host& host) : Connector(host) {}

  sdk::Readiness configure(std::string_view bytes) override {
    const sdk::Decoded decoded = sdk::decode(bytes);
    if (!decoded) return sdk::Readiness::refused(decoded.error);
    common::Parsed<Config> config = read_config(decoded.value);
    if (!config) return sdk::Readiness::refused(config.error());
    config_ = std::move(*config);
    return sdk::Readiness::ready();
  }

  sdk::Readiness start() override {
    transport_ = std::make_unique<common::CurlTransport>(config_.connection.curl);
    org_ = std::make_unique<Org>(config_, common::secret_reader(host()), *transport_);
    client_ = std::make_unique<Client>(*org_);
    opportunities_ = std::make_unique<Records>(*org_, opportunity_feed(config_));
    quotes_ = std::make_unique<Records>(*org_, quote_feed(config_));
    return sdk::Readiness::ready();
  }

  void stop() override {
    quotes_.reset();
    opportunities_.reset();
    client_.reset();
    org_.reset();
    transport_.reset();
  }

  sdk::SourceResult poll(const sdk::SourceCall& call, sdk::SourceReply& reply) override {
    if (call.source == "opportunities") return opportunities_->poll(call, reply);
    if (call.source == "quotes") return quotes_->poll(call, reply);
    common::unlisted("source", call.source);
  }

  void execute(const sdk::OperationCall& call, sdk::OperationReply& reply) override {
    if (call.operation() != "update_opportunity") common::unlisted("operation", call.operation());
    client_->update_opportunities(call, reply);
  }

  void lookup(const sdk::OperationCall& call, sdk::LookupReply& reply) override {
    if (call.operation() != "update_opportunity") common::unlisted("operation", call.operation());
    client_->find_updates(call, reply);
  }

  void check(std::int64_t deadline_ms, sdk::HealthReply& reply) override {
    const common::Deadline deadline(deadline_ms);
    check_org(*org_, Moment{deadline, common::unix_ms()}, reply);
  }

 private:
  Config config_;
  std::unique_ptr<common::CurlTransport> transport_;
  std::unique_ptr<Org> org_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Records> opportunities_;
  std::unique_ptr<Records> quotes_;
};

}  // namespace
}  // namespace perennial::plugins::salesforce

PERENNIAL_PLUGIN(perennial::plugins::salesforce::Salesforce, "salesforce", "0.1.0")
