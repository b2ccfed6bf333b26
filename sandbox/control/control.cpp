#include "sandbox/control/control.hpp"

#include <cstdlib>

#include "sandbox/control/settlement.hpp"
#include "sandbox/control/sums.hpp"
#include "sandbox/control/world.hpp"

namespace perennial::sandbox {
namespace {

Response answer(int status, const Json& body) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = body.dump(2) + "\n";
  return response;
}

Response refused(const std::string& reason) {
  return answer(400, {{"error", reason}});
}

Json clock_state(const World& world) {
  return {{"now", format_instant(world.estate.clock.now())},
          {"wall", format_instant(world.estate.clock.wall())}};
}

Response set_clock(World& world, const Json& body) {
  Clock& clock = world.estate.clock;
  if (body.contains("now")) {
    const auto now = parse_instant(text_of(body, "now"));
    if (!now) return refused("expected \"now\" to be an instant such as 2026-12-31T00:00:00Z");
    clock.set(*now);
  } else if (member_of(body, "advance_s").is_number()) {
    clock.advance(std::chrono::seconds(number_of(body, "advance_s")));
  } else {
    return refused("expected {\"now\": instant} or {\"advance_s\": seconds}");
  }
  world.billing.tick();
  return answer(200, clock_state(world));
}

Json planted_list(const World& world) {
  Json list = Json::array();
  for (const PlantedCause& cause : world.planting.causes()) {
    list.push_back({{"renewal", cause.renewal},
                    {"system", cause.system},
                    {"kind", cause.kind},
                    {"expected_owner_area", cause.expected_owner_area},
                    {"description", cause.description},
                    {"removed", cause.is_removed}});
  }
  return list;
}

Response set_preset(World& world, const Json& body) {
  const std::string name = text_of(body, "name");
  if (name != "transient" && name != "mixed") {
    return refused("expected \"name\" to be transient or mixed, but it is \"" + name + "\"");
  }
  Faults::Preset preset;
  const Json& rate = member_of(body, "rate");
  if (rate.is_number()) preset.rate = rate.get<double>();
  if (preset.rate < 0 || preset.rate > 1) return refused("expected \"rate\" between 0 and 1");
  preset.floor = static_cast<int>(number_of(body, "floor", preset.floor));
  if (member_of(body, "floor_rate").is_number()) preset.floor_rate = body["floor_rate"];
  if (member_of(body, "params").is_object()) preset.params = body["params"];
  world.faults.set_preset(preset);
  int planted = 0;
  if (name == "mixed") {
    planted = world.planting.plant(
        static_cast<int>(number_of(body, "permanent", 8)),
        member_of(body, "params").is_object() ? body["params"] : Json::object());
  }
  return answer(
      200,
      {{"name", name}, {"rate", preset.rate}, {"planted", planted}, {"list", planted_list(world)}});
}

Response faults(World& world, const Request& request, const std::vector<std::string>& path,
                const Json& body) {
  if (request.method == "GET" && path.size() == 1) return answer(200, world.faults.describe());
  if (request.method == "POST" && path.size() == 1) {
    int id = 0;
    if (const auto problem = world.faults.add(body, &id)) return refused(*problem);
    return answer(201, {{"id", id}});
  }
  if (request.method == "POST" && path.size() == 2 && path[1] == "preset") {
    return set_preset(world, body);
  }
  if (request.method == "DELETE" && path.size() == 1) {
    world.faults.remove_all();
    return answer(200, world.faults.describe());
  }
  if (request.method == "DELETE" && path.size() == 2) {
    if (path[1] == "preset")
      world.faults.clear_preset();
    else if (!world.faults.remove(std::atoi(path[1].c_str()))) {
      return answer(
          404, {{"error", "expected the id of a fault, but there is none with id " + path[1]}});
    }
    return answer(200, world.faults.describe());
  }
  return answer(405, {{"error", "expected GET, POST or DELETE on /faults"}});
}

Json effect_of(const LedgerRow& row) {
  return {{"seq", row.seq},          {"at", format_instant(row.at)},  {"system", row.effect.system},
          {"kind", row.effect.kind}, {"renewal", row.effect.renewal}, {"key", row.effect.key},
          {"id", row.effect.id},     {"detail", row.effect.detail}};
}

Response ledger(const World& world, const Request& request) {
  const auto wanted = [&](const char* name, const std::string& value) {
    const auto filter = request.parameter(name);
    return !filter || *filter == value;
  };
  const auto after = request.parameter("after");
  const std::uint64_t from = after ? std::strtoull(after->c_str(), nullptr, 10) : 0;
  Json rows = Json::array();
  for (const LedgerRow& row : world.estate.ledger.rows()) {
    const bool is_wanted = row.seq > from && wanted("system", row.effect.system) &&
                           wanted("kind", row.effect.kind) &&
                           wanted("renewal", row.effect.renewal) && wanted("key", row.effect.key) &&
                           wanted("id", row.effect.id);
    if (is_wanted) rows.push_back(effect_of(row));
  }
  return answer(200, rows);
}

Json ledger_summary(const World& world) {
  Json by_system = Json::object();
  std::uint64_t replayed = 0;
  for (const LedgerRow& row : world.estate.ledger.rows()) {
    Json& count = by_system[row.effect.system][row.effect.kind];
    count = count.is_null() ? 1 : count.get<int>() + 1;
    if (flag_of(row.effect.detail, "replayed")) ++replayed;
  }
  return {{"effects", world.estate.ledger.rows().size()},
          {"by_system", by_system},
          {"replayed", replayed}};
}

Response accept(World& world, const Json& body) {
  const std::string number = text_of(body, "renewal");
  if (number.empty()) {
    if (!member_of(body, "count").is_number()) {
      return refused("expected {\"renewal\": number} or {\"count\": how many}");
    }
    return answer(200, {{"accepted", world.accept(static_cast<int>(number_of(body, "count")))}});
  }
  PlannedRenewal* renewal = world.estate.renewal(number);
  if (renewal == nullptr) {
    return answer(404, {{"error", "expected a planned renewal, but there is no " + number}});
  }
  return answer(200, {{"accepted", world.crm.accept(*renewal) ? 1 : 0}});
}

Response set_credit(World& world, const Json& body) {
  const std::string number = text_of(body, "renewal");
  if (number.empty() || !member_of(body, "held").is_boolean()) {
    return refused("expected {\"renewal\": number, \"held\": true or false}");
  }
  const PlannedRenewal* renewal = world.estate.renewal(number);
  if (renewal == nullptr) {
    return answer(404, {{"error", "expected a planned renewal, but there is no " + number}});
  }
  const std::string& customer = world.estate.account_of(*renewal).erp_customer;
  int released = 0;
  if (flag_of(body, "held")) {
    world.erp.credit_held_customers.insert(customer);
  } else {
    world.erp.credit_held_customers.erase(customer);
    released = world.erp.release_credit(customer);
  }
  return answer(200, {{"customer", customer}, {"released", released}});
}

Json renewal_list(const World& world) {
  Json list = Json::array();
  for (const PlannedRenewal& renewal : world.estate.plan.renewals) {
    const PlannedAccount& account = world.estate.account_of(renewal);
    list.push_back({{"renewal", renewal.number},
                    {"opportunity", renewal.opportunity_id},
                    {"account", account.name},
                    {"region", account.region},
                    {"currency", renewal.currency},
                    {"amount_minor", renewal.amount_minor},
                    {"contract", renewal.contract_number},
                    {"start", format_day(renewal.start)},
                    {"end", format_day(renewal.end)},
                    {"lines", renewal.lines.size()},
                    {"instalments", renewal.instalments},
                    {"erp_customer", account.erp_customer},
                    {"billing_customer", account.billing_customer},
                    {"subscription", renewal.subscription_id},
                    {"entitlement_user", account.entitlement_user},
                    {"renewals_of_account", account.renewals},
                    {"accepted", renewal.accepted}});
  }
  return list;
}

// {"object":"Opportunity","field":"Invoice__c","access":"none"|"read"|"edit"}
Response set_field_access(World& world, const Json& body) {
  const std::string access = text_of(body, "access");
  const salesforce::ObjectSpec* object = salesforce::find_object(text_of(body, "object"));
  const salesforce::FieldSpec* field =
      object == nullptr ? nullptr : object->field(text_of(body, "field"));
  if (field == nullptr) return refused("expected \"object\" and \"field\" of the CRM's schema");
  const std::string name = object->name + "." + field->name;
  if (access == "edit") {
    world.crm.org().field_access.erase(name);
  } else if (access == "none" || access == "read") {
    world.crm.org().field_access[name] = access;
  } else {
    return refused("expected \"access\" to be none, read or edit, but it is \"" + access + "\"");
  }
  return answer(200, {{"field", name}, {"access", access}});
}

// Switches of one system that are neither faults nor planted causes.
std::optional<Response> vendor_switch(World& world, const std::string& first,
                                      const std::string& method, const Json& body) {
  if (first == "idempotency-keys" && method == "DELETE") {
    return answer(200, {{"removed", world.billing.prune_keys()}});
  }
  if (first == "query-locators" && method == "DELETE") {
    return answer(200, {{"removed", world.crm.expire_locators()}});
  }
  if (first == "field-access" && method == "PUT") return set_field_access(world, body);
  if (first == "api-limit" && method == "PUT") {
    const std::int64_t max = number_of(body, "max");
    if (max < 1) return refused("expected {\"max\": calls a day}, at least 1");
    world.crm.set_daily_requests(static_cast<std::uint64_t>(max));
    return answer(200, {{"max", max}});
  }
  return std::nullopt;
}

Response route(World& world, const Request& request, const Json& body) {
  const std::vector<std::string> path = request.segments();
  const std::string& method = request.method;
  const std::string first = path.empty() ? "" : path[0];
  if (first.empty() || first == "health") {
    return answer(200, {{"status", "ok"},
                        {"urls", world.urls()},
                        {"renewals", world.estate.plan.renewals.size()}});
  }
  if (first == "faults") return faults(world, request, path, body);
  if (first == "clock" && method == "GET") return answer(200, clock_state(world));
  if (first == "clock" && method == "PUT") return set_clock(world, body);
  if (first == "planted" && method == "GET") return answer(200, planted_list(world));
  if (first == "planted" && method == "POST") {
    const Json params = body.value("params", Json::object());
    const auto problem =
        world.planting.plant_on(text_of(body, "renewal"), text_of(body, "kind"), params);
    return problem ? refused(*problem) : answer(201, planted_list(world));
  }
  if (first == "planted" && method == "DELETE") {
    return answer(200, {{"removed", world.planting.remove_all()}});
  }
  if (first == "ledger" && path.size() == 2 && path[1] == "summary") {
    return answer(200, ledger_summary(world));
  }
  if (first == "ledger" && path.size() == 2 && path[1] == "sums") {
    return answer(200, total_sums(settlement(world, "")));
  }
  if (first == "ledger" && method == "GET") return ledger(world, request);
  if (first == "settlement" && method == "GET") {
    return answer(200, settlement(world, request.parameter("renewal").value_or("")));
  }
  if (auto switched = vendor_switch(world, first, method, body)) return *switched;
  if (first == "renewals" && method == "GET") return answer(200, renewal_list(world));
  if (first == "accept" && method == "POST") return accept(world, body);
  if (first == "credit" && method == "PUT") return set_credit(world, body);
  return answer(404, {{"error",
                       "expected one of /clock /faults /faults/preset /planted /ledger "
                       "/ledger/summary /ledger/sums /settlement /renewals /accept /credit "
                       "/idempotency-keys /query-locators /field-access /api-limit /health, but "
                       "got " +
                           method + " " + request.path}});
}

}  // namespace

Reply handle_control(World& world, const Request& request) {
  std::optional<Json> body = Json::object();
  if (!request.body.empty()) body = parse_json(request.body);
  if (!body) {
    return Reply{refused("expected a JSON body, but it cannot be parsed"), Finish::whole, {}};
  }
  const std::lock_guard lock(world.estate.mutex);
  return Reply{route(world, request, *body), Finish::whole, {}};
}

}  // namespace perennial::sandbox
