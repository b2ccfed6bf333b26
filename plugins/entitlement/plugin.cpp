// Glue between the plugin boundary and the SCIM client.
#include <memory>

#include "perennial/connector.hpp"
#include "plugins/entitlement/client.hpp"

namespace perennial::plugins::entitlement {
namespace {

class Entitlement final : public sdk::Connector,
                          public sdk::Operations,
                          public sdk::Lookup,
                          public sdk::Health {
 public:
  explicit Entitlement(const sdk::Host& host) : Connector(host) {}

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
    client_ = std::make_unique<Client>(config_, common::secret_reader(host()), *transport_);
    return sdk::Readiness::ready();
  }

  void stop() override {
    client_.reset();
    transport_.reset();
  }

  void execute(const sdk::OperationCall& call, sdk::OperationReply& reply) override {
    if (call.operation() != "extend") common::unlisted("operation", call.operation());
    common::settle_each(call, reply,
                        [&](const common::Request& request) { return client_->extend(request); });
  }

  void lookup(const sdk::OperationCall& call, sdk::LookupReply& reply) override {
    if (call.operation() != "extend") common::unlisted("operation", call.operation());
    common::answer_each(call, reply, [&](const common::Request& request) {
      return client_->find_extension(request);
    });
  }

  void check(std::int64_t deadline_ms, sdk::HealthReply& reply) override {
    client_->check(common::Deadline(deadline_ms), common::unix_ms(), reply);
  }

 private:
  Config config_;
  std::unique_ptr<common::CurlTransport> transport_;
  std::unique_ptr<Client> client_;
};

}  // namespace
}  // namespace perennial::plugins::entitlement

PERENNIAL_PLUGIN(perennial::plugins::entitlement::Entitlement, "entitlement", "0.1.0")
