// The simulated ERP: S/4HANA style OData v2 services and one OData v4 service of the customer's
// own.
//
// It does not deduplicate: two orders with one customer reference are two orders, and an external
// invoice that is booked twice is booked twice.
//
// Thread:  with the estate's mutex held, except where System says otherwise.
// Owns:    its tables and sessions; borrows the estate.
// Format:  api.sap.com and help.sap.com as named in sandbox/DEVIATIONS.md.
#pragma once

#include <set>

#include "sandbox/base/system.hpp"
#include "sandbox/sap/edm.hpp"
#include "sandbox/sap/odata_query.hpp"
#include "sandbox/sap/sessions.hpp"

namespace perennial::sandbox::sap {

// A business refusal of the ERP, in either OData dialect.
struct ErpError {
  int status = 400;
  std::string code;
  std::string text;
  std::string target;
};

class Erp : public System {
 public:
  explicit Erp(Estate& estate);

  std::string name() const override { return "erp"; }
  CallKind kind_of(const Request& request) const override;
  Response handle(const Request& request, bool fails_some) override;
  Response refuse(Refusal refusal, const Request& request) override;
  bool is_admitted(const Request& request) const override;
  Response land(const Request& request) override { return route(request); }

  void set_url(std::string url) { url_ = std::move(url); }
  const Table& orders() const { return orders_; }
  const Table& invoices() const { return invoices_; }
  const Table& postings() const { return postings_; }
  // The renewal an order belongs to: named in one of its fields, or found by customer and lines.
  std::string renewal_of_order(const Json& order) const;

  // Planted causes: customers blocked for sales, and materials not maintained for a customer.
  std::set<std::string> blocked_customers;
  std::set<std::pair<std::string, std::string>> missing_materials;

 private:
  Response route(const Request& request);
  Response route_entity(const Request& request, const Service& service,
                        const std::vector<std::string>& rest);
  Response service_document(const Service& service, const Request& request) const;
  Response read(const Request& request, const Service& service, const EntityPath& path,
                const std::vector<std::string>& rest);
  Response read_set(const Request& request, const Service& service, const EntityType& type,
                    std::vector<Json> records, bool is_count);
  Response read_one(const Request& request, const Service& service, const EntityType& type,
                    const Json& record, const std::vector<std::string>& rest);
  std::vector<Json> records_of(const std::string& set) const;
  const Json* find(const std::string& set, const EntityPath& path) const;
  Json render(const Request& request, const Service& service, const EntityType& type,
              const Json& record, const QueryOptions& options) const;

  Response write(const Request& request, const Service& service, const EntityPath& path);
  std::optional<ErpError> check_order(const Json& order) const;
  Response create_order(const Request& request);
  Response change_order(const Request& request, const EntityPath& path);
  std::optional<ErpError> check_invoice(const Json& invoice) const;
  Response create_invoice(const Request& request);
  Response change_invoice(const Request& request, const EntityPath& path);
  void post_to_accounting(const Json& invoice);
  // 428 without If-Match, 412 when it names an older state, nothing when the change may go on.
  std::optional<Response> precondition(const Request& request, const Json& record) const;

  Response answer(const Request& request, int status, const Json& body) const;
  Response failed(const Request& request, const ErpError& error) const;
  Response created(const Request& request, const Service& service, const EntityType& type,
                   const Json& record, const std::string& nested);

  Estate& estate_;
  Sessions sessions_;
  std::string url_;
  Table orders_;
  Table invoices_;
  Table postings_;
  std::uint64_t next_order_ = 1'000'001;
  std::uint64_t next_invoice_ = 9'000'000'001;
  std::uint64_t next_document_ = 1'800'000'001;
};

}  // namespace perennial::sandbox::sap
