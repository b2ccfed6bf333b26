// Writing back to opportunities, over an Org.
//
// Thread:  any; keeps nothing between calls.
// Errors:  one Outcome or LookupAnswer for each delivery, in the order of the call.
// Format:  "Upsert Multiple Records with sObject Collections" (REST API Developer Guide): at most
//          200 records of one object, no external id twice, results by position.
#ifndef PERENNIAL_PLUGINS_SALESFORCE_CLIENT_HPP
#define PERENNIAL_PLUGINS_SALESFORCE_CLIENT_HPP

#include "plugins/common/deliveries.hpp"
#include "plugins/salesforce/org.hpp"

namespace perennial::plugins::salesforce {

class Client {
 public:
  explicit Client(Org& org) : org_(org) {}

  // Each payload is {"record": {"Renewal_Number__c": "R-000001", <fields>}}.
  void update_opportunities(const sdk::OperationCall& call, sdk::OperationReply& reply);
  // Done when the record carries every value of the payload.
  void find_updates(const sdk::OperationCall& call, sdk::LookupReply& reply);

 private:
  // A record to send and the delivery that it belongs to.
  struct Entry {
    std::uint32_t index;
    std::string external_id;
    common::Json record;
  };

  common::Answer<Entry> entry_of(const sdk::OperationCall& call, std::uint32_t index) const;
  void settle_results(const std::vector<Entry>& entries, const common::Json& results,
                      sdk::OperationReply& reply) const;
  std::string lookup_query(const std::vector<Entry>& entries) const;
  sdk::LookupAnswer judge(const Entry& entry, const std::vector<common::Json>& records) const;

  Org& org_;
};

}  // namespace perennial::plugins::salesforce

#endif
