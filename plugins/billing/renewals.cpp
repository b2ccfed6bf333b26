#include "plugins/billing/renewals.hpp"

#include "plugins/billing/marks.hpp"
#include "plugins/billing/phases.hpp"
#include "plugins/common/url.hpp"

namespace perennial::plugins::billing {
namespace {

using common::Answer;
using common::Fault;
using common::Json;
using common::Request;
using sdk::LookupKind;
using sdk::OutcomeKind;

std::string subscription_path(const std::string& id) {
  return "/v1/subscriptions/" + common::percent_encoded(id);
}

// A subscription names its schedule by id, or as the object when it was expanded.
std::string schedule_id(const Json& subscription) {
  const std::string id = common::text_at(subscription, {"schedule", "id"});
  return id.empty() ? common::text_at(subscription, {"schedule"}) : id;
}

Json receipt_of(const std::string& subscription, const std::string& schedule) {
  Json receipt = {{"subscription", subscription}};
  if (!schedule.empty()) receipt["schedule"] = schedule;
  return receipt;
}

bool carries_key(const Json& object, std::string_view key) {
  return common::text_at(object, {"metadata", key_field}) == key;
}

// The key stands in the phase; the metadata of a schedule tells only of its last change.
bool plans_key(const Json& schedule, std::string_view key) {
  const std::string status = common::text_at(schedule, {"status"});
  if (status == "canceled" || status == "released") return false;
  if (carries_key(schedule, key)) return true;
  for (const Json& phase : schedule.value("phases", Json::array())) {
    if (carries_key(phase, key)) return true;
  }
  return false;
}

Term term_of(const Request& request) {
  const Json& params = request.payload["params"];
  Term term;
  term.start_s = whole_at(request.payload, "starts");
  term.end_s = whole_at(params, "cancel_at");
  term.metadata = params.value("metadata", Json::object());
  term.metadata[key_field] = std::string(request.key);
  term.items = request.payload.value("items", Json());
  term.proration_behavior = params.value("proration_behavior", "none");
  return term;
}

}  // namespace

sdk::Outcome Renewals::renew(const Request& request) {
  const std::string id = common::text_at(request.payload, {"subscription"});
  const Json* params = common::find_at(request.payload, {"params"});
  if (id.empty() || params == nullptr || !params->is_object()) {
    return common::refused("payload_invalid", "the mapping gave no `subscription` or no `params`");
  }
  const std::int64_t starts_s = whole_at(request.payload, "starts");
  if (starts_s > 0 && whole_at(*params, "cancel_at") <= starts_s) {
    return common::refused("payload_invalid", "`params.cancel_at` must be after `starts`");
  }
  const Answer<Dated> read = caller_.get_dated(subscription_path(id), {}, request.deadline);
  if (!read) return common::outcome_of(read.error());
  if (carries_key(read->body, request.key)) {
    return common::settled(OutcomeKind::already_done, receipt_of(id, schedule_id(read->body)),
                           read->body);
  }
  const std::int64_t now_s = read->server_ms.value_or(request.now_ms) / 1000;
  const bool is_planned = starts_s > now_s || (starts_s > 0 && !schedule_id(read->body).empty());
  return is_planned ? plan(request, read->body, now_s) : update(request, read->body);
}

sdk::Outcome Renewals::update(const Request& request, const Json& subscription) {
  Json parameters = request.payload["params"];
  parameters["metadata"][key_field] = std::string(request.key);
  const Json* items = common::find_at(request.payload, {"items"});
  if (items != nullptr && items->is_array()) {
    parameters["items"] = changed_items(subscription, *items);
  }
  const std::string id = common::text_at(request.payload, {"subscription"});
  const Answer<Json> updated =
      caller_.post(subscription_path(id), parameters, std::string(request.key), request.deadline);
  if (!updated) return common::outcome_of(updated.error());
  return common::settled(OutcomeKind::done, receipt_of(common::text_at(*updated, {"id"}), ""),
                         *updated);
}

// The schedule of the subscription; one that is made here repeats the term under way and changes
// nothing, so an answer that got lost is simply asked for again under its key.
Answer<Json> Renewals::schedule_of(const Request& request, const Json& subscription) {
  const std::string known = schedule_id(subscription);
  if (!known.empty()) {
    return caller_.get("/v1/subscription_schedules/" + common::percent_encoded(known), {},
                       request.deadline);
  }
  Answer<Json> made =
      caller_.post("/v1/subscription_schedules",
                   {{"from_subscription", common::text_at(request.payload, {"subscription"})}},
                   derived_key(request, "schedule"), request.deadline);
  if (!made) return tl::unexpected(before_effect(made.error()));
  if (common::text_at(*made, {"id"}).empty()) {
    return tl::unexpected(before_effect(common::unreadable_answer("a schedule without id")));
  }
  return made;
}

sdk::Outcome Renewals::plan(const Request& request, const Json& subscription, std::int64_t now_s) {
  const std::string id = common::text_at(request.payload, {"subscription"});
  const Answer<Json> schedule = schedule_of(request, subscription);
  if (!schedule) return common::outcome_of(schedule.error());
  const std::string schedule_name = common::text_at(*schedule, {"id"});
  if (plans_key(*schedule, request.key)) {
    return common::settled(OutcomeKind::already_done, receipt_of(id, schedule_name), *schedule);
  }
  const Term term = term_of(request);
  const Answer<Json> phases = phases_with(*schedule, term, now_s);
  if (!phases) return common::outcome_of(phases.error());
  const Json parameters = {{"end_behavior", "cancel"},
                           {"proration_behavior", term.proration_behavior},
                           {"metadata", term.metadata},
                           {"phases", *phases}};
  const Answer<Json> planned =
      caller_.post("/v1/subscription_schedules/" + common::percent_encoded(schedule_name),
                   parameters, derived_key(request, "phases"), request.deadline);
  if (!planned) return common::outcome_of(planned.error());
  return common::settled(OutcomeKind::done, receipt_of(id, schedule_name), *planned);
}

Answer<std::vector<Json>> Renewals::schedules_of(const Request& request,
                                                 const std::string& customer) {
  return caller_.list("/v1/subscription_schedules", {{"customer", customer}}, request.deadline);
}

sdk::LookupAnswer Renewals::find(const Request& request) {
  const std::string id = common::text_at(request.payload, {"subscription"});
  const Answer<Json> read = caller_.get(subscription_path(id), {}, request.deadline);
  if (!read) return common::lookup_answer_of(read.error());
  if (carries_key(*read, request.key)) return found(receipt_of(id, schedule_id(*read)), *read);
  if (whole_at(request.payload, "starts") == 0) {
    return absent("the subscription does not carry this key");
  }
  const std::string customer_id = common::text_at(*read, {"customer", "id"});
  const std::string customer =
      customer_id.empty() ? common::text_at(*read, {"customer"}) : customer_id;
  const Answer<std::vector<Json>> schedules = schedules_of(request, customer);
  if (!schedules) return common::lookup_answer_of(schedules.error());
  for (const Json& schedule : *schedules) {
    if (!plans_key(schedule, request.key)) continue;
    return found(receipt_of(id, common::text_at(schedule, {"id"})), schedule);
  }
  return absent("neither the subscription nor a schedule of its customer carries this key");
}

}  // namespace perennial::plugins::billing
