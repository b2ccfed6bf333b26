// A sandbox without sockets for tests: calls go straight into a system, time moves when told.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "sandbox/control/world.hpp"

namespace perennial::sandbox::testing {

WorldOptions small_world(int renewals = 20);

// Sends one call into a system with the estate's mutex held.
Response send(World& world, System& system, const std::string& method, const std::string& target,
              const std::string& body = {}, Pairs headers = {});
Response control(World& world, const std::string& method, const std::string& target,
                 const Json& body = nullptr);

Json json_of(const Response& response);
std::string header_of(const Response& response, std::string_view name);

// Lets time pass for everything that waits on the steady clock.
void pass(World& world, std::chrono::milliseconds time);

struct CrmSession {
  explicit CrmSession(World& target);
  Response operator()(const std::string& method, const std::string& path,
                      const std::string& body = {}, Pairs more = {});
  Response query(const std::string& soql);

  World& world;
  std::string token;
};

struct ErpSession {
  explicit ErpSession(World& target);
  Response operator()(const std::string& method, const std::string& path,
                      const std::string& body = {}, Pairs more = {});
  // A sales order as posted for a renewal, blocked for billing.
  Json order_of(const PlannedRenewal& renewal, const std::string& key) const;
  std::string create_order(const PlannedRenewal& renewal, const std::string& key);

  World& world;
  std::string csrf_token;
  std::string cookies;
};

Response billing(World& world, const std::string& method, const std::string& path,
                 const std::string& form = {}, const std::string& key = {},
                 const std::string& version = {});
Response scim(World& world, const std::string& method, const std::string& path,
              const Json& body = nullptr, Pairs more = {});
Json extend_patch(const std::string& until, const std::string& correlation);

inline const std::string orders_path = "/sap/opu/odata/sap/API_SALES_ORDER_SRV/A_SalesOrder";
inline const std::string invoices_path =
    "/sap/opu/odata4/sap/zui_ext_invoice/srvd_a2x/sap/zext_invoice/0001/ExternalInvoice";

}  // namespace perennial::sandbox::testing
