#include "sandbox/stripe/billing.hpp"

#include <algorithm>
#include <cctype>

namespace perennial::sandbox::stripe {
namespace {

constexpr std::int64_t key_lifetime_s = 24 * 3600;  // docs.stripe.com/api/idempotent_requests
constexpr std::size_t key_length_max = 255;

std::string fingerprint(const Request& request) {
  return request.method + " " + request.target + "\n" + request.body;
}

bool is_version(const std::string& text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return false;
  return text.size() == 10 || text[10] == '.';
}

bool has_secret_key(const Request& request) {
  if (bearer_token(request) == secret_key) return true;
  const auto basic = basic_credentials(request);
  return basic && basic->first == secret_key;
}

StripeError unauthorized(const Request& request) {
  std::string given = bearer_token(request);
  if (const auto basic = basic_credentials(request)) given = basic->first;
  StripeError error;
  error.status = 401;
  error.text =
      given.empty()
          ? "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details."
          : "Invalid API Key provided: " + given.substr(0, 8) + "********";
  return error;
}

bool is_kept(int status) {
  return status < 400 || status == 402 || status == 500;
}

}  // namespace

Billing::Billing(Estate& estate) : estate_(estate), store_(estate) {}

CallKind Billing::kind_of(const Request& request) const {
  CallKind kind;
  kind.is_write = request.method == "POST" || request.method == "DELETE";
  return kind;
}

std::optional<Response> Billing::begin(const Request& request) {
  const std::string key(request.header("Idempotency-Key"));
  if (request.method != "POST" || key.empty()) return std::nullopt;
  const std::lock_guard lock(in_flight_mutex_);
  if (in_flight_.count(key) == 0) {
    in_flight_.insert(key);
    return std::nullopt;
  }
  // The ids of other calls come from the estate, whose mutex is not held here.
  const std::string request_id = "req_" + std::to_string(hash_text(key));
  const Call call{request, Json::object(), {request_id, key}, estate_.options().stripe_version};
  StripeError error;
  error.status = 409;
  error.type = "idempotency_error";
  error.code = "idempotency_key_in_use";
  error.text =
      "There is currently another in-progress request using this Idempotent Key (that "
      "probably means you submitted twice, and the other request is still going through): " +
      key + ". Please try again later.";
  return failed(call, error);
}

void Billing::end(const Request& request) {
  const std::string key(request.header("Idempotency-Key"));
  if (request.method != "POST" || key.empty()) return;
  const std::lock_guard lock(in_flight_mutex_);
  const auto found = in_flight_.find(key);
  if (found != in_flight_.end()) in_flight_.erase(found);
}

Response Billing::failed(const Call& call, const StripeError& error) const {
  Json body{{"type", error.type}, {"message", error.text}};
  if (!error.code.empty()) {
    body["code"] = error.code;
    body["doc_url"] = "https://stripe.com/docs/error-codes/" + error.code;
  }
  if (!error.param.empty()) body["param"] = error.param;
  if (!error.decline_code.empty()) body["decline_code"] = error.decline_code;
  body["request_log_url"] = "https://dashboard.stripe.com/test/logs/" + call.cause.request_id;
  Response response;
  response.status = error.status;
  response.content_type = "application/json";
  response.body = Json{{"error", body}}.dump(2);
  response.with("Request-Id", call.cause.request_id).with("Stripe-Version", call.version);
  return response;
}

Response Billing::respond(const Call& call, const Answer& answer) const {
  if (answer.error) return failed(call, *answer.error);
  Json body = answer.body;
  if (text_of(body, "object") == "list") {
    for (Json& row : body["data"]) row = shown_in_version(row, call.version);
  } else {
    body = shown_in_version(body, call.version);
  }
  expand(call, body);
  Response response;
  response.content_type = "application/json";
  response.body = body.dump(2);
  response.with("Request-Id", call.cause.request_id).with("Stripe-Version", call.version);
  if (!call.cause.idempotency_key.empty()) {
    response.with("Idempotency-Key", call.cause.idempotency_key);
    response.with("Original-Request", call.cause.request_id);
  }
  return response;
}

Response Billing::refuse(Refusal refusal, const Request& request) {
  const Call call{request,
                  Json::object(),
                  {store_.new_id("req_").substr(0, 18), ""},
                  estate_.options().stripe_version};
  StripeError error;
  switch (refusal) {
    case Refusal::throttled: {
      error.status = 429;
      error.code = "rate_limit";
      error.text =
          "Too many requests hit the API too quickly. We recommend an exponential backoff "
          "of your requests.";
      Response response = failed(call, error);
      response.with("Retry-After", "1").with("Stripe-Rate-Limited-Reason", "global-rate");
      return response;
    }
    case Refusal::expired:
      error.status = 401;
      error.code = "api_key_expired";
      error.text = "Expired API Key provided: sk_test_********";
      return failed(call, error);
    case Refusal::locked:
      error.status = 429;
      error.code = "lock_timeout";
      error.text =
          "This object cannot be accessed right now because another API request or Stripe "
          "process is currently accessing it. If you see this error intermittently, retry "
          "the request.";
      return failed(call, error).with("Stripe-Should-Retry", "true");
    case Refusal::broken:
      return broken(call);
    case Refusal::unavailable:
      break;
  }
  error.status = 503;
  error.type = "api_error";
  error.text = "Stripe is temporarily unavailable; please try again later.";
  return failed(call, error).with("Stripe-Should-Retry", "true");
}

// docs.stripe.com/error-low-level, "Server errors": the status of the first request under a key is
// kept "regardless of whether it succeeds or fails", and a repetition gets the same 500.
Response Billing::broken(Call call) {
  call.cause.idempotency_key = call.request.header("Idempotency-Key");
  if (auto replayed = replay(call)) return *replayed;
  StripeError error;
  error.status = 500;
  error.type = "api_error";
  error.text = "An unknown error occurred";
  Response response = failed(call, error);
  const std::string& key = call.cause.idempotency_key;
  if (!key.empty()) {
    remembered_[key] = {fingerprint(call.request), response, store_.now(), call.cause.request_id};
  }
  return response;
}

std::size_t Billing::prune_keys() {
  const std::size_t kept = remembered_.size();
  remembered_.clear();
  return kept;
}

std::optional<Response> Billing::replay(const Call& call) {
  const std::string& key = call.cause.idempotency_key;
  if (key.empty()) return std::nullopt;
  if (key.size() > key_length_max) {
    StripeError error;
    error.text = "Idempotency-Key must be at most 255 characters long";
    return failed(call, error);
  }
  const auto found = remembered_.find(key);
  if (found == remembered_.end()) return std::nullopt;
  if (store_.now() - found->second.at > key_lifetime_s) {
    remembered_.erase(found);
    return std::nullopt;
  }
  if (found->second.fingerprint != fingerprint(call.request)) {
    StripeError error;
    error.type = "idempotency_error";
    error.text =
        "Keys for idempotent requests can only be used with the same parameters they were "
        "first used with. Try using a key other than '" +
        key + "' if you meant to execute a different request.";
    return failed(call, error);
  }
  Response response = found->second.response;
  response.with("Idempotent-Replayed", "true");
  const auto body = parse_json(response.body);
  if (response.status < 400 && body) {
    store_.record("replayed_answer", *body, call.cause, {{"replayed", true}});
  }
  return response;
}

Response Billing::handle(const Request& request, bool) {
  Call call{request,
            Json::object(),
            {store_.new_id("req_").substr(0, 18), ""},
            estate_.options().stripe_version};
  if (request.method == "POST") call.cause.idempotency_key = request.header("Idempotency-Key");
  if (!has_secret_key(request)) return failed(call, unauthorized(request));
  const std::string asked(request.header("Stripe-Version"));
  if (!asked.empty() && !is_version(asked)) {
    StripeError error;
    error.text = "Invalid Stripe API version: " + asked;
    return failed(call, error);
  }
  if (!asked.empty()) call.version = asked;
  // Parameters may also stand in the query of a POST; GET has them nowhere else.
  call.form = decode_form(request.query);
  if (request.method == "POST") call.form.update(decode_form(request.body));
  if (auto replayed = replay(call)) return *replayed;
  Response response = respond(call, route(call));
  if (!call.cause.idempotency_key.empty() && is_kept(response.status)) {
    remembered_[call.cause.idempotency_key] = {fingerprint(request), response, store_.now(),
                                               call.cause.request_id};
  }
  return response;
}

Answer Billing::route(const Call& call) {
  const std::vector<std::string> path = call.request.segments();
  const std::string kind = path.size() >= 2 && path[0] == "v1" ? path[1] : "";
  if (kind == "customers") return route_customers(call, path);
  if (kind == "subscriptions") return route_subscriptions(call, path);
  if (kind == "subscription_schedules") return route_schedules(call, path);
  if (kind == "invoices") return route_invoices(call, path);
  if (kind == "invoiceitems") return route_invoice_lines(call, path);
  if (kind == "products") return route_catalog(call, path, "product");
  if (kind == "prices") return route_catalog(call, path, "price");
  if (kind == "refunds") return route_refunds(call, path);
  if (kind == "credit_notes") return route_credit_notes(call, path);
  if (kind == "quotes") return route_quotes(call, path);
  const bool is_meter = kind == "billing" && path.size() == 3 && path[2] == "meter_events";
  if (is_meter && call.request.method == "POST") return create_meter_event(call);
  if (kind == "events") return route_readable(call, path, "event");
  if (kind == "payment_intents") return route_readable(call, path, "payment_intent");
  if (kind == "charges") return route_readable(call, path, "charge");
  if (kind == "invoice_payments") return route_readable(call, path, "invoice_payment");
  StripeError error;
  error.status = 404;
  error.text = "Unrecognized request URL (" + call.request.method + ": " + call.request.path +
               "). If you are trying to list objects, remove the trailing slash. If you are trying "
               "to retrieve an object, make sure you passed a valid (non-empty) identifier in your "
               "code. Please see https://stripe.com/docs or we can help at "
               "https://support.stripe.com/.";
  return {nullptr, error};
}

Answer Billing::route_readable(const Call& call, const std::vector<std::string>& path,
                               const std::string& object) {
  if (call.request.method != "GET") {
    StripeError error;
    error.status = 404;
    error.text =
        "Unrecognized request URL (" + call.request.method + ": " + call.request.path + ")";
    return {nullptr, error};
  }
  if (path.size() >= 3) return retrieve(object, path[2]);
  if (object == "event") return list(call, object, {"type"});
  return list(call, object, {"customer", "payment_intent", "invoice"});
}

void Billing::tick() {
  std::vector<Json> due_drafts;
  store_.named("invoice").for_each_newest([&](const std::string&, const Json& invoice) {
    // An automatic draft is finalised about an hour after it was made.
    const bool is_due = text_of(invoice, "status") == "draft" && flag_of(invoice, "auto_advance") &&
                        number_of(invoice, "created") + 3600 <= store_.now();
    if (is_due) due_drafts.push_back(invoice);
  });
  for (Json& invoice : due_drafts) open_invoice(invoice, {});
  tick_schedules();
  tick_subscriptions();
}

void Billing::tick_subscriptions() {
  std::vector<Json> ended;
  store_.named("subscription").for_each_newest([&](const std::string&, const Json& subscription) {
    const std::int64_t cancel_at = number_of(subscription, "cancel_at");
    if (text_of(subscription, "status") == "active" && cancel_at > 0 && cancel_at <= store_.now()) {
      ended.push_back(subscription);
    }
  });
  for (Json& subscription : ended) {
    subscription["status"] = "canceled";
    subscription["ended_at"] = subscription["cancel_at"];
    store_.named("subscription").put(text_of(subscription, "id"), subscription);
    store_.emit("customer.subscription.deleted", subscription, nullptr, {});
  }
}

}  // namespace perennial::sandbox::stripe
