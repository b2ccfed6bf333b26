// The renewals of a simulated estate as they were planned: the truth that settlement compares with.
//
// Place:   made by plan_estate from a seed; each system fills its own tables from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/base/calendar.hpp"

namespace perennial::sandbox {

struct PlannedProduct {
  std::string code;
  std::string name;
  std::string crm_id;
  std::string billing_id;
};

struct PlannedLine {
  std::size_t product = 0;  // index into EstatePlan::products
  std::string crm_id;
  std::string price_id;
  std::string subscription_line_id;
  int quantity = 0;
  std::int64_t unit_minor = 0;
  std::int64_t total_minor = 0;
};

struct PlannedAccount {
  std::string crm_id;
  std::string name;
  std::string domain;
  std::string region;
  std::string currency;
  std::string erp_customer;
  std::string billing_customer;
  std::string entitlement_user;  // externalId of the SCIM user
  Day entitled_until;            // before the renewal
  int renewals = 0;
};

struct PlannedRenewal {
  std::string number;  // R-000123
  std::size_t account = 0;
  std::string opportunity_id;
  std::string contract_id;
  std::string contract_number;
  std::string subscription_id;
  std::string currency;
  Day start;  // first day of the new term
  Day end;    // the day after its last day
  std::int64_t amount_minor = 0;
  std::vector<PlannedLine> lines;
  int instalments = 1;    // in how many parts the customer is invoiced
  bool accepted = false;  // closed won
};

// Opportunities that no renewal process may touch: new business and lost renewals.
struct PlannedDecoy {
  std::size_t account = 0;
  std::string opportunity_id;
  std::string number;  // empty for new business
};

struct EstatePlan {
  std::vector<PlannedProduct> products;
  std::vector<PlannedAccount> accounts;
  std::vector<PlannedRenewal> renewals;
  std::vector<PlannedDecoy> decoys;
};

struct PlanOptions {
  std::uint64_t seed = 7;
  int renewals = 200;
  Day start;
  std::vector<std::string> currencies;  // the accounts take turns; empty = by region
  int instalments = 1;
};

// The same options give the same plan on every machine.
EstatePlan plan_estate(const PlanOptions& options);

// Decimal places of a currency's minor unit (ISO 4217): 0 for JPY, 2 for most.
int minor_digits(const std::string& currency);
// The minor units of a currency that is known here; nothing for any other code.
std::optional<int> known_digits(const std::string& currency);
// 123456 minor units of EUR as "1234.56".
std::string format_minor(std::int64_t minor, int digits);
// "1234.56" as 123456; nothing when it is no decimal of at most `digits` places after zeros are
// cut.
std::optional<std::int64_t> parse_minor(std::string_view text, int digits);

// An 18-character record id: prefix, a number in base 62, and the case checksum of Salesforce
// (developer.salesforce.com, "Salesforce ID: 15 to 18 characters").
std::string crm_record_id(std::string_view prefix, std::uint64_t number);
// Completes a 15-character id; 18-character ids pass unchanged.
std::string crm_long_id(std::string_view id);

}  // namespace perennial::sandbox
