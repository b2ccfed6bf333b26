// Orders and invoices in SAP S/4HANA, over a transport passed in.
//
// Thread:  any; every method is one delivery and keeps nothing but the session.
// Errors:  an Outcome or LookupAnswer says what became of the delivery. No retry, no sleep.
// Format:  API_SALES_ORDER_SRV (api.sap.com, OData v2) and the customer's own OData v4 service for
//          external invoices, whose entity and path are configuration.
#ifndef PERENNIAL_PLUGINS_ERP_CLIENT_HPP
#define PERENNIAL_PLUGINS_ERP_CLIENT_HPP

#include "plugins/common/deliveries.hpp"
#include "plugins/erp/holds.hpp"
#include "plugins/erp/session.hpp"

namespace perennial::plugins::erp {

using common::Request;

class Client {
 public:
  Client(const Config& config, common::SecretReader secrets, common::Transport& transport);

  // Posts `payload` as A_SalesOrder with to_Item. The key becomes the customer reference, by which
  // lookups find the order again: SAP itself takes the same reference twice.
  sdk::Outcome create_order(const Request& request);
  // Pending when SAP created the order but holds it (holds.hpp); `resume_order` looks again.
  sdk::LookupAnswer find_order(const Request& request);
  sdk::Outcome resume_order(std::string_view token, const Request& request);

  // Lifts the billing block of {"order": "4711", "block": "01"}, and no other block than this.
  sdk::Outcome release_order(const Request& request);
  sdk::LookupAnswer find_release(const Request& request);

  // Posts `payload` as the external invoice entity.
  sdk::Outcome book_invoice(const Request& request);
  sdk::LookupAnswer find_booking(const Request& request);

  // Reads the customer of {"customer": "10100001"} with its sales areas, for its blocks.
  sdk::Outcome check_customer(const Request& request);

  Session& session() { return session_; }

 private:
  sdk::Outcome pending_order(const HeldOrder& held, const std::string& hold) const;
  common::Answer<common::Json> read_orders(const Request& request);
  common::Answer<common::Json> read_bookings(const Request& request);
  common::Answer<std::pair<common::Json, std::string>> read_order(const std::string& order,
                                                                  const Request& request);

  const Config& config_;
  Session session_;
};

}  // namespace perennial::plugins::erp

#endif
