// A logon to SAP: credentials, the CSRF token and all cookies that go with it.
//
// Thread:  any; the token is shared by the threads of the connector.
// Errors:  Fault for what kept an answer from coming; the status of an answer is the caller's.
// Format:  SAP Gateway, "Cross-Site Request Forgery Protection" (help.sap.com): a GET with
//          `x-csrf-token: Fetch` brings token and cookies; a change sends both; 403 with
//          `x-csrf-token: Required` asks for a new one, and nothing was changed.
#ifndef PERENNIAL_PLUGINS_ERP_SESSION_HPP
#define PERENNIAL_PLUGINS_ERP_SESSION_HPP

#include <map>
#include <mutex>
#include <optional>

#include "plugins/erp/config.hpp"

namespace perennial::plugins::erp {

// One request to a service of the system, relative to it.
struct Access {
  std::string method = "GET";
  std::string service;  // "/sap/opu/odata/sap/API_SALES_ORDER_SRV"
  std::string path;     // "A_SalesOrder('4711')"
  std::vector<std::pair<std::string, std::string>> query;
  common::Headers headers;
  std::string body;
};

class Session {
 public:
  Session(const Config& config, common::SecretReader secrets, common::Transport& transport);

  common::Answer<common::HttpResponse> read(const Access& access, const common::Deadline& deadline,
                                            std::int64_t now_ms);
  // All entities of a list, over the pages that an OData v4 server cuts it into.
  common::Answer<common::Json> read_all(const Access& access, const common::Deadline& deadline,
                                        std::int64_t now_ms);
  // With a CSRF token; fetches it first when there is none, and once more when it is refused.
  common::Answer<common::HttpResponse> change(const Access& access,
                                              const common::Deadline& deadline,
                                              std::int64_t now_ms);

 private:
  struct Csrf {
    std::string token;
    std::map<std::string, std::string> cookies;
  };

  common::Answer<std::string> authorization(const common::Deadline& deadline, std::int64_t now_ms);
  common::Answer<common::HttpResponse> send(const Access& access, const common::Headers& extra,
                                            const common::Deadline& deadline, std::int64_t now_ms);
  // `refused` is the token that the service no longer takes.
  common::Answer<Csrf> csrf(const std::string& service, const std::optional<std::string>& refused,
                            const common::Deadline& deadline, std::int64_t now_ms);
  common::HttpRequest request_of(const Access& access, const common::Headers& extra) const;

  const Config& config_;
  const common::SecretReader secrets_;
  common::Transport& transport_;
  common::TokenSource tokens_;
  std::timed_mutex csrf_mutex_;
  std::map<std::string, Csrf> csrf_by_service_;  // guarded by csrf_mutex_
};

}  // namespace perennial::plugins::erp

#endif
