#include "plugins/entitlement/config.hpp"

namespace perennial::plugins::entitlement {

common::Parsed<Config> read_config(const sdk::Value& given) {
  Config config;
  common::Parsed<common::ConnectionSettings> connection = common::connection_settings(given);
  if (!connection) return tl::unexpected(connection.error());
  config.connection = std::move(*connection);
  config.extension_urn =
      given.text_or("extension_urn", "urn:ietf:params:scim:schemas:extension:entitlement:2.0:User");
  config.until_attribute = given.text_or("until_attribute", "validUntil");
  if (config.extension_urn.rfind("urn:", 0) != 0 || config.until_attribute.empty()) {
    return tl::unexpected(std::string(
        "`extension_urn` must be the URN of a schema, `until_attribute` one of its attributes"));
  }
  const std::string kind = given.text_or("auth.kind", "bearer");
  if (kind == "bearer") return config;
  if (kind != "oauth2") {
    return tl::unexpected("`auth.kind` must be bearer or oauth2; it is \"" + kind + "\"");
  }
  config.auth = AuthKind::oauth2;
  config.oauth.client_id = given.text_or("auth.client_id", "");
  config.oauth.scope = given.text_or("auth.scope", "");
  config.oauth.secret_field = "auth.client_secret";
  config.oauth.is_secret_in_header = true;
  config.oauth.timeout_ms = config.connection.timeout_ms;
  if (config.oauth.client_id.empty()) {
    return tl::unexpected(std::string("`auth.client_id` is required when `auth.kind` is oauth2"));
  }
  const common::Parsed<std::string> url =
      common::checked_url(given.text_or("auth.token_url", ""), "auth.token_url");
  if (!url) return tl::unexpected(url.error());
  config.oauth.token_url = *url;
  return config;
}

}  // namespace perennial::plugins::entitlement
