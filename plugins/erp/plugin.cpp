// Glue between the plugin boundary and the SAP client.
#include <memory>

#include "perennial/connector.hpp"
#include "plugins/common/deliveries.hpp"
#include "plugins/erp/client.hpp"
#include "plugins/erp/postings.hpp"

namespace perennial::plugins::erp {
namespace {

class Erp final : public sdk::Connector,
                  public sdk::Source,
                  public sdk::Operations,
                  public sdk::Lookup,
                  public sdk::Health {
 public:
  explicit Erp(const sdk::Host& host) : Connector(host) {}

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
    postings_ = std::make_unique<Postings>(config_, client_->session());
    return sdk::Readiness::ready();
  }

  void stop() override {
    postings_.reset();
    client_.reset();
    transport_.reset();
  }

  sdk::SourceResult poll(const sdk::SourceCall& call, sdk::SourceReply& reply) override {
    if (call.source == "postings") return postings_->poll(call, reply);
    common::unlisted("source", call.source);
  }

  void execute(const sdk::OperationCall& call, sdk::OperationReply& reply) override {
    common::settle_each(call, reply, [&](const common::Request& request) {
      if (call.operation() == "create_order") return client_->create_order(request);
      if (call.operation() == "release_order") return client_->release_order(request);
      if (call.operation() == "book_invoice") return client_->book_invoice(request);
      common::unlisted("operation", call.operation());
    });
  }

  void lookup(const sdk::OperationCall& call, sdk::LookupReply& reply) override {
    common::answer_each(call, reply, [&](const common::Request& request) {
      if (call.operation() == "create_order") return client_->find_order(request);
      if (call.operation() == "release_order") return client_->find_release(request);
      if (call.operation() == "book_invoice") return client_->find_booking(request);
      common::unlisted("operation", call.operation());
    });
  }

  void check(std::int64_t deadline_ms, sdk::HealthReply& reply) override {
    client_->check(common::Deadline(deadline_ms), common::unix_ms(), reply);
  }

 private:
  Config config_;
  std::unique_ptr<common::CurlTransport> transport_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Postings> postings_;
};

}  // namespace
}  // namespace perennial::plugins::erp

PERENNIAL_PLUGIN(perennial::plugins::erp::Erp, "erp", "0.1.0")
