#include "plugins/salesforce/config.hpp"

#include <algorithm>

namespace perennial::plugins::salesforce {
namespace {

bool is_field_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
           (letter >= '0' && letter <= '9') || letter == '_' || letter == '.';
  });
}

// Field names go into SOQL as they are, so nothing but a path of names may pass.
common::Parsed<std::vector<std::string>> field_names(const sdk::Value& config,
                                                     std::string_view field) {
  std::vector<std::string> names;
  const sdk::Value* given = config.find(field);
  if (given == nullptr || given->array() == nullptr) return names;
  for (const sdk::Value& entry : *given->array()) {
    if (entry.text() == nullptr || !is_field_name(*entry.text())) {
      return tl::unexpected("`" + std::string(field) +
                            "` must list field names such as Region__c or Owner.Email");
    }
    names.push_back(*entry.text());
  }
  return names;
}

common::Parsed<common::OauthSettings> oauth_settings(const sdk::Value& config,
                                                     const std::string& base_url) {
  common::OauthSettings oauth;
  const std::string kind = config.text_or("auth.kind", "");
  oauth.client_id = config.text_or("auth.client_id", "");
  oauth.token_url = config.text_or("auth.token_url", base_url + "/services/oauth2/token");
  const common::Parsed<std::string> url = common::checked_url(oauth.token_url, "auth.token_url");
  if (!url) return tl::unexpected(url.error());
  if (oauth.client_id.empty()) return tl::unexpected(std::string("`auth.client_id` is required"));
  if (kind == "client_credentials") {
    oauth.grant = common::Grant::client_credentials;
    oauth.secret_field = "auth.client_secret";
    return oauth;
  }
  if (kind != "jwt_bearer") {
    return tl::unexpected("`auth.kind` must be client_credentials or jwt_bearer; it is \"" + kind +
                          "\"");
  }
  oauth.grant = common::Grant::jwt_bearer;
  oauth.key_field = "auth.private_key";
  oauth.subject = config.text_or("auth.username", "");
  oauth.audience = config.text_or("auth.audience", "https://login.salesforce.com");
  if (oauth.subject.empty()) {
    return tl::unexpected(
        std::string("`auth.username` is required when `auth.kind` is jwt_bearer"));
  }
  return oauth;
}

}  // namespace

common::Parsed<Config> read_config(const sdk::Value& given) {
  Config config;
  common::Parsed<common::ConnectionSettings> connection = common::connection_settings(given);
  if (!connection) return tl::unexpected(connection.error());
  config.connection = std::move(*connection);
  common::Parsed<common::OauthSettings> oauth = oauth_settings(given, config.connection.base_url);
  if (!oauth) return tl::unexpected(oauth.error());
  config.oauth = std::move(*oauth);
  config.oauth.timeout_ms = config.connection.timeout_ms;
  config.api_version = given.text_or("api_version", "61.0");
  config.api_usage_percent_max = given.integer_or("api_usage_percent_max", 95);
  config.quote_filter = given.text_or("quote_filter",
                                      "SBQQ__Primary__c = true AND SBQQ__Status__c IN ('Approved', "
                                      "'Presented', 'Accepted')");
  config.external_id_field = given.text_or("external_id_field", "Renewal_Number__c");
  if (!is_field_name(config.external_id_field)) {
    return tl::unexpected(std::string("`external_id_field` must be a field name"));
  }
  config.filter = given.text_or("filter", "Type = 'Renewal'");
  config.lag_ms = given.integer_or("lag_ms", 2000);
  config.overlap_ms = given.integer_or("overlap_ms", 60'000);
  if (config.lag_ms < 0) return tl::unexpected(std::string("`lag_ms` must not be negative"));
  if (config.overlap_ms < 0) {
    return tl::unexpected(std::string("`overlap_ms` must not be negative"));
  }
  auto fields = field_names(given, "opportunity_fields");
  if (!fields) return tl::unexpected(fields.error());
  config.opportunity_fields = std::move(*fields);
  auto lines = field_names(given, "line_fields");
  if (!lines) return tl::unexpected(lines.error());
  config.line_fields = std::move(*lines);
  return config;
}

}  // namespace perennial::plugins::salesforce
