// OAuth 2.0 access tokens: client credentials (RFC 6749, 4.4) and JWT bearer (RFC 7523), cached.
//
// Place:   one for each connector instance; its client asks for a token before each request.
// Thread:  any; one thread fetches while the others wait for its result, within their deadlines.
// Errors:  Fault. A token request has no business effect, so its fault is never `unknown`:
//          whatever was to be done with the token is surely not done.
#ifndef PERENNIAL_PLUGINS_COMMON_OAUTH_HPP
#define PERENNIAL_PLUGINS_COMMON_OAUTH_HPP

#include <functional>
#include <mutex>

#include "plugins/common/call.hpp"
#include "plugins/common/json.hpp"

namespace perennial::plugins::common {

// Gives a secret by the dotted path of its config field, or nothing when it is not set.
using SecretReader = std::function<std::optional<std::string>(std::string_view field)>;

enum class Grant { client_credentials, jwt_bearer };

struct OauthSettings {
  Grant grant = Grant::client_credentials;
  std::string token_url;
  std::string client_id;
  std::string scope;                 // empty: not sent
  std::string audience;              // jwt_bearer: "aud"
  std::string subject;               // jwt_bearer: "sub"
  std::string secret_field;          // config field of the client secret
  std::string key_field;             // config field of the private key, jwt_bearer
  bool is_secret_in_header = false;  // HTTP Basic instead of form fields
  Headers headers;                   // extra fields of the token request
  std::int64_t timeout_ms = 10'000;
};

struct Token {
  std::string value;
  std::string instance_url;               // Salesforce names the host to call
  std::optional<std::int64_t> server_ms;  // Date of the token answer
  std::chrono::steady_clock::time_point fresh_until;
};

class TokenSource {
 public:
  TokenSource(OauthSettings settings, SecretReader secrets, Transport& transport);

  // A token that is believed to be good. `now_ms` dates the assertion of the JWT grant.
  Answer<Token> token(const Deadline& deadline, std::int64_t now_ms);

  // A token other than `refused`, which the remote did not accept. Fetches at most once for all
  // callers that were refused with the same token.
  Answer<Token> replacement(const std::string& refused, const Deadline& deadline,
                            std::int64_t now_ms);

 private:
  Answer<Token> fetch(const Deadline& deadline, std::int64_t now_ms);
  Answer<Json> parameters(std::int64_t now_ms) const;

  const OauthSettings settings_;
  const SecretReader secrets_;
  Transport& transport_;
  std::timed_mutex mutex_;
  std::optional<Token> cached_;  // guarded by mutex_
};

// The fault of a token endpoint's answer that is not a success.
Fault token_fault(const HttpResponse& response);

}  // namespace perennial::plugins::common

#endif
