// The records of the simulated org: one table an object, with audit fields kept as the vendor does.
//
// Thread:  guarded by the estate's mutex.
// Owns:    its tables; borrows the estate.
// Errors:  writes answer the vendor's error code and text.
#pragma once

#include <map>
#include <optional>

#include "sandbox/base/estate.hpp"
#include "sandbox/salesforce/schema.hpp"
#include "sandbox/salesforce/soql.hpp"

namespace perennial::sandbox::salesforce {

struct WriteError {
  int status = 400;
  std::string code;
  std::string text;
  std::vector<std::string> fields;
};

struct WriteResult {
  std::string id;
  bool is_created = false;
  std::optional<WriteError> error;
};

// Record id -> reason: a planted validation rule that refuses every later change of the record.
using ValidationRules = std::map<std::string, std::string>;

inline constexpr const char* integration_user_id = "0055g000001Integr";

class Org {
 public:
  explicit Org(Estate& estate);

  // What readers see; the id may have 15 or 18 characters.
  const Json* find(const ObjectSpec& object, const std::string& id) const;
  const Table& table(const ObjectSpec& object) const { return tables_.at(object.name); }

  WriteResult create(const ObjectSpec& object, const Json& fields);
  WriteResult update(const ObjectSpec& object, const std::string& id, const Json& fields);
  WriteResult upsert(const ObjectSpec& object, const FieldSpec& key, const std::string& value,
                     const Json& fields);
  WriteResult remove(const ObjectSpec& object, const std::string& id);
  // Checks fields without writing, for all-or-none batches.
  std::optional<WriteError> check(const ObjectSpec& object, const Json& fields,
                                  const std::string& id, bool is_create) const;

  std::vector<std::string> find_by_external_id(const ObjectSpec& object, const FieldSpec& key,
                                               const std::string& value) const;

  // The vendor's internal user closes an opportunity as won.
  void close_won(const PlannedRenewal& renewal);

  ValidationRules validation_rules;
  // "Opportunity.Invoice__c" -> "none" or "read": what field-level security leaves the user.
  std::map<std::string, std::string> field_access;

 private:
  void seed();
  void seed_account(const PlannedAccount& account, Instant at);
  void seed_renewal(const PlannedRenewal& renewal, Instant at);
  void seed_lines(const PlannedRenewal& renewal, Instant at);
  void seed_quote(const PlannedRenewal& renewal, Instant at);
  void seed_decoy(const PlannedDecoy& decoy, Instant at);
  void insert(const ObjectSpec& object, const std::string& id, Json fields, Instant at,
              const std::string& user);
  void stamp(Json& record, const std::string& user);
  static void derive(const ObjectSpec& object, Json& record);

  Estate& estate_;
  std::map<std::string, Table> tables_;
  std::uint64_t next_number_ = 5'000'000;
};

// 2026-02-28T10:11:12.000+0000: whole seconds, as the vendor stores them.
std::string format_crm_instant(Instant at);

}  // namespace perennial::sandbox::salesforce
