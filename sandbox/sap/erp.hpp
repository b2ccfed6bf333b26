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

// A part of a $batch: a read, or the changes of one change set.
struct BatchStep {
  bool is_change_set = false;
  std::vector<Request> requests;
};

class Erp : public System {
 public:
  explicit Erp(Estate& estate);

  std::string name() const override { return "erp"; }
  CallKind kind_of(const Request& request) const override;
  Response handle(const Request& request, bool fails_some) override;
  Response refuse(Refusal refusal, const Request& request) override;
  bool is_admitted(const Request& request) const override;
  Response land(const Request& request) override { return route(request, false); }

  void set_url(std::string url) { url_ = std::move(url); }
  const Table& orders() const { return orders_; }
  const Table& invoices() const { return invoices_; }
  const Table& postings() const { return postings_; }
  const Table& billing_documents() const { return billing_documents_; }
  // The renewal an order belongs to: named in one of its fields, or found by customer and lines.
  std::string renewal_of_order(const Json& order) const;

  // Planted causes: customers blocked for sales, and materials not maintained for a customer.
  std::set<std::string> blocked_customers;
  std::set<std::pair<std::string, std::string>> missing_materials;
  // The server drops what it kept for delta links so far: older ones are 410 from now on.
  void forget_deltas() { oldest_delta_ = ++schedule_changes_; }

  // Customers whose new orders fail the credit check: created, and held.
  std::set<std::string> credit_held_customers;
  // The credit department lets the customer's orders go; answers how many.
  int release_credit(const std::string& customer);

 private:
  Response route(const Request& request, bool fails_some = false);
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

  // The master records of the plan, with the blocks of this moment.
  void refresh_customers();
  void plan_revenue(const std::string& renewal, const std::string& currency,
                    const std::vector<Json>& lines);
  tl::expected<std::vector<Json>, ErpError> changed_since(const std::string& token) const;

  Response run_batch(const Request& request, const Service& service, bool fails_some);
  Response run_json_batch(const Request& request, const Service& service);
  std::vector<Response> run_step(const Request& outer, const BatchStep& step);
  std::vector<Response> run_change_set(const std::vector<Request>& requests);

  Response write(const Request& request, const Service& service, const EntityPath& path,
                 const std::vector<std::string>& rest);
  std::optional<ErpError> check_order(const Json& order) const;
  Response create_order(const Request& request);
  Response change_order(const Request& request, const EntityPath& path);
  std::optional<ErpError> check_invoice(const Json& invoice) const;
  Response create_invoice(const Request& request);
  Response change_invoice(const Request& request, const EntityPath& path);
  void post_to_accounting(const Json& invoice);
  // The action CreateFromSDDocument: one billing document for each sales order that it names.
  Response create_billing_documents(const Request& request);
  std::optional<ErpError> check_billable(const Json& reference) const;
  Json bill_order(const Json& reference, const Json& control);
  void post_billing(const Json& document);
  void pay_billing(const std::string& number);
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
  Table billing_documents_;
  Table schedules_;
  Table customers_;
  bool is_rehearsal_ = false;  // changes are checked, and left undone
  std::uint64_t next_order_ = 1'000'001;
  std::uint64_t next_invoice_ = 9'000'000'001;
  std::uint64_t next_document_ = 1'800'000'001;
  std::uint64_t next_billing_document_ = 90'000'001;
  std::uint64_t next_billing_posting_ = 9'400'000'001;
  std::uint64_t next_schedule_ = 10'001;
  std::int64_t schedule_changes_ = 0;
  std::int64_t oldest_delta_ = 0;
  std::uint64_t next_payment_ = 1'400'000'001;
};

}  // namespace perennial::sandbox::sap
