// The configuration of a billing connector, checked.
//
// Errors:  Parsed carries the field and what to do about it.
#ifndef PERENNIAL_PLUGINS_BILLING_CONFIG_HPP
#define PERENNIAL_PLUGINS_BILLING_CONFIG_HPP

#include "plugins/common/settings.hpp"

namespace perennial::plugins::billing {

struct Config {
  common::ConnectionSettings connection;
  std::string api_version;                  // Stripe-Version of every call
  std::string account;                      // Stripe-Account of a connected account; empty: none
  std::vector<std::string> event_types;     // what the source and the webhook bring
  std::vector<std::string> event_versions;  // api_version of events that the mappings know
  std::int64_t lag_ms = 0;
  std::int64_t tolerance_s = 300;  // age of a webhook signature
};

common::Parsed<Config> read_config(const sdk::Value& config);

}  // namespace perennial::plugins::billing

#endif
