// Entitlements as an extension of SCIM users, over a transport passed in.
//
// Thread:  any; keeps nothing but the access token.
// Errors:  an Outcome or LookupAnswer says what became of the delivery. No retry, no sleep.
// Format:  SCIM 2.0 (RFC 7643, RFC 7644). The operation states the date on which access ends, so
//          that saying it twice changes nothing.
#ifndef PERENNIAL_PLUGINS_ENTITLEMENT_CLIENT_HPP
#define PERENNIAL_PLUGINS_ENTITLEMENT_CLIENT_HPP

#include "plugins/common/deliveries.hpp"
#include "plugins/entitlement/config.hpp"

namespace perennial::plugins::entitlement {

class Client {
 public:
  Client(const Config& config, common::SecretReader secrets, common::Transport& transport);

  // {"user": externalId, "until": "2027-01-01", "attributes": {...}}: sets the end of access and
  // the other attributes of the extension. Never shortens: a later end at the remote is rejected.
  sdk::Outcome extend(const common::Request& request);
  // Done when the user's access ends on the date of the payload.
  sdk::LookupAnswer find_extension(const common::Request& request);

  void check(const common::Deadline& deadline, std::int64_t now_ms, sdk::HealthReply& reply);

 private:
  struct User {
    std::string id;
    std::string etag;
    std::string until;  // date on which access ends now; "" when it is not set
    common::Json resource;
  };

  common::Answer<common::HttpResponse> send(common::HttpRequest request,
                                            const common::Deadline& deadline, std::int64_t now_ms);
  common::Answer<std::string> authorization(const common::Deadline& deadline, std::int64_t now_ms);
  common::Answer<User> read_user(const common::Request& request);
  sdk::Outcome patch(const User& user, const common::Request& request);
  common::Json operations_of(const common::Request& request) const;

  const Config& config_;
  const common::SecretReader secrets_;
  common::Transport& transport_;
  common::TokenSource tokens_;
};

}  // namespace perennial::plugins::entitlement

#endif
