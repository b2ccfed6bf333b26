// The configuration of a salesforce connector, checked.
//
// Errors:  Parsed carries the field and what to do about it.
#ifndef PERENNIAL_PLUGINS_SALESFORCE_CONFIG_HPP
#define PERENNIAL_PLUGINS_SALESFORCE_CONFIG_HPP

#include "plugins/common/oauth.hpp"
#include "plugins/common/settings.hpp"

namespace perennial::plugins::salesforce {

struct Config {
  common::ConnectionSettings connection;
  common::OauthSettings oauth;
  std::string api_version;  // "61.0"
  std::string external_id_field;
  std::string filter;                           // which opportunities are accepted renewals, SOQL
  std::vector<std::string> opportunity_fields;  // extra fields for the mapping
  std::vector<std::string> line_fields;
  std::string quote_filter;  // which CPQ quotes are worth telling, SOQL
  std::int64_t lag_ms = 0;
  std::int64_t overlap_ms = 0;              // how far each sweep goes back behind what was read
  std::int64_t api_usage_percent_max = 95;  // of the org's daily calls; beyond it calls are paced
};

common::Parsed<Config> read_config(const sdk::Value& config);

}  // namespace perennial::plugins::salesforce

#endif
