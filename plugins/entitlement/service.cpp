#include "plugins/entitlement/service.hpp"

#include <algorithm>

namespace perennial::plugins::entitlement {
namespace {

using common::Json;

bool is_supported(const Json& config, const char* feature) {
  const Json* found = common::find_at(config, {feature, "supported"});
  return found == nullptr || !found->is_boolean() || found->get<bool>();
}

// Attribute names compare without case (RFC 7643, 2.1).
bool is_same_name(const std::string& left, const std::string& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  });
}

}  // namespace

Features features_of(const Json& service_provider_config) {
  return {is_supported(service_provider_config, "patch"),
          is_supported(service_provider_config, "etag")};
}

Json replaced_user(const Json& user, const std::string& extension_urn, const Json& attributes) {
  Json replaced = user;
  // Values of readOnly attributes are ignored (RFC 7644, 3.5.1), but some services refuse them.
  for (const char* read_only : {"meta", "groups"}) replaced.erase(read_only);
  Json& extension = replaced[extension_urn];
  if (!extension.is_object()) extension = Json::object();
  for (const auto& [name, value] : attributes.items()) extension[name] = value;
  Json& schemas = replaced["schemas"];
  if (!schemas.is_array()) {
    schemas = Json::array({"urn:ietf:params:scim:schemas:core:2.0:User"});
  }
  if (std::find(schemas.begin(), schemas.end(), Json(extension_urn)) == schemas.end()) {
    schemas.push_back(extension_urn);
  }
  return replaced;
}

void report_features(const Features& features, sdk::HealthReply& reply) {
  if (features.has_patch) {
    reply.finding(sdk::Level::info, "patch", "the service supports PATCH");
  } else {
    reply.finding(sdk::Level::warning, "patch",
                  "the service does not support PATCH: users are read and written back whole");
  }
  if (features.has_versions) {
    reply.finding(sdk::Level::info, "etag", "the service gives versions");
  } else {
    reply.finding(sdk::Level::warning, "etag",
                  "the service gives no versions: two changes at once may overwrite each other");
  }
}

void report_schema(const Json& schema, const Config& config, sdk::HealthReply& reply) {
  const Json* attributes = common::find_at(schema, {"attributes"});
  if (attributes == nullptr || !attributes->is_array()) {
    reply.finding(sdk::Level::warning, "schema", config.extension_urn + " lists no attributes");
    return;
  }
  const auto until = std::find_if(attributes->begin(), attributes->end(), [&](const Json& one) {
    return is_same_name(common::text_at(one, {"name"}), config.until_attribute);
  });
  if (until == attributes->end()) {
    reply.finding(sdk::Level::error, "schema",
                  config.extension_urn + " has no attribute " + config.until_attribute +
                      ": set `until_attribute` to the one with the end of access");
  } else if (common::text_at(*until, {"mutability"}) == "readOnly") {
    reply.finding(sdk::Level::error, "schema",
                  config.until_attribute + " is read-only for this client");
  } else {
    reply.finding(sdk::Level::info, "schema", config.extension_urn + " is known");
  }
}

void report_type(const Json& type, const Config& config, sdk::HealthReply& reply) {
  const Json* extensions = common::find_at(type, {"schemaExtensions"});
  const bool is_listed = extensions != nullptr && extensions->is_array() &&
                         std::any_of(extensions->begin(), extensions->end(), [&](const Json& one) {
                           return common::text_at(one, {"schema"}) == config.extension_urn;
                         });
  if (is_listed) {
    reply.finding(sdk::Level::info, "resource_type", "users have the extension");
  } else {
    reply.finding(sdk::Level::error, "resource_type",
                  "users do not have the extension " + config.extension_urn +
                      ": set `extension_urn` to one that the service lists for User");
  }
}

}  // namespace perennial::plugins::entitlement
