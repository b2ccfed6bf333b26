// A logon to a Salesforce org: token, instance, API version, and the org's clock.
//
// Thread:  any; the token and the clock difference are shared by the threads of the connector.
// Errors:  Fault. Near the org's daily limit calls are `throttled` before they are sent, so that the
//          org's other users keep room. A retired API version is `unauthorized`: the connection is at
//          fault, not a delivery. An expired session is renewed once inside the call: a request refused with
//          INVALID_SESSION_ID was not acted on.
// Format:  REST API Developer Guide, version 61.0.
#ifndef PERENNIAL_PLUGINS_SALESFORCE_ORG_HPP
#define PERENNIAL_PLUGINS_SALESFORCE_ORG_HPP

#include <atomic>
#include <mutex>

#include "plugins/common/json.hpp"
#include "plugins/salesforce/config.hpp"

namespace perennial::plugins::salesforce {

struct Moment {
  const common::Deadline& deadline;
  std::int64_t now_ms;

  // Our clock now: the runtime's at the beginning of the call, plus what has passed since.
  std::int64_t local_ms() const { return now_ms + deadline.elapsed_ms(); }
};

class Org {
 public:
  Org(const Config& config, common::SecretReader secrets, common::Transport& transport);

  // `path` is below /services/data/v61.0, or an absolute one that the org gave (nextRecordsUrl).
  common::Answer<common::Json> get(const std::string& path, const Moment& moment);
  common::Answer<common::Json> patch(const std::string& path, const common::Json& body,
                                     const Moment& moment);
  // One page of a query, with the locator of the next page inside.
  common::Answer<common::Json> query(const std::string& soql, const Moment& moment);
  // The same, with deleted and archived records ("QueryAll", REST API Developer Guide).
  common::Answer<common::Json> query_all(const std::string& soql, const Moment& moment);

  // Makes sure that the org's clock was seen at least once, then gives its time.
  common::Answer<std::int64_t> server_ms(const Moment& moment);

  const Config& config() const { return config_; }

 private:
  common::Answer<common::Json> first_page(const std::string& resource, const std::string& soql,
                                          const Moment& moment);
  common::Answer<common::HttpResponse> send(const std::string& method, const std::string& path,
                                            const std::string& body, const Moment& moment);
  common::Answer<common::HttpResponse> send_with(const common::Token& token,
                                                 const std::string& method, const std::string& path,
                                                 const std::string& body, const Moment& moment);
  common::Answer<common::HttpResponse> paced_send(const std::string& method,
                                                  const std::string& path, const std::string& body,
                                                  const Moment& moment);
  std::optional<common::Fault> over_limit(const Moment& moment);
  void notice_usage(const common::Headers& headers, const Moment& moment);
  // The refused version named beside those that the org offers.
  common::Fault with_versions(common::Fault fault, const Moment& moment);
  void notice_clock(std::optional<std::int64_t> server_ms, const Moment& moment);

  static constexpr std::int64_t unseen = INT64_MIN;

  // How much of the org's daily calls is used, by everybody ("Limit Info Header").
  struct Usage {
    std::int64_t used = 0;
    std::int64_t max = 0;
    std::int64_t probe_ms = 0;  // when one call may find out whether there is room again
  };

  const Config& config_;
  common::Transport& transport_;
  common::TokenSource tokens_;
  std::atomic<std::int64_t> clock_difference_ms_{unseen};
  std::mutex usage_mutex_;
  Usage usage_;  // guarded by usage_mutex_
};

// A text literal of SOQL ("Quoted String Escape Sequences", SOQL and SOSL Reference).
std::string soql_literal(std::string_view text);

}  // namespace perennial::plugins::salesforce

#endif
