#include "plugins/billing/phases.hpp"

#include <algorithm>

#include "plugins/common/time.hpp"

namespace perennial::plugins::billing {
namespace {

using common::Fault;
using common::Json;

// What an object of Stripe's may be: its id, or the object when it was expanded.
std::string id_of(const Json* value) {
  if (value == nullptr) return {};
  if (value->is_string()) return value->get<std::string>();
  return value->is_object() ? common::text_at(*value, {"id"}) : std::string();
}

Json line_to_post(const Json& line) {
  Json posted = {{"price", id_of(common::find_at(line, {"price"}))}};
  for (const char* name : {"quantity", "metadata"}) {
    const Json* value = common::find_at(line, {name});
    if (value != nullptr && !value->is_null() && !value->empty()) posted[name] = *value;
  }
  const Json* rates = common::find_at(line, {"tax_rates"});
  if (rates != nullptr && rates->is_array()) {
    for (const Json& rate : *rates) posted["tax_rates"].push_back(id_of(&rate));
  }
  return posted;
}

// A phase as it was read, as it must be posted to stay what it is.
Json phase_to_post(const Json& phase) {
  Json posted = {{"start_date", whole_at(phase, "start_date")},
                 {"end_date", whole_at(phase, "end_date")},
                 {"items", Json::array()}};
  for (const Json& line : phase.value("items", Json::array())) {
    posted["items"].push_back(line_to_post(line));
  }
  for (const char* name : {"proration_behavior", "collection_method", "description", "metadata"}) {
    const Json* value = common::find_at(phase, {name});
    if (value != nullptr && !value->is_null() && !value->empty()) posted[name] = *value;
  }
  const std::string method = id_of(common::find_at(phase, {"default_payment_method"}));
  if (!method.empty()) posted["default_payment_method"] = method;
  const Json* days = common::find_at(phase, {"invoice_settings", "days_until_due"});
  if (days != nullptr && days->is_number_integer()) {
    posted["invoice_settings"]["days_until_due"] = *days;
  }
  if (whole_at(phase, "trial_end") > 0) posted["trial_end"] = phase["trial_end"];
  return posted;
}

std::string day_of(std::int64_t at_s) {
  return common::iso_of_ms(at_s * 1000).substr(0, 10);
}

Fault gap(std::int64_t from_s, std::int64_t to_s) {
  return {common::kinds::rejected, "term_gap",
          "the subscription ends on " + day_of(from_s) + ", but the new term starts on " +
              day_of(to_s) + ": a schedule has no gap, so a new subscription is needed"};
}

// The new term in the shape of the phase before it: how it is collected does not change.
Json phase_of(const Term& term, const Json& before) {
  Json phase = before;
  phase["start_date"] = std::max(term.start_s, whole_at(before, "start_date"));
  phase["end_date"] = term.end_s;
  phase["proration_behavior"] = term.proration_behavior;
  phase.erase("trial_end");
  if (term.items.is_array() && !term.items.empty()) phase["items"] = term.items;
  for (const auto& [name, value] : term.metadata.items()) phase["metadata"][name] = value;
  return phase;
}

}  // namespace

std::int64_t whole_at(const Json& object, const char* name) {
  const Json* found = common::find_at(object, {name});
  return found != nullptr && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

common::Answer<Json> phases_with(const Json& schedule, const Term& term, std::int64_t now_s) {
  Json phases = Json::array();
  const bool ends = common::text_at(schedule, {"end_behavior"}) == "cancel";
  for (const Json& phase : schedule.value("phases", Json::array())) {
    if (whole_at(phase, "end_date") <= now_s) continue;
    const bool is_under_way = whole_at(phase, "start_date") <= now_s;
    if (!is_under_way && whole_at(phase, "start_date") >= term.start_s) continue;
    phases.push_back(phase_to_post(phase));
  }
  if (phases.empty()) {
    return tl::unexpected(Fault{common::kinds::rejected, "schedule_over",
                                "the schedule of the subscription has no phase under way"});
  }
  Json& last = phases.back();
  const std::int64_t last_end_s = whole_at(last, "end_date");
  if (ends && last_end_s < term.start_s) return tl::unexpected(gap(last_end_s, term.start_s));
  const Json added = phase_of(term, last);
  if (whole_at(last, "start_date") >= term.start_s || term.start_s <= now_s) {
    // The term has begun meanwhile: the phase under way becomes it, with the start that it has.
    phases.back() = added;
  } else {
    last["end_date"] = term.start_s;
    phases.push_back(added);
  }
  return phases;
}

Json changed_items(const Json& subscription, const Json& wanted) {
  Json changes = Json::array();
  const Json* lines = common::find_at(subscription, {"items", "data"});
  Json known = lines == nullptr ? Json::array() : *lines;
  for (const Json& line : wanted) {
    Json change = line;
    const auto kept = std::find_if(known.begin(), known.end(), [&](const Json& one) {
      return id_of(common::find_at(one, {"price"})) == common::text_at(line, {"price"});
    });
    if (kept != known.end()) {
      change["id"] = (*kept)["id"];
      known.erase(kept);
    }
    changes.push_back(std::move(change));
  }
  for (const Json& line : known) changes.push_back({{"id", line["id"]}, {"deleted", true}});
  return changes;
}

}  // namespace perennial::plugins::billing
