// OAuth 2.0 for the org: client credentials, JWT bearer and password flows, and the tokens they
// give.
//
// Thread:  guarded by the estate's mutex.
// Errors:  the token endpoint's documented error codes.
// Format:  help.salesforce.com, "OAuth 2.0 Client Credentials Flow" and "OAuth 2.0 JWT Bearer
// Flow".
#pragma once

#include <map>
#include <optional>

#include "sandbox/base/estate.hpp"

namespace perennial::sandbox::salesforce {

inline constexpr const char* client_id = "perennial-sandbox-client";
inline constexpr const char* client_secret = "perennial-sandbox-secret";
inline constexpr const char* username = "integration@perennial.example";
inline constexpr const char* password = "sandbox-password";
inline constexpr const char* org_id = "00D5g000001SandEAA";

class Tokens {
 public:
  explicit Tokens(Estate& estate) : estate_(estate) {}

  Response grant(const Request& request, const std::string& own_url);
  bool is_valid(const std::string& token) const;
  void revoke(const std::string& token);
  // Ends every session, as an administrator can.
  void revoke_all() { tokens_.clear(); }

 private:
  std::string check_client(const Request& request, const Pairs& form) const;
  std::string check_assertion(const std::string& assertion) const;

  Estate& estate_;
  std::map<std::string, Instant> tokens_;  // token -> end of its session
};

// The public half of sandbox/credentials/crm_jwt_key.pem.
extern const char* const jwt_public_key;

// True when `signature` is the RS256 signature of `text` under that key.
bool is_signed_by_client(std::string_view text, std::string_view signature);

}  // namespace perennial::sandbox::salesforce
