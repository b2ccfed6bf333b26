// Orders and invoices in SAP S/4HANA, over a transport passed in.
//
// Thread:  any; every method is one delivery and keeps nothing but the session.
// Errors:  an Outcome or LookupAnswer says what became of the delivery. No retry, no sleep.
// Format:  API_SALES_ORDER_SRV (api.sap.com, OData v2) and the customer's own OData v4 service for
//          external invoices, whose entity and path are configuration.
#ifndef PERENNIAL_PLUGINS_ERP_CLIENT_HPP
#define PERENNIAL_PLUGINS_ERP_CLIENT_HPP

#include "plugins/common/deliveries.hpp"
#include "plugins/erp/session.hpp"

namespace perennial::plugins::erp {

using common::Request;

class Client {
 public:
  Client(const Config& config, common::SecretReader secrets, common::Transport& transport);

  // Posts `payload` as A_SalesOrder with to_Item. The key becomes the customer reference, by which
  // lookups find the order again: SAP itself takes the same reference twice.
  sdk::Outcome create_order(const Request& request);
  sdk::LookupAnswer find_order(const Request& request);

  // Lifts the billing block of {"order": "4711"}.
  sdk::Outcome release_order(const Request& request);
  sdk::LookupAnswer find_release(const Request& request);

  // Posts `payload` as the external invoice entity.
  sdk::Outcome book_invoice(const Request& request);
  sdk::LookupAnswer find_booking(const Request& request);

  // Whether the services answer with these credentials.
  void check(const common::Deadline& deadline, std::int64_t now_ms, sdk::HealthReply& reply);

  Session& session() { return session_; }

 private:
  common::Answer<common::Json> read_orders(const Request& request);
  common::Answer<common::Json> read_bookings(const Request& request);
  common::Answer<std::pair<common::Json, std::string>> read_order(const std::string& order,
                                                                  const Request& request);
  sdk::Outcome lift_block(const std::string& order, const std::string& etag,
                          const Request& request);

  const Config& config_;
  Session session_;
};

}  // namespace perennial::plugins::erp

#endif
