// The configuration of an erp connector, checked.
//
// Errors:  Parsed carries the field and what to do about it.
#ifndef PERENNIAL_PLUGINS_ERP_CONFIG_HPP
#define PERENNIAL_PLUGINS_ERP_CONFIG_HPP

#include "plugins/common/oauth.hpp"
#include "plugins/common/settings.hpp"
#include "plugins/erp/batch.hpp"

namespace perennial::plugins::erp {

enum class AuthKind { basic, oauth2 };

struct Config {
  common::ConnectionSettings connection;
  std::string sap_client;  // three digits; empty: the system's default client
  std::string language;

  AuthKind auth = AuthKind::basic;
  std::string user;
  common::OauthSettings oauth;

  std::string order_service;
  std::string order_entity;
  BatchFormat batch_format = BatchFormat::multipart;  // of the order service
  std::string invoice_service;
  std::string invoice_entity;
  std::int64_t hold_check_ms = 0;  // how often a held order is looked at
  std::int64_t hold_max_ms = 0;    // and for how long, before its owner is asked
  std::string billing_service;
  std::string schedule_service;
  std::string schedule_entity;
  std::string schedule_key;
  std::string schedule_expand;
  std::string partner_service;
  std::string partner_entity;
  std::string posting_service;
  std::string posting_entity;
  std::vector<std::string> named;  // services that the configuration names itself
  std::string posting_filter;      // extra OData condition; empty: none
};

common::Parsed<Config> read_config(const sdk::Value& config);

}  // namespace perennial::plugins::erp

#endif
