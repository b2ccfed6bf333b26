// A transport that answers from a script and remembers what it was asked.
//
// Errors:  a request beyond the script is a failed expectation of the test, answered as a failure
//          that was surely not sent.
#ifndef PERENNIAL_TESTS_PLUGINS_SUPPORT_SCRIPTED_TRANSPORT_HPP
#define PERENNIAL_TESTS_PLUGINS_SUPPORT_SCRIPTED_TRANSPORT_HPP

#include <deque>
#include <mutex>

#include "plugins/common/oauth.hpp"

namespace perennial::tests {

class ScriptedTransport final : public plugins::common::Transport {
 public:
  ScriptedTransport& answer(int status, std::string body = "",
                            plugins::common::Headers headers = {});
  ScriptedTransport& fail(plugins::common::Phase phase, std::string code = "connection_lost");

  plugins::common::Exchange send(const plugins::common::HttpRequest& request) override;

  const std::vector<plugins::common::HttpRequest>& requests() const { return requests_; }
  const plugins::common::HttpRequest& request(std::size_t index) const {
    return requests_.at(index);
  }
  bool is_used_up() const { return script_.empty(); }

 private:
  std::mutex mutex_;
  std::deque<plugins::common::Exchange> script_;
  std::vector<plugins::common::HttpRequest> requests_;
};

// Gives every field the secret "secret-of-<field>".
plugins::common::SecretReader all_secrets();
plugins::common::SecretReader no_secrets();

// The value of a query parameter, decoded; "" when it is not there.
std::string query_value(const std::string& url, const std::string& name);
// The fields of a form body, decoded.
std::vector<std::pair<std::string, std::string>> form_fields(const std::string& body);
std::string form_value(const std::string& body, const std::string& name);

}  // namespace perennial::tests

#endif
