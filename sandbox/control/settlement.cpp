#include "sandbox/control/settlement.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "sandbox/control/sums.hpp"
#include "sandbox/control/world.hpp"
#include "sandbox/stripe/currencies.hpp"

namespace perennial::sandbox {
namespace {

using Grouped = std::map<std::string, std::vector<const Json*>>;

// The stores of the four systems, grouped by renewal once for the whole answer.
struct Readings {
  Grouped orders;
  Grouped invoices;                        // of billing
  Grouped billed;                          // billing documents of the ERP
  Grouped bookings;                        // of the ERP, by renewal
  Grouped crm_lines;                       // by opportunity
  std::map<std::string, int> bookings_of;  // by external invoice reference
  std::map<std::string, int> payments_of;  // by billing invoice id
};

Readings read_stores(const World& world) {
  Readings readings;
  world.erp.orders().for_each_newest([&](const std::string&, const Json& order) {
    readings.orders[world.erp.renewal_of_order(order)].push_back(&order);
  });
  const stripe::Store& store = world.billing.store();
  store.named("invoice").for_each_newest([&](const std::string&, const Json& invoice) {
    readings.invoices[store.renewal_of(invoice)].push_back(&invoice);
  });
  store.named("charge").for_each_newest([&](const std::string&, const Json& charge) {
    ++readings.payments_of[text_of(charge, "invoice")];
  });
  world.erp.invoices().for_each_newest([&](const std::string& id, const Json& booking) {
    std::string renewal = find_renewal_number(booking);
    if (renewal.empty()) renewal = world.estate.traced(id);
    readings.bookings[renewal].push_back(&booking);
    ++readings.bookings_of[text_of(booking, "InvoiceReference")];
  });
  world.erp.billing_documents().for_each_newest([&](const std::string& id, const Json& document) {
    readings.billed[world.estate.traced(id)].push_back(&document);
  });
  world.crm.org()
      .table(*salesforce::find_object("OpportunityLineItem"))
      .for_each_newest([&](const std::string&, const Json& line) {
        readings.crm_lines[text_of(line, "OpportunityId")].push_back(&line);
      });
  return readings;
}

std::vector<const Json*> records_of(const Grouped& grouped, const std::string& key) {
  const auto found = grouped.find(key);
  return found == grouped.end() ? std::vector<const Json*>() : found->second;
}

// What tells contract lines apart in an invoice line: the product it names, else its amount.
std::string line_identity(const World& world, const Json& line) {
  const std::string text = line.dump();
  for (const PlannedProduct& product : world.estate.plan.products) {
    const bool is_named = text.find(product.code) != std::string::npos ||
                          text.find(product.billing_id) != std::string::npos;
    if (is_named) return product.code;
  }
  for (const char* name : {"amount", "Amount", "NetAmount", "GrossAmount"}) {
    if (!member_of(line, name).is_null()) return "amount " + member_of(line, name).dump();
  }
  return "line";
}

std::string period_of(const Json& line) {
  const Json& period = member_of(line, "period");
  if (period.is_object()) {
    return format_day(day_of(from_unix_seconds(number_of(period, "start")))) + "/" +
           format_day(day_of(from_unix_seconds(number_of(period, "end"))));
  }
  if (line.contains("PeriodStart")) {
    return text_of(line, "PeriodStart") + "/" + text_of(line, "PeriodEnd");
  }
  return text_of(line, "YY1_ServiceStart_BDI") + "/" + text_of(line, "YY1_ServiceEnd_BDI");
}

bool is_customer_facing(const Json& invoice) {
  const std::string status = text_of(invoice, "status");
  return status == "open" || status == "paid" || status == "uncollectible";
}

// Invoices that reach the customer, counted for each contract line and service period across
// billing and ERP. One invoice counts once for a line, however often it lists it.
std::map<std::string, int> facing_counts(const World& world, const Readings& readings,
                                         const std::string& renewal) {
  std::map<std::string, int> counts;
  const auto count = [&](const Json& lines) {
    std::set<std::string> keys;
    for (const Json& line : lines) keys.insert(line_identity(world, line) + " " + period_of(line));
    for (const std::string& key : keys) ++counts[key];
  };
  if (const auto found = readings.invoices.find(renewal); found != readings.invoices.end()) {
    for (const Json* invoice : found->second) {
      if (is_customer_facing(*invoice)) count(invoice->at("lines").at("data"));
    }
  }
  if (const auto found = readings.bookings.find(renewal); found != readings.bookings.end()) {
    for (const Json* booking : found->second) {
      if (flag_of(*booking, "IsCustomerFacing")) count(member_of(*booking, "_Item"));
    }
  }
  if (const auto found = readings.billed.find(renewal); found != readings.billed.end()) {
    for (const Json* document : found->second) {
      if (!flag_of(*document, "BillingDocumentIsCancelled")) count(member_of(*document, "_Item"));
    }
  }
  return counts;
}

struct Judged {
  Json shown = Json::object();
  std::vector<std::string> problems;
  int doubles = 0;

  void require(bool holds, const std::string& problem) {
    if (!holds) problems.push_back(problem);
  }
};

void judge_order(const Readings& readings, const PlannedRenewal& renewal, Judged& judged) {
  Json ids = Json::array();
  bool is_unblocked = false;
  if (const auto found = readings.orders.find(renewal.number); found != readings.orders.end()) {
    for (const Json* order : found->second) {
      ids.push_back(text_of(*order, "SalesOrder"));
      // A double that stays blocked does no harm; the order that counts is the released one.
      is_unblocked = is_unblocked || text_of(*order, "HeaderBillingBlockReason").empty();
    }
  }
  const int count = static_cast<int>(ids.size());
  judged.require(count > 0, "no sales order");
  judged.require(count == 0 || is_unblocked, "sales order is blocked for billing");
  if (count > 1) judged.problems.push_back("more than one sales order");
  judged.doubles += std::max(0, count - 1);
  judged.shown["order"] = {{"count", count}, {"ids", ids}, {"unblocked", is_unblocked}};
}

// The metadata of the subscription names the renewal, or that of its schedule and its phases until
// the phase of the new term has started.
bool names_renewal(const World& world, const Json& subscription, const std::string& number) {
  if (find_renewal_number(member_of(subscription, "metadata")) == number) return true;
  const Json* schedule = world.billing.store()
                             .named("subscription_schedule")
                             .newest(text_of(subscription, "schedule"));
  if (schedule == nullptr) return false;
  if (find_renewal_number(member_of(*schedule, "metadata")) == number) return true;
  const Json& phases = member_of(*schedule, "phases");
  return std::any_of(phases.begin(), phases.end(), [&](const Json& phase) {
    return find_renewal_number(member_of(phase, "metadata")) == number;
  });
}

void judge_subscription(const World& world, const PlannedRenewal& renewal, Judged& judged) {
  const Json* subscription =
      world.billing.store().named("subscription").newest(renewal.subscription_id);
  const std::int64_t until = subscription == nullptr ? 0 : number_of(*subscription, "cancel_at");
  const bool is_named =
      subscription != nullptr && names_renewal(world, *subscription, renewal.number);
  const std::string day = until == 0 ? "" : format_day(day_of(from_unix_seconds(until)));
  const bool is_renewed = is_named && day == format_day(renewal.end);
  judged.require(is_renewed, "subscription is not renewed until " + format_day(renewal.end));
  judged.shown["subscription"] = {{"renewed", is_renewed}, {"until", day}};
}

// What the invoices of one renewal come to, whoever issued them.
struct Invoiced {
  Json ids = Json::array();
  Json statuses = Json::array();
  Json payments = Json::array();
  bool is_good = false;  // one is paid or within its terms
  std::int64_t total = 0;
};

// Invoices that the ERP issued. They have no due date of their own here: unpaid is within terms.
void read_billed(const Readings& readings, const PlannedRenewal& renewal, Invoiced& invoiced) {
  const auto found = readings.billed.find(renewal.number);
  if (found == readings.billed.end()) return;
  for (const Json* document : found->second) {
    if (flag_of(*document, "BillingDocumentIsCancelled")) continue;
    const std::string number = text_of(*document, "BillingDocument");
    const bool is_paid = !text_of(*document, "_paid_by").empty();
    invoiced.ids.push_back(number);
    invoiced.statuses.push_back(is_paid ? "paid" : "open");
    invoiced.payments.push_back({{"invoice", number}, {"count", is_paid ? 1 : 0}});
    invoiced.is_good = true;
    invoiced.total += parse_minor(text_of(*document, "TotalNetAmount"),
                                  minor_digits(text_of(*document, "TransactionCurrency")))
                          .value_or(0);
  }
}

void judge_invoices(const World& world, const Readings& readings, const PlannedRenewal& renewal,
                    Judged& judged) {
  Invoiced invoiced;
  read_billed(readings, renewal, invoiced);
  if (const auto found = readings.invoices.find(renewal.number); found != readings.invoices.end()) {
    for (const Json* invoice : found->second) {
      const std::string status = text_of(*invoice, "status");
      invoiced.ids.push_back(text_of(*invoice, "id"));
      invoiced.statuses.push_back(status);
      if (!is_customer_facing(*invoice)) continue;
      invoiced.total +=
          stripe::from_amount(number_of(*invoice, "total"), renewal.currency).value_or(-1);
      const bool within_terms = status == "open" && number_of(*invoice, "due_date") >
                                                        unix_seconds(world.estate.clock.now());
      invoiced.is_good = invoiced.is_good || status == "paid" || within_terms;
      const auto paid = readings.payments_of.find(text_of(*invoice, "id"));
      const int count = paid == readings.payments_of.end() ? 0 : paid->second;
      invoiced.payments.push_back({{"invoice", text_of(*invoice, "id")}, {"count", count}});
      judged.doubles += std::max(0, count - 1);
      const auto booked = readings.bookings_of.find(text_of(*invoice, "id"));
      if (booked != readings.bookings_of.end()) judged.doubles += std::max(0, booked->second - 1);
    }
  }
  int facing_max = 0;
  for (const auto& [key, count] : facing_counts(world, readings, renewal.number)) {
    facing_max = std::max(facing_max, count);
    judged.doubles += std::max(0, count - 1);
    if (count > 1) judged.problems.push_back("invoiced twice: " + key);
  }
  judged.require(invoiced.is_good, "no invoice that is paid or within terms");
  judged.require(!invoiced.is_good || invoiced.total == renewal.amount_minor,
                 "invoiced " + std::to_string(invoiced.total) + " instead of " +
                     std::to_string(renewal.amount_minor) + " minor units");
  judged.shown["invoice"] = {{"ids", invoiced.ids},
                             {"status", invoiced.statuses},
                             {"customer_facing_per_line_and_period_max", facing_max},
                             {"total_minor", invoiced.total}};
  judged.shown["payments"] = invoiced.payments;
}

void judge_bookings(const Readings& readings, const PlannedRenewal& renewal, Judged& judged) {
  Json references = Json::array();
  if (const auto found = readings.bookings.find(renewal.number); found != readings.bookings.end()) {
    for (const Json* booking : found->second) {
      const std::string reference = text_of(*booking, "InvoiceReference");
      references.push_back(reference);
      const auto count = readings.bookings_of.find(reference);
      if (count != readings.bookings_of.end() && count->second > 1) {
        judged.problems.push_back("external invoice " + reference + " booked more than once");
      }
    }
  }
  judged.shown["bookings"] = references;
}

void judge_entitlement(const World& world, const PlannedRenewal& renewal, Judged& judged) {
  const PlannedAccount& account = world.estate.account_of(renewal);
  const Json* user = world.entitlements.by_external_id(account.entitlement_user);
  const std::string until =
      user == nullptr
          ? ""
          : text_of(member_of(*user, scim::entitlement_urn), "validUntil").substr(0, 10);
  judged.require(until == format_day(renewal.end), "entitlement ends " +
                                                       (until.empty() ? "nowhere" : until) +
                                                       " instead of " + format_day(renewal.end));
  judged.shown["entitlement"] = {{"until", until}};
}

void judge_crm(const World& world, const PlannedRenewal& renewal, Judged& judged) {
  const Json* found =
      world.crm.org().table(*salesforce::find_object("Opportunity")).newest(renewal.opportunity_id);
  const Json empty = Json::object();
  const Json& opportunity = found == nullptr ? empty : *found;
  const std::string order = text_of(opportunity, "Sales_Order__c");
  const std::string invoice = text_of(opportunity, "Invoice__c");
  const std::string until = text_of(opportunity, "Access_Until__c");
  const Json& order_ids = judged.shown["order"]["ids"];
  const bool names_order = std::find(order_ids.begin(), order_ids.end(), order) != order_ids.end();
  judged.require(!text_of(opportunity, "Renewal_Status__c").empty(), "CRM has no renewal status");
  judged.require(names_order, "CRM does not name the sales order");
  judged.require(!invoice.empty(), "CRM does not name the invoice");
  judged.require(until == format_day(renewal.end),
                 "CRM does not say access until " + format_day(renewal.end));
  judged.shown["crm"] = {{"status", text_of(opportunity, "Renewal_Status__c")},
                         {"stage", text_of(opportunity, "StageName")},
                         {"sales_order", order},
                         {"invoice", invoice},
                         {"access_until", until}};
}

void judge_sums(const World& world, const Readings& readings, const PlannedRenewal& renewal,
                Judged& judged) {
  RenewalRecords records;
  records.opportunity =
      world.crm.org().table(*salesforce::find_object("Opportunity")).newest(renewal.opportunity_id);
  records.opportunity_lines = records_of(readings.crm_lines, renewal.opportunity_id);
  records.orders = records_of(readings.orders, renewal.number);
  records.invoices = records_of(readings.invoices, renewal.number);
  const auto is_unseen = [](const Json* invoice) { return !is_customer_facing(*invoice); };
  records.invoices.erase(
      std::remove_if(records.invoices.begin(), records.invoices.end(), is_unseen),
      records.invoices.end());
  records.bookings = records_of(readings.bookings, renewal.number);
  const Json* user =
      world.entitlements.by_external_id(world.estate.account_of(renewal).entitlement_user);
  if (user != nullptr) records.entitlement = &member_of(*user, scim::entitlement_urn);
  judged.shown["sums"] = compare_sums(world.estate.plan, renewal, records, judged.problems);
}

Judged judge(const World& world, const Readings& readings, const PlannedRenewal& renewal) {
  Judged judged;
  judged.shown["renewal"] = renewal.number;
  judged.shown["accepted"] = renewal.accepted;
  judge_order(readings, renewal, judged);
  judge_subscription(world, renewal, judged);
  judge_invoices(world, readings, renewal, judged);
  judge_bookings(readings, renewal, judged);
  judge_entitlement(world, renewal, judged);
  judge_crm(world, renewal, judged);
  judge_sums(world, readings, renewal, judged);
  // Doubles are counted apart: a renewal with a double has still arrived in all four systems.
  const auto is_double = [](const std::string& problem) {
    return problem.rfind("more than one", 0) == 0 || problem.rfind("invoiced twice", 0) == 0 ||
           problem.find("booked more than once") != std::string::npos;
  };
  const bool is_settled = std::all_of(judged.problems.begin(), judged.problems.end(), is_double);
  judged.shown["settled"] = renewal.accepted && is_settled;
  judged.shown["doubled"] = judged.doubles;
  judged.shown["problems"] = judged.problems;
  return judged;
}

// Effects that no accepted renewal explains: on opportunities of other kinds, or before acceptance.
int count_stray(const World& world) {
  std::set<std::string> accepted;
  for (const PlannedRenewal& renewal : world.estate.plan.renewals) {
    if (renewal.accepted) accepted.insert(renewal.number);
  }
  int stray = 0;
  for (const LedgerRow& row : world.estate.ledger.rows()) {
    const std::string& number = row.effect.renewal;
    if (!number.empty() && accepted.count(number) == 0) ++stray;
  }
  return stray;
}

}  // namespace

Json settlement(const World& world, const std::string& only) {
  const Readings readings = read_stores(world);
  int accepted = 0;
  int settled = 0;
  int lost = 0;
  int doubled = 0;
  int doubled_planted = 0;
  Json list = Json::array();
  for (const PlannedRenewal& renewal : world.estate.plan.renewals) {
    Judged judged = judge(world, readings, renewal);
    const PlantedCause* cause = world.planting.cause_of(renewal.number);
    const bool is_settled = judged.shown["settled"].get<bool>();
    accepted += renewal.accepted ? 1 : 0;
    settled += is_settled ? 1 : 0;
    doubled += judged.doubles;
    if (cause != nullptr) doubled_planted += judged.doubles;
    // A renewal that waits for a planted cause to be removed is owned, not lost.
    const bool is_excused = cause != nullptr && !cause->is_removed;
    if (renewal.accepted && !is_settled && !is_excused) ++lost;
    judged.shown["planted"] = cause == nullptr ? Json() : Json(cause->kind);
    if (only.empty() || only == renewal.number) list.push_back(std::move(judged.shown));
  }
  return {{"renewals", world.estate.plan.renewals.size()},
          {"accepted", accepted},
          {"settled", settled},
          {"churned", 0},
          {"lost", lost},
          {"doubled", doubled},
          {"doubled_planted", doubled_planted},
          {"stray_effects", count_stray(world)},
          {"list", std::move(list)}};
}

}  // namespace perennial::sandbox
