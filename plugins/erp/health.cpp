#include "plugins/erp/health.hpp"

#include <algorithm>

#include "plugins/erp/metadata.hpp"

namespace perennial::plugins::erp {
namespace {

// The longest key that create_order is given (connector.json).
constexpr int key_length_max = 35;

struct ServiceCheck {
  std::string field;  // of the configuration
  std::string path;
  Need need;
};

// Only what the code itself names; what mappings write is theirs, and SAP refuses it by name.
std::vector<ServiceCheck> checks_of(const Config& config) {
  const auto is_named = [&](const char* field) {
    return std::find(config.named.begin(), config.named.end(), field) != config.named.end();
  };
  std::vector<ServiceCheck> checks = {
      {"order_service",
       config.order_service,
       {config.order_entity,
        {"SalesOrder", "PurchaseOrderByCustomer", "SoldToParty", "HeaderBillingBlockReason"},
        "PurchaseOrderByCustomer",
        key_length_max}},
      {"invoice_service",
       config.invoice_service,
       {config.invoice_entity, {"InvoiceReference", "RenewalNumber"}, "", 0}},
      {"posting_service",
       config.posting_service,
       {config.posting_entity,
        {"CompanyCode", "FiscalYear", "AccountingDocument", "AccountingDocumentItem",
         "AccountingDocumentType", "AccountingDocumentCreationDate"},
        "",
        0}}};
  if (is_named("billing_service")) {
    checks.push_back({"billing_service",
                      config.billing_service,
                      {"BillingDocument", {"BillingDocument", "_Item"}, "", 0}});
  }
  if (is_named("schedule_service")) {
    Need need{config.schedule_entity, {config.schedule_key}, "", 0};
    if (!config.schedule_expand.empty()) need.properties.push_back(config.schedule_expand);
    checks.push_back({"schedule_service", config.schedule_service, std::move(need)});
  }
  if (is_named("partner_service")) {
    checks.push_back({"partner_service",
                      config.partner_service,
                      {config.partner_entity, {"Customer", "to_CustomerSalesArea"}, "", 0}});
  }
  return checks;
}

}  // namespace

void check_services(const Config& config, Session& session, const common::Deadline& deadline,
                    sdk::HealthReply& reply) {
  for (const ServiceCheck& check : checks_of(config)) {
    Access access;
    access.service = check.path;
    access.path = "$metadata";
    access.headers.add("Accept", "application/xml");
    const auto answer = session.read(access, deadline, common::unix_ms());
    if (!answer) {
      reply.finding(sdk::Level::error, check.field,
                    check.path + ": " + answer.error().code + ": " + answer.error().text);
      continue;
    }
    const std::string missing = missing_in(read_metadata(answer->body), check.need);
    if (missing.empty()) {
      reply.finding(sdk::Level::info, check.field,
                    check.path + " answers and has what " + check.need.set + " needs");
    } else {
      reply.finding(sdk::Level::error, check.field, check.path + ": " + missing);
    }
  }
}

}  // namespace perennial::plugins::erp
