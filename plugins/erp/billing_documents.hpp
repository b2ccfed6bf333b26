// Invoices that SAP itself issues to the customer, from released sales orders.
//
// Thread:  any; every method is one delivery and keeps nothing.
// Errors:  an Outcome or LookupAnswer says what became of the delivery. No retry, no sleep.
// Format:  "Billing Document (A2X)", CE_BILLINGDOCUMENT_0001 (api.sap.com, OData v4): the static
//          action CreateFromSDDocument, BillingDocument with _Item, BillingDocumentItem.
#ifndef PERENNIAL_PLUGINS_ERP_BILLING_DOCUMENTS_HPP
#define PERENNIAL_PLUGINS_ERP_BILLING_DOCUMENTS_HPP

#include "plugins/common/deliveries.hpp"
#include "plugins/erp/session.hpp"

namespace perennial::plugins::erp {

class BillingDocuments {
 public:
  BillingDocuments(const Config& config, Session& session) : config_(config), session_(session) {}

  // Bills the order that `payload` names: {"order": "4711", "action": {_Control, _Reference}}. SAP
  // takes an order out of the billing due list when it is billed, so it can't be billed twice.
  sdk::Outcome issue(const common::Request& request);
  // The invoices of that order which are not cancelled.
  sdk::LookupAnswer find(const common::Request& request);

 private:
  common::Answer<common::Json> read_document(const std::string& number,
                                             const common::Request& request);
  common::Answer<common::Json> read_numbers(const std::string& order,
                                            const common::Request& request);
  common::Answer<common::Json> read_live(const std::string& order, const common::Request& request);

  const Config& config_;
  Session& session_;
};

}  // namespace perennial::plugins::erp

#endif
