// One call of the Stripe API: version, key, idempotency, form, JSON.
//
// Thread:  any; keeps nothing between calls.
// Errors:  Fault, judged by faults.cpp; for a POST, success with an unreadable body is `unknown`.
// Format:  docs.stripe.com/api: form bodies with brackets, JSON answers.
#ifndef PERENNIAL_PLUGINS_BILLING_CALLER_HPP
#define PERENNIAL_PLUGINS_BILLING_CALLER_HPP

#include "plugins/billing/config.hpp"
#include "plugins/common/deliveries.hpp"

namespace perennial::plugins::billing {

// An answer with the remote's own time, which decides what is in the future.
struct Dated {
  common::Json body;
  std::optional<std::int64_t> server_ms;
};

class Caller {
 public:
  Caller(const Config& config, common::SecretReader secrets, common::Transport& transport);

  common::Answer<common::Json> get(const std::string& path,
                                   const std::vector<std::pair<std::string, std::string>>& query,
                                   const common::Deadline& deadline);
  common::Answer<Dated> get_dated(const std::string& path,
                                  const std::vector<std::pair<std::string, std::string>>& query,
                                  const common::Deadline& deadline);
  // Every object of a list, newest first; "cannot tell" when there are more than a call may read.
  common::Answer<std::vector<common::Json>> list(
      const std::string& path, const std::vector<std::pair<std::string, std::string>>& query,
      const common::Deadline& deadline);
  common::Answer<common::Json> post(const std::string& path, const common::Json& parameters,
                                    const std::string& idempotency_key,
                                    const common::Deadline& deadline);
  common::Answer<common::Json> remove(const std::string& path, const common::Deadline& deadline);

 private:
  common::Answer<common::HttpRequest> request(std::string method, const std::string& path) const;
  common::Answer<Dated> send(common::HttpRequest request, const common::Deadline& deadline,
                             bool is_read);

  const Config& config_;
  const common::SecretReader secrets_;
  common::Transport& transport_;
};

}  // namespace perennial::plugins::billing

#endif
