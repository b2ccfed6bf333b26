// Glue between the plugin boundary and the generic client.
#include <algorithm>
#include <memory>

#include "perennial/connector.hpp"
#include "plugins/http/client.hpp"
#include "plugins/http/records.hpp"

namespace perennial::plugins::http {
namespace {

constexpr std::string_view operations[] = {"state", "submit", "create", "send", "read"};

void check_operation(std::string_view name) {
  if (std::find(std::begin(operations), std::end(operations), name) != std::end(operations)) return;
  common::unlisted("operation", name);
}

class Http final : public sdk::Connector,
                   public sdk::Source,
                   public sdk::Operations,
                   public sdk::Lookup,
                   public sdk::Health {
 public:
  explicit Http(const sdk::Host& host) : Connector(host) {}

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
    caller_ = std::make_unique<Caller>(config_, common::secret_reader(host()), *transport_);
    client_ = std::make_unique<Client>(config_, *caller_);
    records_ = std::make_unique<Records>(config_, *caller_);
    return sdk::Readiness::ready();
  }

  void stop() override {
    records_.reset();
    client_.reset();
    caller_.reset();
    transport_.reset();
  }

  sdk::SourceResult poll(const sdk::SourceCall& call, sdk::SourceReply& reply) override {
    if (call.source != "records") common::unlisted("source", call.source);
    return records_->poll(call, reply);
  }

  void execute(const sdk::OperationCall& call, sdk::OperationReply& reply) override {
    check_operation(call.operation());
    common::settle_each(call, reply, [&](const common::Request& request) {
      return client_->execute(call.operation(), request);
    });
  }

  void lookup(const sdk::OperationCall& call, sdk::LookupReply& reply) override {
    check_operation(call.operation());
    common::answer_each(call, reply, [&](const common::Request& request) {
      return client_->find(call.operation(), request);
    });
  }

  void check(std::int64_t deadline_ms, sdk::HealthReply& reply) override {
    client_->check(common::Deadline(deadline_ms), common::unix_ms(), reply);
  }

 private:
  Config config_;
  std::unique_ptr<common::CurlTransport> transport_;
  std::unique_ptr<Caller> caller_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Records> records_;
};

}  // namespace
}  // namespace perennial::plugins::http

PERENNIAL_PLUGIN(perennial::plugins::http::Http, "http", "0.1.0")
