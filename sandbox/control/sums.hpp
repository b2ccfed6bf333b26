// Whether the money of a renewal is the same in all four systems, to the minor unit.
//
// Thread:  with the estate's mutex held.
// Format:  sandbox/README.md, "sums" of GET /settlement and GET /ledger/sums.
#pragma once

#include <string>
#include <vector>

#include "sandbox/base/json.hpp"

namespace perennial::sandbox {

class World;
struct EstatePlan;
struct PlannedRenewal;

// What the four systems hold for one renewal; records of one kind are shown as one number each.
struct RenewalRecords {
  const Json* opportunity = nullptr;
  std::vector<const Json*> opportunity_lines;
  std::vector<const Json*> orders;
  std::vector<const Json*> invoices;  // of billing, those that reach the customer
  std::vector<const Json*> bookings;
  const Json* entitlement = nullptr;
};

// `problems` gets a sentence for each sum that is not the contract's.
Json compare_sums(const EstatePlan& plan, const PlannedRenewal& renewal,
                  const RenewalRecords& records, std::vector<std::string>& problems);

// Over the rows of a settlement: minor units by currency and system.
Json total_sums(const Json& settlement);

}  // namespace perennial::sandbox
