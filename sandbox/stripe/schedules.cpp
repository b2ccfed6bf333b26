// Subscription schedules: made from a subscription or ahead of one, changed, released, cancelled,
// and carried on by the business clock.
#include "sandbox/stripe/schedules.hpp"

#include <algorithm>

namespace perennial::sandbox::stripe {
namespace {

StripeError refused(const std::string& text, const std::string& param = {}) {
  StripeError error;
  error.text = text;
  error.param = param;
  return error;
}

bool is_over(const Json& schedule) {
  const std::string status = text_of(schedule, "status");
  return status != "not_started" && status != "active";
}

Json empty_schedule(const std::string& id, std::int64_t now) {
  return {{"id", id},
          {"object", "subscription_schedule"},
          {"application", nullptr},
          {"canceled_at", nullptr},
          {"completed_at", nullptr},
          {"created", now},
          {"current_phase", nullptr},
          {"default_settings",
           {{"billing_cycle_anchor", "automatic"},
            {"collection_method", "charge_automatically"},
            {"default_payment_method", nullptr},
            {"description", nullptr},
            {"invoice_settings", {{"days_until_due", nullptr}, {"issuer", {{"type", "self"}}}}}}},
          {"end_behavior", "release"},
          {"livemode", false},
          {"metadata", Json::object()},
          {"phases", Json::array()},
          {"released_at", nullptr},
          {"released_subscription", nullptr},
          {"status", "not_started"},
          {"subscription", nullptr},
          {"test_clock", nullptr}};
}

// The subscription as it is now, as the only phase of its new schedule.
Json phase_of(const Json& subscription) {
  Json lines = Json::array();
  for (const Json& row : subscription["items"]["data"]) {
    lines.push_back({{"billing_thresholds", nullptr},
                     {"discounts", Json::array()},
                     {"metadata", member_of(row, "metadata")},
                     {"plan", text_of(row["price"], "id")},
                     {"price", text_of(row["price"], "id")},
                     {"quantity", row["quantity"]},
                     {"tax_rates", Json::array()}});
  }
  const std::int64_t cancel_at = number_of(subscription, "cancel_at");
  return {{"add_invoice_items", Json::array()},
          {"billing_cycle_anchor", nullptr},
          {"collection_method", nullptr},
          {"currency", member_of(subscription, "currency")},
          {"default_payment_method", nullptr},
          {"description", nullptr},
          {"discounts", Json::array()},
          {"end_date", cancel_at > 0 ? Json(cancel_at) : subscription["current_period_end"]},
          {"invoice_settings", nullptr},
          {"items", std::move(lines)},
          {"metadata", member_of(subscription, "metadata")},
          {"proration_behavior", "create_prorations"},
          {"start_date", subscription["current_period_start"]},
          {"trial_end", nullptr}};
}

void show_current_phase(Json& schedule, std::int64_t now) {
  const Json* phase = text_of(schedule, "status") == "active" ? phase_at(schedule, now) : nullptr;
  schedule["current_phase"] = phase == nullptr ? Json()
                                               : Json{{"start_date", (*phase)["start_date"]},
                                                      {"end_date", (*phase)["end_date"]}};
}

}  // namespace

Answer Billing::route_schedules(const Call& call, const std::vector<std::string>& path) {
  const std::string& method = call.request.method;
  if (path.size() == 2 && method == "GET") return list_schedules(call);
  if (path.size() == 2 && method == "POST") return create_schedule(call);
  if (path.size() == 3 && method == "GET") return retrieve("subscription_schedule", path[2]);
  const Json* found =
      path.size() >= 3 ? store_.named("subscription_schedule").newest(path[2]) : nullptr;
  if (found != nullptr && method == "POST") {
    if (path.size() == 3) return update_schedule(call, *found);
    if (path.size() == 4 && path[3] == "release") return release_schedule(call, *found);
    if (path.size() == 4 && path[3] == "cancel") return cancel_schedule(call, *found);
  }
  if (found == nullptr && path.size() >= 3 && method == "POST") {
    return {nullptr, no_such("subscription_schedule", path[2], "schedule", 404)};
  }
  StripeError error;
  error.status = 404;
  error.text = "Unrecognized request URL (" + method + ": " + call.request.path + ").";
  return {nullptr, error};
}

Answer Billing::list_schedules(const Call& call) {
  Answer page = list(call, "subscription_schedule", {"customer"});
  if (!page.error) page.body["url"] = "/v1/subscription_schedules";
  return page;
}

Answer Billing::create_schedule(const Call& call) {
  if (auto problem = check_parameters(
          call.form, {"customer", "from_subscription", "start_date", "end_behavior", "phases",
                      "default_settings", "metadata", "billing_mode"})) {
    return {nullptr, *problem};
  }
  Json schedule = empty_schedule(store_.new_id("sub_sched_"), store_.now());
  const auto problem = call.form.contains("from_subscription") ? adopt_subscription(call, schedule)
                                                               : plan_subscription(call, schedule);
  if (problem) return {nullptr, *problem};
  keep_schedule(schedule, "subscription_schedule_create", "subscription_schedule.created",
                call.cause, call.form);
  advance_schedule(schedule, call.cause);
  return {schedule, std::nullopt};
}

// "When using this parameter, other parameters (such as phase values) cannot be set"
// (docs.stripe.com/api/subscription_schedules/create, from_subscription).
std::optional<StripeError> Billing::adopt_subscription(const Call& call, Json& schedule) {
  for (const auto& [name, value] : call.form.items()) {
    if (name == "from_subscription" || name == "expand" || name == "billing_mode") continue;
    return refused("You cannot set `" + name + "` if `from_subscription` is set.", name);
  }
  const std::string id = text_of(call.form, "from_subscription");
  const Json* found = store_.named("subscription").newest(id);
  if (found == nullptr) return no_such("subscription", id, "from_subscription", 404);
  if (auto problem = check_schedule_owner(id)) return problem;
  if (text_of(*found, "status") == "canceled") {
    return refused("You cannot migrate a subscription that is canceled.", "from_subscription");
  }
  if (const std::string other = text_of(*found, "schedule"); !other.empty()) {
    return refused("You cannot migrate a subscription that is already attached to a schedule: `" +
                       other + "`.",
                   "from_subscription");
  }
  Json subscription = *found;
  schedule["customer"] = subscription["customer"];
  schedule["default_settings"]["collection_method"] = subscription["collection_method"];
  schedule["default_settings"]["invoice_settings"]["days_until_due"] =
      member_of(subscription, "days_until_due");
  if (number_of(subscription, "cancel_at") > 0) schedule["end_behavior"] = "cancel";
  schedule["phases"] = Json::array({phase_of(subscription)});
  schedule["status"] = "active";
  schedule["subscription"] = id;
  show_current_phase(schedule, store_.now());
  subscription["schedule"] = schedule["id"];
  store_.named("subscription").put(id, subscription);
  store_.emit("customer.subscription.updated", subscription, {{"schedule", nullptr}}, call.cause);
  return std::nullopt;
}

std::optional<StripeError> Billing::plan_subscription(const Call& call, Json& schedule) {
  if (auto problem = check_customer(call)) return problem;
  schedule["customer"] = text_of(call.form, "customer");
  std::optional<std::int64_t> start;
  if (text_of(call.form, "start_date") == "now") {
    start = store_.now();
  } else if (auto problem = read_integer(call.form, "start_date", start)) {
    return problem;
  }
  if (!start && !call.form.contains("start_date")) start = store_.now();
  merge_metadata(call.form, schedule);
  if (auto problem = take_end_behavior(call, schedule)) return problem;
  const PhaseContext context{store_.named("price"), store_.now(), start};
  return read_phases(context, member_of(call.form, "phases"), schedule["phases"]);
}

// The planted deletion of a customer hides what is theirs, as it hides their subscription.
std::optional<StripeError> Billing::check_schedule_owner(const std::string& subscription) const {
  const Json* found = store_.named("subscription").newest(subscription);
  if (found == nullptr) return std::nullopt;
  const Json* customer = store_.named("customer").newest(text_of(*found, "customer"));
  if (customer == nullptr || !flag_of(*customer, "deleted")) return std::nullopt;
  return no_such("subscription", subscription, "id", 404);
}

std::optional<StripeError> Billing::take_end_behavior(const Call& call, Json& schedule) const {
  const std::string wanted = text_of(call.form, "end_behavior");
  if (wanted.empty()) return std::nullopt;
  if (wanted != "release" && wanted != "cancel") {
    return refused("Invalid end_behavior: must be one of cancel or release", "end_behavior");
  }
  schedule["end_behavior"] = wanted;
  return std::nullopt;
}

Answer Billing::update_schedule(const Call& call, Json schedule) {
  if (auto problem = check_parameters(call.form, {"phases", "end_behavior", "metadata",
                                                  "default_settings", "proration_behavior"})) {
    return {nullptr, *problem};
  }
  if (is_over(schedule)) {
    return {nullptr, refused("You cannot update a subscription schedule that is in the `" +
                             text_of(schedule, "status") + "` status.")};
  }
  const std::string subscription = text_of(schedule, "subscription");
  if (auto problem = check_schedule_owner(subscription)) return {nullptr, *problem};
  if (declined_subscriptions.count(subscription) > 0) return {nullptr, declined_card()};
  if (auto problem = take_end_behavior(call, schedule)) return {nullptr, *problem};
  if (call.form.contains("phases")) {
    if (auto problem = replace_phases(call, schedule)) return {nullptr, *problem};
  }
  merge_metadata(call.form, schedule);
  keep_schedule(schedule, "subscription_schedule_update", "subscription_schedule.updated",
                call.cause, call.form);
  if (text_of(schedule, "status") == "active") apply_schedule(schedule, call.cause);
  advance_schedule(schedule, call.cause);
  return {schedule, std::nullopt};
}

// Past phases may be left out; the one under way must be stated with the start that it has.
std::optional<StripeError> Billing::replace_phases(const Call& call, Json& schedule) {
  const bool is_active = text_of(schedule, "status") == "active";
  const Json current = schedule["current_phase"];
  PhaseContext context{store_.named("price"), store_.now(), std::nullopt};
  if (!is_active) context.start = number_of(schedule["phases"].front(), "start_date");
  Json phases;
  if (auto problem = read_phases(context, member_of(call.form, "phases"), phases)) return problem;
  if (is_active && current.is_object()) {
    const bool states_current = std::any_of(phases.begin(), phases.end(), [&](const Json& phase) {
      return phase["start_date"] == current["start_date"];
    });
    if (!states_current) {
      return refused("You can not modify the start date of the current phase.",
                     "phases[0][start_date]");
    }
  }
  schedule["phases"] = std::move(phases);
  if (is_active && phase_at(schedule, store_.now()) == nullptr) {
    return refused("The current phase must end in the future.", "phases[0][end_date]");
  }
  return std::nullopt;
}

Answer Billing::release_schedule(const Call& call, Json schedule) {
  if (auto problem = check_parameters(call.form, {"preserve_cancel_date"})) {
    return {nullptr, *problem};
  }
  if (is_over(schedule)) {
    return {nullptr, refused("You cannot release a subscription schedule that is in the `" +
                             text_of(schedule, "status") + "` status.")};
  }
  const std::string id = text_of(schedule, "subscription");
  if (!id.empty()) {
    Json subscription = *store_.named("subscription").newest(id);
    subscription["schedule"] = nullptr;
    if (text_of(call.form, "preserve_cancel_date") != "true") subscription["cancel_at"] = nullptr;
    store_.named("subscription").put(id, subscription);
    store_.emit("customer.subscription.updated", subscription, {{"schedule", schedule["id"]}},
                call.cause);
  }
  schedule["status"] = "released";
  schedule["released_at"] = store_.now();
  schedule["released_subscription"] = schedule["subscription"];
  schedule["subscription"] = nullptr;
  schedule["current_phase"] = nullptr;
  keep_schedule(schedule, "subscription_schedule_release", "subscription_schedule.released",
                call.cause, call.form);
  return {schedule, std::nullopt};
}

Answer Billing::cancel_schedule(const Call& call, Json schedule) {
  if (auto problem = check_parameters(call.form, {"invoice_now", "prorate"})) {
    return {nullptr, *problem};
  }
  if (is_over(schedule)) {
    return {nullptr, refused("You cannot cancel a subscription schedule that is in the `" +
                             text_of(schedule, "status") + "` status.")};
  }
  end_subscription(schedule, store_.now(), call.cause);
  schedule["status"] = "canceled";
  schedule["canceled_at"] = store_.now();
  schedule["current_phase"] = nullptr;
  keep_schedule(schedule, "subscription_schedule_cancel", "subscription_schedule.canceled",
                call.cause, call.form);
  return {schedule, std::nullopt};
}

void Billing::keep_schedule(const Json& schedule, const std::string& kind, const std::string& type,
                            const Cause& cause, Json detail) {
  if (!kind.empty()) store_.record(kind, schedule, cause, std::move(detail));
  store_.named("subscription_schedule").put(text_of(schedule, "id"), schedule);
  store_.emit(type, schedule, nullptr, cause);
}

void Billing::end_subscription(const Json& schedule, std::int64_t at, const Cause& cause) {
  const std::string id = text_of(schedule, "subscription");
  const Json* found = id.empty() ? nullptr : store_.named("subscription").newest(id);
  if (found == nullptr || text_of(*found, "status") == "canceled") return;
  Json subscription = *found;
  subscription["status"] = "canceled";
  subscription["canceled_at"] = at;
  subscription["ended_at"] = at;
  store_.named("subscription").put(id, subscription);
  store_.emit("customer.subscription.deleted", subscription, nullptr, cause);
}

// The phase under way and the end of the schedule, as its subscription shows them.
void Billing::apply_schedule(const Json& schedule, const Cause& cause) {
  const std::string id = text_of(schedule, "subscription");
  Json subscription = *store_.named("subscription").newest(id);
  const Json before = subscription;
  if (const Json* phase = phase_at(schedule, store_.now())) {
    enter_phase(*phase, store_.named("price"), estate_.random, store_.now(), subscription);
  }
  const bool ends = text_of(schedule, "end_behavior") == "cancel";
  subscription["cancel_at"] = ends ? schedule["phases"].back()["end_date"] : Json();
  if (subscription == before) return;
  store_.named("subscription").put(id, subscription);
  store_.emit("customer.subscription.updated", subscription, changed_fields(before, subscription),
              cause);
}

// Starts the schedule, moves it into the phase of the present, ends it after the last one.
void Billing::advance_schedule(Json& schedule, const Cause& cause) {
  const std::int64_t now = store_.now();
  const std::int64_t end = number_of(schedule["phases"].back(), "end_date");
  if (text_of(schedule, "status") == "not_started") {
    if (number_of(schedule["phases"].front(), "start_date") > now) return;
    start_schedule(schedule, cause);
  }
  if (text_of(schedule, "status") != "active") return;
  const Json shown = schedule["current_phase"];
  show_current_phase(schedule, now);
  if (now >= end) {
    complete_schedule(schedule, end, cause);
  } else if (shown != schedule["current_phase"]) {
    apply_schedule(schedule, cause);
    keep_schedule(schedule, "", "subscription_schedule.updated", cause, nullptr);
  }
}

void Billing::start_schedule(Json& schedule, const Cause& cause) {
  const std::int64_t begin = number_of(schedule["phases"].front(), "start_date");
  Json subscription = new_subscription(text_of(schedule, "customer"), begin,
                                       number_of(schedule["phases"].front(), "end_date"));
  subscription["schedule"] = schedule["id"];
  subscription["currency"] = schedule["phases"].front()["currency"];
  schedule["subscription"] = subscription["id"];
  schedule["status"] = "active";
  enter_phase(schedule["phases"].front(), store_.named("price"), estate_.random, store_.now(),
              subscription);
  store_.named("subscription").put(text_of(subscription, "id"), subscription);
  store_.emit("customer.subscription.created", subscription, nullptr, cause);
}

void Billing::complete_schedule(Json& schedule, std::int64_t end, const Cause& cause) {
  if (text_of(schedule, "end_behavior") == "cancel") {
    end_subscription(schedule, end, cause);
  } else {
    const std::string id = text_of(schedule, "subscription");
    Json subscription = *store_.named("subscription").newest(id);
    // The last phase may have begun and ended since the clock was moved.
    enter_phase(schedule["phases"].back(), store_.named("price"), estate_.random, store_.now(),
                subscription);
    subscription["schedule"] = nullptr;
    store_.named("subscription").put(id, subscription);
    store_.emit("customer.subscription.updated", subscription, {{"schedule", schedule["id"]}},
                cause);
    schedule["released_subscription"] = id;
  }
  schedule["status"] = "completed";
  schedule["completed_at"] = end;
  schedule["current_phase"] = nullptr;
  keep_schedule(schedule, "", "subscription_schedule.completed", cause, nullptr);
}

void Billing::tick_schedules() {
  std::vector<Json> open;
  store_.named("subscription_schedule").for_each_newest([&](const std::string&, const Json& row) {
    if (!is_over(row)) open.push_back(row);
  });
  for (Json& schedule : open) advance_schedule(schedule, {});
}

}  // namespace perennial::sandbox::stripe
