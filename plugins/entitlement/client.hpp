// Entitlements as an extension of SCIM users, over a transport passed in.
//
// Thread:  any; keeps the access token and what the service supports.
// Errors:  an Outcome or LookupAnswer says what became of the delivery. No retry, no sleep.
// Format:  SCIM 2.0 (RFC 7643, RFC 7644). The operation states the date on which access ends, so
//          that saying it twice changes nothing.
#ifndef PERENNIAL_PLUGINS_ENTITLEMENT_CLIENT_HPP
#define PERENNIAL_PLUGINS_ENTITLEMENT_CLIENT_HPP

#include <mutex>
#include <optional>

#include "plugins/common/deliveries.hpp"
#include "plugins/entitlement/service.hpp"

namespace perennial::plugins::entitlement {

class Client {
 public:
  Client(const Config& config, common::SecretReader secrets, common::Transport& transport);

  // {"user": externalId, "until": "2027-01-01", "attributes": {...}}: sets the end of access and
  // the other attributes of the extension. Never shortens: a later end at the remote is rejected.
  sdk::Outcome extend(const common::Request& request);
  // Done when the user's access ends on the date of the payload.
  sdk::LookupAnswer find_extension(const common::Request& request);

  // What ServiceProviderConfig says, read once. A service without it is taken to have everything.
  common::Answer<Features> features(const common::Deadline& deadline, std::int64_t now_ms);

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
  common::Answer<common::HttpResponse> read(const std::string& path,
                                            const common::Deadline& deadline, std::int64_t now_ms);
  sdk::Outcome change(const User& user, const common::Request& request);
  common::HttpRequest change_of(const User& user, const Features& features,
                                const common::Request& request) const;
  sdk::Outcome judge(const common::HttpResponse& answer, const User& user,
                     const common::Request& request) const;
  common::Json attributes_of(const common::Request& request) const;
  common::Json operations_of(const common::Request& request) const;
  void check_extension(const common::Deadline& deadline, std::int64_t now_ms,
                       sdk::HealthReply& reply);

  const Config& config_;
  const common::SecretReader secrets_;
  common::Transport& transport_;
  common::TokenSource tokens_;
  std::mutex features_mutex_;
  std::optional<Features> features_;  // guarded by features_mutex_
};

}  // namespace perennial::plugins::entitlement

#endif
