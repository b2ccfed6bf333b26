#include "sandbox/control/planting.hpp"

#include <algorithm>
#include <set>

#include "sandbox/control/world.hpp"

namespace perennial::sandbox {
namespace {

struct KindProfile {
  const char* kind;
  const char* system;
  const char* owner_area;
  const char* description;
};
constexpr std::size_t kinds_in_turn = 8;  // the others are planted by name only
constexpr std::array<KindProfile, 10> profiles{{
    {"customer_blocked", "erp", "order-management",
     "the ERP refuses new sales orders of this customer (V1/854)"},
    {"unknown_material", "erp", "order-management",
     "a material of this renewal is not defined for the customer's sales area (V1/382)"},
    {"card_declined", "billing", "finance-operations",
     "changing the subscription is answered 402 card_declined, insufficient_funds"},
    {"customer_deleted", "billing", "finance-operations",
     "the billing customer is deleted; its records answer resource_missing"},
    {"user_missing", "entitlement", "customer-success",
     "the SCIM user with this externalId does not exist"},
    {"user_locked", "entitlement", "customer-success",
     "every change of the SCIM user is refused with 400 mutability"},
    {"validation_rule", "crm", "sales-operations",
     "every change of the opportunity is refused with FIELD_CUSTOM_VALIDATION_EXCEPTION"},
    {"late_effect", "erp", "order-management",
     "the first create order call is dropped and its order appears after it was created again"},
    {"payment_declined", "billing", "finance-operations",
     "the customer's payment of the invoice is declined, insufficient_funds"},
    {"payment_requires_action", "billing", "finance-operations",
     "the customer's payment of the invoice waits for their authentication"},
}};

}  // namespace

const PlantedCause* Planting::cause_of(const std::string& renewal) const {
  const auto found = std::find_if(causes_.begin(), causes_.end(), [&](const PlantedCause& cause) {
    return cause.renewal == renewal;
  });
  return found == causes_.end() ? nullptr : &*found;
}

int Planting::plant(int count, const Json& params) {
  std::set<std::string> touched;
  for (const LedgerRow& row : world_.estate.ledger.rows()) touched.insert(row.effect.renewal);
  for (const PlantedCause& cause : causes_) touched.insert(cause.renewal);
  std::vector<std::string> candidates;
  for (const PlannedRenewal& renewal : world_.estate.plan.renewals) {
    const bool stands_alone = world_.estate.account_of(renewal).renewals == 1;
    if (stands_alone && touched.count(renewal.number) == 0) candidates.push_back(renewal.number);
  }
  Random random(world_.estate.options().plan.seed ^ 0x91A47ULL);
  for (std::size_t i = candidates.size(); i > 1; --i) {
    std::swap(candidates[i - 1], candidates[random.next() % i]);
  }
  int planted = 0;
  const std::size_t first_kind = causes_.size();
  for (const std::string& renewal : candidates) {
    if (planted >= count) break;
    plant_one(renewal, (first_kind + static_cast<std::size_t>(planted)) % kinds_in_turn, params);
    ++planted;
  }
  return planted;
}

std::optional<std::string> Planting::plant_on(const std::string& renewal, const std::string& kind,
                                              const Json& params) {
  if (world_.estate.renewal(renewal) == nullptr) {
    return "expected \"renewal\" to be planned, but there is no " + renewal;
  }
  const auto found = std::find_if(profiles.begin(), profiles.end(),
                                  [&](const KindProfile& profile) { return kind == profile.kind; });
  if (found == profiles.end()) {
    return "expected \"kind\" to be the kind of a planted cause, but it is \"" + kind + "\"";
  }
  plant_one(renewal, static_cast<std::size_t>(found - profiles.begin()), params);
  return std::nullopt;
}

void Planting::plant_one(const std::string& number, std::size_t kind, const Json& params) {
  const PlannedRenewal& renewal = *world_.estate.renewal(number);
  const PlannedAccount& account = world_.estate.account_of(renewal);
  const KindProfile& profile = profiles.at(kind);
  PlantedCause cause{number, profile.system, profile.kind, profile.owner_area, profile.description};
  if (cause.kind == "customer_blocked") {
    world_.erp.blocked_customers.insert(account.erp_customer);
  } else if (cause.kind == "unknown_material") {
    const std::string& code = world_.estate.plan.products[renewal.lines.front().product].code;
    world_.erp.missing_materials.insert({account.erp_customer, code});
  } else if (cause.kind == "card_declined") {
    world_.billing.declined_subscriptions.insert(renewal.subscription_id);
  } else if (cause.kind == "customer_deleted") {
    world_.billing.delete_customer(account.billing_customer);
  } else if (cause.kind == "payment_declined" || cause.kind == "payment_requires_action") {
    world_.billing.failing_payments[number] = cause.kind;
  } else if (cause.kind == "user_missing") {
    world_.entitlements.take_away(account.entitlement_user);
  } else if (cause.kind == "user_locked") {
    world_.entitlements.locked_users.insert(account.entitlement_user);
  } else if (cause.kind == "validation_rule") {
    world_.crm.org().validation_rules[renewal.opportunity_id] =
        "This opportunity is under audit and cannot be changed";
  } else {
    // Only an effect that lands after the call was repeated is there twice, however slow the caller.
    Json late = params;
    if (!late.contains("after_repeat")) late["after_repeat"] = true;
    world_.faults.add(
        {{"system", "erp"},
         {"kind", "late_effect"},
         {"limit", 1},
         {"match", {{"method", "POST"}, {"path_regex", "/A_SalesOrder$"}, {"renewal", number}}},
         {"params", late}},
        &cause.fault_id);
  }
  causes_.push_back(std::move(cause));
}

int Planting::remove_all() {
  int removed = 0;
  for (PlantedCause& cause : causes_) {
    if (cause.is_removed) continue;
    remove(cause);
    cause.is_removed = true;
    ++removed;
  }
  return removed;
}

void Planting::remove(const PlantedCause& cause) {
  const PlannedRenewal& renewal = *world_.estate.renewal(cause.renewal);
  const PlannedAccount& account = world_.estate.account_of(renewal);
  if (cause.kind == "customer_blocked") {
    world_.erp.blocked_customers.erase(account.erp_customer);
  } else if (cause.kind == "unknown_material") {
    const std::string& code = world_.estate.plan.products[renewal.lines.front().product].code;
    world_.erp.missing_materials.erase({account.erp_customer, code});
  } else if (cause.kind == "card_declined") {
    world_.billing.declined_subscriptions.erase(renewal.subscription_id);
  } else if (cause.kind == "customer_deleted") {
    world_.billing.restore_customer(account.billing_customer);
  } else if (cause.kind == "payment_declined" || cause.kind == "payment_requires_action") {
    world_.billing.retry_payment(cause.renewal);
  } else if (cause.kind == "user_missing") {
    world_.entitlements.give_back(account.entitlement_user);
  } else if (cause.kind == "user_locked") {
    world_.entitlements.locked_users.erase(account.entitlement_user);
  } else if (cause.kind == "validation_rule") {
    world_.crm.org().validation_rules.erase(renewal.opportunity_id);
  } else {
    world_.faults.remove(cause.fault_id);
  }
}

}  // namespace perennial::sandbox
