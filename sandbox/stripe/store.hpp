// The billing records, their ids, and the events that tell of their changes.
//
// Thread:  guarded by the estate's mutex.
// Owns:    its tables; borrows the estate.
#pragma once

#include <functional>
#include <map>

#include "sandbox/base/estate.hpp"

namespace perennial::sandbox::stripe {

// Who caused an event: the API call, or nobody when the vendor or a customer acted.
struct Cause {
  std::string request_id;
  std::string idempotency_key;
};

class Store {
 public:
  explicit Store(Estate& estate);

  // The table that holds ids such as in_1abc; null for a prefix that no table has.
  Table* table_of(const std::string& id);
  const Table* table_of(const std::string& id) const;
  Table& named(const std::string& object) { return tables_.at(object); }
  const Table& named(const std::string& object) const { return tables_.at(object); }

  std::string new_id(const std::string& prefix);
  std::int64_t now() const;

  // Appends an event; one that belongs to a hidden change comes when the change becomes visible.
  void emit(const std::string& type, const Json& object, const Json& previous, const Cause& cause);
  // Called with each event as it is appended.
  std::function<void(const Json&)> on_event;

  // What the renewal is that a record is about: its metadata, or a traced id inside it.
  std::string renewal_of(const Json& object) const;
  void record(const std::string& kind, const Json& object, const Cause& cause, Json detail);

  Estate& estate() { return estate_; }

 private:
  void seed();
  void seed_account(const PlannedAccount& account);
  void seed_renewal(const PlannedRenewal& renewal);
  Json seed_lines(const PlannedRenewal& renewal, std::int64_t begin, std::int64_t end);
  void append_event(const std::string& type, Json object, Json previous, const Cause& cause);

  Estate& estate_;
  std::map<std::string, Table> tables_;
};

// The record as an API version shows it: from 2025-03-31 on, invoices, lines and subscriptions have
// another shape (docs.stripe.com/changelog/basil).
Json shown_in_version(const Json& object, const std::string& version);

}  // namespace perennial::sandbox::stripe
