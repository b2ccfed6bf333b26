// Log-on to the ERP: Basic or OAuth 2.0, and the session with its CSRF token and cookies.
//
// Thread:  guarded by the estate's mutex.
// Format:  help.sap.com, SAP Gateway Foundation, "Cross-Site Request Forgery Protection".
#pragma once

#include <map>
#include <optional>

#include "sandbox/base/estate.hpp"

namespace perennial::sandbox::sap {

inline constexpr const char* user = "PERENNIAL_COMM";
inline constexpr const char* password = "sandbox-password";
inline constexpr const char* client_id = "perennial-sandbox-erp";
inline constexpr const char* client_secret = "perennial-sandbox-erp-secret";
inline constexpr const char* sap_client = "100";

class Sessions {
 public:
  explicit Sessions(Estate& estate) : estate_(estate) {}

  Response grant_token(const Request& request);
  bool is_logged_on(const Request& request) const;
  void revoke_token(const std::string& token) { tokens_.erase(token); }

  // Answers `x-csrf-token: Fetch`: opens a session, or continues the one of the cookies.
  void fetch_token(const Request& request, Response& response);
  // True when the request's token belongs to the session of its cookies.
  bool has_valid_token(const Request& request) const;
  // Ends the request's session, as happens after 30 idle minutes.
  void end_session(const Request& request);

 private:
  struct Session {
    std::string csrf_token;
    std::string xsrf_cookie;
  };
  const Session* session_of(const Request& request) const;

  Estate& estate_;
  std::map<std::string, Instant> tokens_;
  std::map<std::string, Session> sessions_;
};

}  // namespace perennial::sandbox::sap
