// Makes requests of calls and sends them with the credentials of the configuration.
//
// Thread:  any; keeps nothing but an OAuth access token.
// Errors:  Fault; a request that cannot be made of the payload is rejected before it is sent. What
//          an answer means is not judged here.
// Limits:  request_bytes_max of body; the answer's limits are those of the transport.
#ifndef PERENNIAL_PLUGINS_HTTP_CALLER_HPP
#define PERENNIAL_PLUGINS_HTTP_CALLER_HPP

#include "plugins/http/answers.hpp"

namespace perennial::plugins::http {

class Caller {
 public:
  Caller(const Config& config, common::SecretReader secrets, common::Transport& transport);

  common::Answer<common::HttpRequest> request(const Call& call, const Scope& scope) const;

  // One exchange, and one more when the remote refused the credentials and there are new ones. The
  // credentials are taken out of whatever comes back.
  common::Answer<Seen> send(const common::HttpRequest& request, const common::Deadline& deadline,
                            std::int64_t now_ms);

 private:
  common::Answer<std::string> credential(const common::Deadline& deadline, std::int64_t now_ms);
  common::Answer<std::string> replacement(const std::string& refused,
                                          const common::Deadline& deadline, std::int64_t now_ms);
  common::Answer<std::string> value_of(common::Answer<common::Token> token) const;
  std::string secret_field() const;
  void put_credential(common::HttpRequest& request, const std::string& credential) const;
  void hide(common::HttpResponse& response, const std::string& credential) const;

  const Config& config_;
  const common::SecretReader secrets_;
  common::Transport& transport_;
  common::TokenSource tokens_;
};

}  // namespace perennial::plugins::http

#endif
