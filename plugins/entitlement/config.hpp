// The configuration of an entitlement connector, checked.
//
// Errors:  Parsed carries the field and what to do about it.
#ifndef PERENNIAL_PLUGINS_ENTITLEMENT_CONFIG_HPP
#define PERENNIAL_PLUGINS_ENTITLEMENT_CONFIG_HPP

#include "plugins/common/oauth.hpp"
#include "plugins/common/settings.hpp"

namespace perennial::plugins::entitlement {

enum class AuthKind { bearer, oauth2 };

struct Config {
  common::ConnectionSettings connection;
  AuthKind auth = AuthKind::bearer;
  common::OauthSettings oauth;
  std::string extension_urn;    // schema of the entitlement extension of User
  std::string until_attribute;  // its attribute with the date on which access ends
};

common::Parsed<Config> read_config(const sdk::Value& config);

}  // namespace perennial::plugins::entitlement

#endif
