#include "plugins/erp/config.hpp"

namespace perennial::plugins::erp {
namespace {

// Empty when the credentials are complete, else what is missing.
std::string read_auth(const sdk::Value& given, Config& config) {
  const std::string kind = given.text_or("auth.kind", "");
  if (kind == "basic") {
    config.auth = AuthKind::basic;
    config.user = given.text_or("auth.user", "");
    if (config.user.empty()) {
      return "`auth.user` is required when `auth.kind` is basic";
    }
    return {};
  }
  if (kind != "oauth2") {
    return "`auth.kind` must be basic or oauth2; it is \"" + kind + "\"";
  }
  config.auth = AuthKind::oauth2;
  config.oauth.client_id = given.text_or("auth.client_id", "");
  config.oauth.scope = given.text_or("auth.scope", "");
  config.oauth.secret_field = "auth.client_secret";
  // SAP's token endpoint takes the client's credentials as HTTP Basic ("OAuth 2.0 Client
  // Credentials", help.sap.com, ABAP Platform Security Guide).
  config.oauth.is_secret_in_header = true;
  if (config.oauth.client_id.empty()) {
    return "`auth.client_id` is required when `auth.kind` is oauth2";
  }
  const common::Parsed<std::string> url =
      common::checked_url(given.text_or("auth.token_url", ""), "auth.token_url");
  if (!url) return url.error();
  config.oauth.token_url = *url;
  return {};
}

// SAP puts OData v4 services under /sap/opu/odata4; multipart is what v2 has alone.
BatchFormat batch_format_of(const std::string& given, const std::string& service) {
  const bool is_v4 = service.find("/odata4/") != std::string::npos ||
                     service.find("/odata/v4/") != std::string::npos;
  return given == "json" || (given == "auto" && is_v4) ? BatchFormat::json : BatchFormat::multipart;
}

}  // namespace

common::Parsed<Config> read_config(const sdk::Value& given) {
  Config config;
  common::Parsed<common::ConnectionSettings> connection = common::connection_settings(given);
  if (!connection) return tl::unexpected(connection.error());
  config.connection = std::move(*connection);
  config.sap_client = given.text_or("sap_client", "");
  config.language = given.text_or("language", "EN");
  config.order_service = given.text_or("order_service", "/sap/opu/odata/sap/API_SALES_ORDER_SRV");
  config.order_entity = given.text_or("order_entity", "A_SalesOrder");
  config.partner_entity = given.text_or("partner_entity", "A_Customer");
  config.posting_entity = given.text_or("posting_entity", "A_OperationalAcctgDocItemCube");
  config.batch_format =
      batch_format_of(given.text_or("batch_format", "auto"), config.order_service);
  config.invoice_service = given.text_or(
      "invoice_service", "/sap/opu/odata4/sap/zui_ext_invoice/srvd_a2x/sap/zext_invoice/0001");
  config.invoice_entity = given.text_or("invoice_entity", "ExternalInvoice");
  config.hold_check_ms = given.integer_or("hold_check_ms", 30'000);
  config.hold_max_ms = given.integer_or("hold_max_ms", 900'000);
  config.billing_service =
      given.text_or("billing_service",
                    "/sap/opu/odata4/sap/api_billingdocument/srvd_a2x/sap/billingdocument/0001");
  config.schedule_service = given.text_or(
      "schedule_service", "/sap/opu/odata4/sap/zui_rev_schedule/srvd_a2x/sap/zrev_schedule/0001");
  config.schedule_entity = given.text_or("schedule_entity", "RevenueSchedule");
  config.schedule_key = given.text_or("schedule_key", "ScheduleUUID");
  config.schedule_expand = given.text_or("schedule_expand", "_Period");
  config.partner_service =
      given.text_or("partner_service", "/sap/opu/odata/sap/API_BUSINESS_PARTNER");
  // Their defaults are here and not in the schema: the host would fill them in, and every service
  // would look as if the configuration named it.
  for (const char* name : {"billing_service", "schedule_service", "partner_service"}) {
    if (!given.text_or(name, "").empty()) config.named.emplace_back(name);
  }
  config.posting_service =
      given.text_or("posting_service", "/sap/opu/odata/sap/API_OPLACCTGDOCITEMCUBE_SRV");
  config.posting_filter = given.text_or("posting_filter", "");

  const std::string problem = read_auth(given, config);
  if (!problem.empty()) return tl::unexpected(problem);
  return config;
}

}  // namespace perennial::plugins::erp
