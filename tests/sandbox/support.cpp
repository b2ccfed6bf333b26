#include "tests/sandbox/support.hpp"

#include "sandbox/control/control.hpp"

namespace perennial::sandbox::testing {

WorldOptions small_world(int renewals) {
  WorldOptions options;
  options.estate.plan.renewals = renewals;
  options.estate.plan.start = *parse_day("2030-01-15");
  return options;
}

Response send(World& world, System& system, const std::string& method, const std::string& target,
              const std::string& body, Pairs headers) {
  const std::lock_guard lock(world.estate.mutex);
  return system.handle(make_request(method, target, std::move(headers), body), false);
}

Response control(World& world, const std::string& method, const std::string& target,
                 const Json& body) {
  const std::string text = body.is_null() ? "" : body.dump();
  return handle_control(world, make_request(method, target, {}, text)).response;
}

Json json_of(const Response& response) {
  const auto parsed = parse_json(response.body);
  EXPECT_TRUE(parsed) << response.status << " " << response.body;
  return parsed.value_or(Json());
}

std::string header_of(const Response& response, std::string_view name) {
  for (const auto& [header, value] : response.headers) {
    if (equal_ignoring_case(header, name)) return value;
  }
  return {};
}

void pass(World& world, std::chrono::milliseconds time) {
  world.estate.clock.skip(time);
  const std::lock_guard lock(world.estate.mutex);
  world.estate.alarms.run_due();
}

CrmSession::CrmSession(World& target) : world(target) {
  const Response granted =
      send(world, world.crm, "POST", "/services/oauth2/token",
           std::string("grant_type=client_credentials&client_id=") + salesforce::client_id +
               "&client_secret=" + salesforce::client_secret);
  token = text_of(json_of(granted), "access_token");
}

Response CrmSession::operator()(const std::string& method, const std::string& path,
                                const std::string& body, Pairs more) {
  more.emplace_back("Authorization", "Bearer " + token);
  return send(world, world.crm, method, "/services/data/v61.0" + path, body, std::move(more));
}

Response CrmSession::query(const std::string& soql) {
  return (*this)("GET", "/query?q=" + percent_encode(soql));
}

ErpSession::ErpSession(World& target) : world(target) {
  const Response fetched = (*this)("GET", orders_path + "?$top=1", "", {{"x-csrf-token", "Fetch"}});
  csrf_token = header_of(fetched, "x-csrf-token");
  for (const auto& [name, value] : fetched.headers) {
    if (name != "Set-Cookie") continue;
    if (!cookies.empty()) cookies += "; ";
    cookies += value.substr(0, value.find(';'));
  }
}

Response ErpSession::operator()(const std::string& method, const std::string& path,
                                const std::string& body, Pairs more) {
  // The Basic credentials of sandbox/README.md.
  more.emplace_back("Authorization", "Basic UEVSRU5OSUFMX0NPTU06c2FuZGJveC1wYXNzd29yZA==");
  more.emplace_back("Accept", "application/json");
  if (!csrf_token.empty()) more.emplace_back("x-csrf-token", csrf_token);
  if (!cookies.empty()) more.emplace_back("Cookie", cookies);
  return send(world, world.erp, method, path, body, std::move(more));
}

Json ErpSession::order_of(const PlannedRenewal& renewal, const std::string& key) const {
  Json lines = Json::array();
  const int digits = minor_digits(renewal.currency);
  for (const PlannedLine& line : renewal.lines) {
    lines.push_back({{"Material", world.estate.plan.products[line.product].code},
                     {"RequestedQuantity", std::to_string(line.quantity)},
                     {"to_PricingElement",
                      Json::array({{{"ConditionType", "PPR0"},
                                    {"ConditionRateValue", format_minor(line.unit_minor, digits)},
                                    {"ConditionCurrency", renewal.currency}}})}});
  }
  return {{"SalesOrderType", "OR"},
          {"SalesOrganization", "1010"},
          {"DistributionChannel", "10"},
          {"OrganizationDivision", "00"},
          {"SoldToParty", world.estate.account_of(renewal).erp_customer},
          {"PurchaseOrderByCustomer", key},
          {"YY1_RenewalNumber_SDH", renewal.number},
          {"HeaderBillingBlockReason", "02"},
          {"TransactionCurrency", renewal.currency},
          {"to_Item", {{"results", lines}}}};
}

std::string ErpSession::create_order(const PlannedRenewal& renewal, const std::string& key) {
  const Response created = (*this)("POST", orders_path, order_of(renewal, key).dump());
  EXPECT_EQ(created.status, 201) << created.body;
  return text_of(member_of(json_of(created), "d"), "SalesOrder");
}

Response billing(World& world, const std::string& method, const std::string& path,
                 const std::string& form, const std::string& key, const std::string& version) {
  Pairs headers{{"Authorization", std::string("Bearer ") + stripe::secret_key}};
  if (!key.empty()) headers.emplace_back("Idempotency-Key", key);
  if (!version.empty()) headers.emplace_back("Stripe-Version", version);
  return send(world, world.billing, method, "/v1" + path, form, std::move(headers));
}

Response scim(World& world, const std::string& method, const std::string& path, const Json& body,
              Pairs more) {
  more.emplace_back("Authorization", std::string("Bearer ") + scim::bearer);
  return send(world, world.entitlements, method, "/scim/v2" + path,
              body.is_null() ? "" : body.dump(), std::move(more));
}

Json extend_patch(const std::string& until, const std::string& correlation) {
  const std::string urn = scim::entitlement_urn;
  return {{"schemas", Json::array({"urn:ietf:params:scim:api:messages:2.0:PatchOp"})},
          {"Operations",
           Json::array(
               {{{"op", "replace"}, {"path", urn + ":validUntil"}, {"value", until}},
                {{"op", "replace"}, {"path", urn + ":correlationId"}, {"value", correlation}}})}};
}

}  // namespace perennial::sandbox::testing
