// What the service says about itself: ServiceProviderConfig, the schema of the extension, the
// resource type. Pure.
//
// Errors:  what an answer leaves out is taken as the protocol's common case, never as an error.
// Format:  RFC 7643, 5 (ServiceProviderConfig), 6 (ResourceType), 7 (Schema).
#ifndef PERENNIAL_PLUGINS_ENTITLEMENT_SERVICE_HPP
#define PERENNIAL_PLUGINS_ENTITLEMENT_SERVICE_HPP

#include "perennial/connector.hpp"
#include "plugins/common/json.hpp"
#include "plugins/entitlement/config.hpp"

namespace perennial::plugins::entitlement {

struct Features {
  bool has_patch = true;
  bool has_versions = true;  // ETags
};

Features features_of(const common::Json& service_provider_config);
// Services without the endpoint exist, though the RFC asks for it: then PATCH is tried.
inline bool is_missing_endpoint(int status) {
  return status == 404 || status == 501;
}

// The user with the extension's attributes set, as PUT wants it: whole, without what only the
// service may write.
common::Json replaced_user(const common::Json& user, const std::string& extension_urn,
                           const common::Json& attributes);

// Findings of `connector check`.
void report_features(const Features& features, sdk::HealthReply& reply);
void report_schema(const common::Json& schema, const Config& config, sdk::HealthReply& reply);
void report_type(const common::Json& type, const Config& config, sdk::HealthReply& reply);

}  // namespace perennial::plugins::entitlement

#endif
