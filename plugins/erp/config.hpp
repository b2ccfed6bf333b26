// The configuration of an erp connector, checked.
//
// Errors:  Parsed carries the field and what to do about it.
#ifndef PERENNIAL_PLUGINS_ERP_CONFIG_HPP
#define PERENNIAL_PLUGINS_ERP_CONFIG_HPP

#include "plugins/common/oauth.hpp"
#include "plugins/common/settings.hpp"

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
  std::string invoice_service;
  std::string invoice_entity;
  std::string posting_service;
  std::string posting_filter;  // extra OData condition; empty: none
};

common::Parsed<Config> read_config(const sdk::Value& config);

}  // namespace perennial::plugins::erp

#endif
