// Operations, lookups and health of a remote that only the configuration knows.
//
// Thread:  any; keeps nothing but what the caller keeps.
// Errors:  an Outcome or LookupAnswer says what became of the delivery. No retry, no sleep.
// Format:  the receipt is a map of the fields that a call takes; the body of an outcome is
//          {"answer": the remote's JSON or null, "found": what the call named in `first` has taken}.
#ifndef PERENNIAL_PLUGINS_HTTP_CLIENT_HPP
#define PERENNIAL_PLUGINS_HTTP_CLIENT_HPP

#include "plugins/common/deliveries.hpp"
#include "plugins/http/caller.hpp"
#include "plugins/http/faults.hpp"

namespace perennial::plugins::http {

class Client {
 public:
  Client(const Config& config, Caller& caller) : config_(config), caller_(caller) {}

  sdk::Outcome execute(std::string_view operation, const common::Request& request);
  // What became of the delivery: asks by the call that the operation's call names in `lookup`.
  sdk::LookupAnswer find(std::string_view operation, const common::Request& request);

  void check(const common::Deadline& deadline, std::int64_t now_ms, sdk::HealthReply& reply);

 private:
  struct Judged {
    Seen seen;
    Verdict verdict;
  };
  // The call of the operation that the payload asks for.
  common::Answer<const Call*> pick(std::string_view operation, const common::Json& payload) const;
  common::Answer<Judged> perform(const Call& call, const Scope& scope,
                                 const common::Request& request, bool is_read);
  // Runs the call named in `first`. An outcome ends the delivery; without one `found` is filled.
  std::optional<sdk::Outcome> run_first(const Call& call, const common::Request& request,
                                        common::Json& found);

  const Config& config_;
  Caller& caller_;
};

}  // namespace perennial::plugins::http

#endif
