// Glue between the plugin boundary and the SAP client.
#include <memory>

#include "perennial/connector.hpp"
#include "plugins/common/deliveries.hpp"
#include "plugins/erp/billing_documents.hpp"
#include "plugins/erp/client.hpp"
#include "plugins/erp/health.hpp"
#include "plugins/erp/postings.hpp"
#include "plugins/erp/releases.hpp"
#include "plugins/erp/schedules.hpp"

namespace perennial::plugins::erp {
namespace {

class Erp final : public sdk::Connector,
                  public sdk::Source,
                  public sdk::Operations,
                  public sdk::Pending,
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
    billing_ = std::make_unique<BillingDocuments>(config_, client_->session());
    releases_ = std::make_unique<Releases>(config_, client_->session());
    postings_ = std::make_unique<Postings>(config_, client_->session());
    schedules_ = std::make_unique<Schedules>(config_, client_->session());
    return sdk::Readiness::ready();
  }

  void stop() override {
    schedules_.reset();
    postings_.reset();
    releases_.reset();
    billing_.reset();
    client_.reset();
    transport_.reset();
  }

  sdk::SourceResult poll(const sdk::SourceCall& call, sdk::SourceReply& reply) override {
    if (call.source == "postings") return postings_->poll(call, reply);
    if (call.source == "revenue_schedules") return schedules_->poll(call, reply);
    common::unlisted("source", call.source);
  }

  void execute(const sdk::OperationCall& call, sdk::OperationReply& reply) override {
    if (call.operation() == "release_order" && call.count() > 1) return release_all(call, reply);
    common::settle_each(call, reply, [&](const common::Request& request) {
      if (call.operation() == "create_order") return client_->create_order(request);
      if (call.operation() == "release_order") return client_->release_order(request);
      if (call.operation() == "book_invoice") return client_->book_invoice(request);
      if (call.operation() == "issue_invoice") return billing_->issue(request);
      if (call.operation() == "check_customer") return client_->check_customer(request);
      common::unlisted("operation", call.operation());
    });
  }

  // Only create_order answers `pending`, and its token says all that is needed.
  void poll_pending(const sdk::OperationCall& call, sdk::OperationReply& reply) override {
    const common::Deadline deadline(call.deadline_ms());
    const common::Json no_payload = common::Json::object();
    for (std::uint32_t index = 0; index < call.count(); ++index) {
      const sdk::Delivery given = call.delivery(index);
      reply.settle(index, client_->resume_order(given.token, {given.key, no_payload, given.attempt,
                                                              deadline, call.now_ms()}));
    }
  }

  // An order is cancelled in SAP by a person, who sees what else hangs on it.
  void cancel_pending(const sdk::OperationCall& call, sdk::OperationReply& reply) override {
    for (std::uint32_t index = 0; index < call.count(); ++index) {
      reply.settle(index, common::refused("not_cancellable", "reject the order's lines in SAP"));
    }
  }

  void lookup(const sdk::OperationCall& call, sdk::LookupReply& reply) override {
    common::answer_each(call, reply, [&](const common::Request& request) {
      if (call.operation() == "create_order") return client_->find_order(request);
      if (call.operation() == "release_order") return client_->find_release(request);
      if (call.operation() == "book_invoice") return client_->find_booking(request);
      if (call.operation() == "issue_invoice") return billing_->find(request);
      if (call.operation() == "check_customer") return nothing_to_look_up();
      common::unlisted("operation", call.operation());
    });
  }

  void check(std::int64_t deadline_ms, sdk::HealthReply& reply) override {
    check_services(config_, client_->session(), common::Deadline(deadline_ms), reply);
  }

 private:
  // A question may be asked again.
  static sdk::LookupAnswer nothing_to_look_up() {
    sdk::LookupAnswer answer;
    answer.kind = sdk::LookupKind::absent;
    return answer;
  }

  void release_all(const sdk::OperationCall& call, sdk::OperationReply& reply) {
    std::vector<common::Json> payloads;
    for (std::uint32_t index = 0; index < call.count(); ++index) {
      // A payload that is no map has no `order` and is refused for that.
      payloads.push_back(common::payload_of(call.delivery(index)).value_or(common::Json()));
    }
    const auto outcomes =
        releases_->release(payloads, common::Deadline(call.deadline_ms()), call.now_ms());
    for (std::uint32_t index = 0; index < call.count(); ++index) {
      reply.settle(index, outcomes[index]);
    }
  }

  Config config_;
  std::unique_ptr<common::CurlTransport> transport_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<BillingDocuments> billing_;
  std::unique_ptr<Releases> releases_;
  std::unique_ptr<Postings> postings_;
  std::unique_ptr<Schedules> schedules_;
};

}  // namespace
}  // namespace perennial::plugins::erp

PERENNIAL_PLUGIN(perennial::plugins::erp::Erp, "erp", "0.1.0")
