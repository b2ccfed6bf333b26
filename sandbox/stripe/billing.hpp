// The simulated billing system: the vendor's REST API with idempotency keys, events and webhooks.
//
// Thread:  begin and end lock for themselves; everything else with the estate's mutex held.
// Owns:    its store, its idempotency keys and the webhook sender; borrows the estate.
// Format:  docs.stripe.com/api; deviations in sandbox/DEVIATIONS.md.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <string_view>

#include "sandbox/base/system.hpp"
#include "sandbox/stripe/form.hpp"
#include "sandbox/stripe/store.hpp"

namespace perennial::sandbox::stripe {

inline constexpr const char* secret_key = "sk_test_perennial_sandbox";

struct StripeError {
  int status = 400;
  std::string type = "invalid_request_error";
  std::string code;
  std::string text;
  std::string param;
  std::string decline_code;
};

// The outcome of an endpoint: a record (or list) to show, or an error.
struct Answer {
  Json body;
  std::optional<StripeError> error;
};

struct Call {
  const Request& request;
  Json form;
  Cause cause;
  std::string version;
};

class Billing : public System {
 public:
  explicit Billing(Estate& estate);

  std::string name() const override { return "billing"; }
  CallKind kind_of(const Request& request) const override;
  Response handle(const Request& request, bool fails_some) override;
  Response refuse(Refusal refusal, const Request& request) override;
  std::optional<Response> begin(const Request& request) override;
  void end(const Request& request) override;

  Store& store() { return store_; }
  const Store& store() const { return store_; }
  // The business clock moved: what was due by then happens now.
  void tick();

  // Forgets every idempotency key, as the vendor does after a day; gives how many there were.
  std::size_t prune_keys();

  // Planted causes.
  std::set<std::string> declined_subscriptions;
  std::map<std::string, std::string> failing_payments;  // renewal -> why its payments fail
  // The cause is gone: the customer pays what is open.
  void retry_payment(const std::string& renewal);
  void delete_customer(const std::string& id);
  void restore_customer(const std::string& id);

 private:
  struct Remembered {
    std::string fingerprint;
    Response response;
    std::int64_t at = 0;
    std::string request_id;
  };

  Response respond(const Call& call, const Answer& answer) const;
  Response failed(const Call& call, const StripeError& error) const;
  std::optional<Response> replay(const Call& call);
  Response broken(Call call);
  Answer route(const Call& call);
  Answer route_customers(const Call& call, const std::vector<std::string>& path);
  Answer route_subscriptions(const Call& call, const std::vector<std::string>& path);
  Answer route_schedules(const Call& call, const std::vector<std::string>& path);
  Answer route_invoices(const Call& call, const std::vector<std::string>& path);
  Answer route_invoice_lines(const Call& call, const std::vector<std::string>& path);
  Answer route_refunds(const Call& call, const std::vector<std::string>& path);
  Answer create_refund(const Call& call);
  Answer refund_charge(Json charge, std::optional<std::int64_t> amount, const Call& call);
  Answer route_credit_notes(const Call& call, const std::vector<std::string>& path);
  Answer create_credit_note(const Call& call);
  Json keep_credit_note(const Call& call, Json& invoice, std::int64_t amount,
                        std::int64_t before_payment);
  Answer route_quotes(const Call& call, const std::vector<std::string>& path);
  Answer create_quote(const Call& call);
  Answer move_quote(const Call& call, Json quote, const std::string& from, const std::string& to,
                    const std::string& event);
  Answer create_meter_event(const Call& call);
  Answer route_readable(const Call& call, const std::vector<std::string>& path,
                        const std::string& object);
  Answer route_catalog(const Call& call, const std::vector<std::string>& path,
                       const std::string& object);

  Answer retrieve(const std::string& object, const std::string& id) const;
  Answer list(const Call& call, const std::string& object,
              std::initializer_list<std::string_view> filters) const;
  bool is_listed(const Call& call, const Json& record,
                 std::initializer_list<std::string_view> filters) const;
  void expand(const Call& call, Json& body) const;
  Json payments_of(const Json& invoice) const;
  void expand_path(Json& node, const std::string& path, const std::string& version) const;

  Answer create_customer(const Call& call);
  Answer update_customer(const Call& call, const std::string& id);
  Answer create_subscription(const Call& call);
  Answer update_subscription(const Call& call, const std::string& id);
  Answer cancel_subscription(const Call& call, const std::string& id);
  std::optional<StripeError> apply_subscription(const Call& call, Json& subscription);
  std::optional<StripeError> apply_lines(const Call& call, Json& subscription);
  std::optional<StripeError> prorate(const Call& call, const Json& before, const Json& after);
  Json new_subscription(const std::string& customer, std::int64_t begin, std::int64_t end);
  void tick_subscriptions();

  Answer list_schedules(const Call& call);
  Answer create_schedule(const Call& call);
  Answer update_schedule(const Call& call, Json schedule);
  Answer release_schedule(const Call& call, Json schedule);
  Answer cancel_schedule(const Call& call, Json schedule);
  std::optional<StripeError> adopt_subscription(const Call& call, Json& schedule);
  std::optional<StripeError> plan_subscription(const Call& call, Json& schedule);
  std::optional<StripeError> replace_phases(const Call& call, Json& schedule);
  std::optional<StripeError> check_schedule_owner(const std::string& subscription) const;
  std::optional<StripeError> take_end_behavior(const Call& call, Json& schedule) const;
  void keep_schedule(const Json& schedule, const std::string& kind, const std::string& type,
                     const Cause& cause, Json detail);
  void apply_schedule(const Json& schedule, const Cause& cause);
  void advance_schedule(Json& schedule, const Cause& cause);
  void start_schedule(Json& schedule, const Cause& cause);
  void complete_schedule(Json& schedule, std::int64_t end, const Cause& cause);
  void end_subscription(const Json& schedule, std::int64_t at, const Cause& cause);
  void tick_schedules();

  Answer create_invoice(const Call& call);
  std::optional<StripeError> check_invoice(const Call& call, Json& invoice) const;
  void take_pending_lines(Json& invoice);
  Answer update_invoice(const Call& call, const std::string& id);
  Answer delete_invoice(const Call& call, const std::string& id);
  Answer change_invoice(const Call& call, const std::string& id, const std::string& verb);
  Answer finalize_invoice(const Call& call, Json invoice);
  Answer pay_invoice(const Call& call, Json invoice);
  Answer void_invoice(const Call& call, Json invoice, const std::string& status);
  Answer create_invoice_line(const Call& call);
  Answer update_invoice_line(const Call& call, const std::string& id);
  void open_invoice(Json& invoice, const Cause& cause);
  void settle_invoice(Json& invoice, const Cause& cause, bool is_out_of_band);
  void fail_payment(Json& invoice, const std::string& why);
  void customer_pays(const std::string& invoice_id);
  void add_line(Json& invoice, const Json& invoice_line);
  void refresh_totals(Json& invoice) const;
  std::optional<StripeError> price_line(const Call& call, Json& invoice_line) const;
  std::optional<StripeError> check_customer(const Call& call) const;

  Estate& estate_;
  Store store_;
  std::map<std::string, Remembered> remembered_;
  std::map<std::string, std::int64_t> meter_identifiers_;  // and when they were first taken
  std::mutex in_flight_mutex_;
  std::multiset<std::string> in_flight_;  // guarded by in_flight_mutex_
};

// Parameter checks shared by the endpoints.
std::optional<StripeError> check_parameters(const Json& form,
                                            std::initializer_list<std::string_view> allowed);
std::optional<StripeError> read_integer(const Json& form, const std::string& name,
                                        std::optional<std::int64_t>& out);
StripeError missing_parameter(const std::string& name);
StripeError no_such(const std::string& object, const std::string& id, const std::string& param,
                    int status);
StripeError declined_card();
// The fields of `before` that `after` changed, as events show them.
Json changed_fields(const Json& before, const Json& after);
// Merges posted metadata: an empty value removes its key, an empty metadata removes all.
void merge_metadata(const Json& form, Json& record);

}  // namespace perennial::sandbox::stripe
