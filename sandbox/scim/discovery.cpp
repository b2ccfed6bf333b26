// What the entitlement system says about itself (RFC 7643, sections 5 to 8).
#include "sandbox/scim/entitlements.hpp"

namespace perennial::sandbox::scim {
namespace {

Json attribute(const std::string& name, const std::string& type, bool is_required = false,
               bool is_unique = false) {
  return {{"name", name},          {"type", type},
          {"multiValued", false},  {"required", is_required},
          {"caseExact", false},    {"mutability", "readWrite"},
          {"returned", "default"}, {"uniqueness", is_unique ? "server" : "none"}};
}

}  // namespace

Json Entitlements::configuration() const {
  const auto supported = [](bool value) { return Json{{"supported", value}}; };
  return {{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}},
          {"documentationUri", "https://www.rfc-editor.org/rfc/rfc7644"},
          {"patch", supported(true)},
          {"bulk", {{"supported", false}, {"maxOperations", 0}, {"maxPayloadSize", 0}}},
          {"filter", {{"supported", true}, {"maxResults", 200}}},
          {"changePassword", supported(false)},
          {"sort", supported(false)},
          {"etag", supported(true)},
          {"authenticationSchemes",
           {{{"type", "oauthbearertoken"},
             {"name", "Bearer token"},
             {"description", "A fixed bearer token in the Authorization header"},
             {"primary", true}}}}};
}

Json Entitlements::resource_types() const {
  return Json::array(
      {{{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}},
        {"id", "User"},
        {"name", "User"},
        {"endpoint", "/Users"},
        {"schema", core_urn},
        {"schemaExtensions", {{{"schema", entitlement_urn}, {"required", false}}}},
        {"meta",
         {{"resourceType", "ResourceType"}, {"location", url_ + "/scim/v2/ResourceTypes/User"}}}}});
}

Json Entitlements::schemas() const {
  Json core{{"id", core_urn}, {"name", "User"}, {"description", "A customer's administrator"}};
  core["attributes"] = {attribute("userName", "string", true, true),
                        attribute("externalId", "string", false, true),
                        attribute("displayName", "string"), attribute("active", "boolean")};
  Json entitlement{{"id", entitlement_urn},
                   {"name", "Entitlement"},
                   {"description", "What the customer may use, and until when"}};
  entitlement["attributes"] = {
      attribute("contract", "string"),   attribute("validFrom", "string"),
      attribute("validUntil", "string"), attribute("plan", "string"),
      attribute("status", "string"),     attribute("correlationId", "string"),
      attribute("quantity", "integer"),  attribute("contractValue", "string"),
      attribute("currency", "string")};
  return Json::array({std::move(core), std::move(entitlement)});
}

}  // namespace perennial::sandbox::scim
