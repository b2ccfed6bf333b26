// What the four systems share: the plan, the clock, the ledger, alarms, and the one mutex over all.
//
// Thread:  everything except the clock and the alarms is guarded by `mutex`.
// Owns:    the clock, the ledger, the alarms and the plan.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "sandbox/base/alarms.hpp"
#include "sandbox/base/http.hpp"
#include "sandbox/base/ledger.hpp"
#include "sandbox/base/plan.hpp"
#include "sandbox/base/random.hpp"
#include "sandbox/base/table.hpp"

namespace perennial::sandbox {

struct EstateOptions {
  PlanOptions plan;
  std::chrono::milliseconds pay_after{300};
  double accepted_per_s = 0;  // 0: every renewal is closed won from the start
  std::string stripe_version = "2024-06-20";
};

class Estate {
 public:
  explicit Estate(const EstateOptions& options);

  const EstateOptions& options() const { return options_; }
  PlannedRenewal* renewal(const std::string& number);
  const PlannedAccount& account_of(const PlannedRenewal& renewal) const;

  // Remembers that a record belongs to a renewal, so that later calls naming only the record are
  // attributed to it.
  void trace(const std::string& record_id, const std::string& renewal_number);
  // The renewal that a text (a target, a body) names by number or by a traced record id.
  std::string traced(std::string_view text) const;

  std::mutex mutex;
  Clock clock;
  Visibility visibility{clock};
  Ledger ledger{clock};
  EstatePlan plan;
  Random random;  // record ids; ids therefore depend on the order of calls
  Alarms alarms{clock, mutex};

 private:
  EstateOptions options_;
  std::unordered_map<std::string, std::size_t> numbers_;
  std::unordered_map<std::string, std::string> traces_;
};

}  // namespace perennial::sandbox
