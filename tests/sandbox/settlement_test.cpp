#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

Json judged(World& world, const std::string& number) {
  return json_of(control(world, "GET", "/settlement?renewal=" + number));
}

std::string draft_invoice(World& world, const PlannedRenewal& renewal, const std::string& key) {
  const std::string customer = world.estate.account_of(renewal).billing_customer;
  const Json invoice = json_of(
      billing(world, "POST", "/invoices",
              "customer=" + customer + "&metadata[renewal]=" + renewal.number +
                  "&collection_method=send_invoice&days_until_due=30&currency=" + renewal.currency,
              key));
  const std::string id = text_of(invoice, "id");
  const std::string start = std::to_string(unix_seconds(start_of(renewal.start)));
  const std::string end = std::to_string(unix_seconds(start_of(renewal.end)));
  for (const PlannedLine& line : renewal.lines) {
    const std::string code = world.estate.plan.products[line.product].code;
    billing(world, "POST", "/invoiceitems",
            "customer=" + customer + "&invoice=" + id + "&currency=" + renewal.currency +
                "&amount=" + std::to_string(line.total_minor) + "&description=" + code +
                "&period[start]=" + start + "&period[end]=" + end,
            key + code);
  }
  billing(world, "POST", "/invoices/" + id + "/finalize", "", key + "f");
  return id;
}

void settle(World& world, ErpSession& erp, const PlannedRenewal& renewal) {
  const std::string end = format_day(renewal.end);
  const std::string order = erp.create_order(renewal, "k-" + renewal.number);
  billing(world, "POST", "/subscriptions/" + renewal.subscription_id,
          "metadata[renewal]=" + renewal.number +
              "&cancel_at=" + std::to_string(unix_seconds(start_of(renewal.end))));
  const std::string invoice = draft_invoice(world, renewal, "i-" + renewal.number);
  erp("PATCH", orders_path + "('" + order + "')", R"({"HeaderBillingBlockReason":""})",
      {{"If-Match", "*"}});
  const Json* user =
      world.entitlements.by_external_id(world.estate.account_of(renewal).entitlement_user);
  scim(world, "PATCH", "/Users/" + text_of(*user, "id"), extend_patch(end, renewal.number));
  CrmSession crm(world);
  crm("PATCH", "/sobjects/Opportunity/Renewal_Number__c/" + renewal.number,
      Json{{"Renewal_Status__c", "Settled"},
           {"Sales_Order__c", order},
           {"Invoice__c", invoice},
           {"Access_Until__c", end}}
          .dump());
}

TEST(Settlement, CallsARenewalSettledOnlyWhenAllFourSystemsSaySo) {
  World world(small_world(3));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];
  const Json before = judged(world, renewal.number);

  settle(world, erp, renewal);
  const Json after = judged(world, renewal.number);

  EXPECT_EQ(before["list"][0]["settled"], false);
  EXPECT_EQ(before["lost"], 3);
  EXPECT_EQ(after["list"][0]["problems"], Json::array());
  EXPECT_EQ(after["list"][0]["settled"], true);
  EXPECT_EQ(after["settled"], 1);
  EXPECT_EQ(after["lost"], 2);
  EXPECT_EQ(after["doubled"], 0);
}

TEST(Settlement, CountsASecondOrderAndASecondInvoiceOfALineAsDoubles) {
  World world(small_world(3));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];
  settle(world, erp, renewal);

  erp.create_order(renewal, "again");
  const int after_order = judged(world, renewal.number)["doubled"];
  draft_invoice(world, renewal, "again");
  const Json after_invoice = judged(world, renewal.number);

  EXPECT_EQ(after_order, 1);
  EXPECT_EQ(after_invoice["list"][0]["order"]["unblocked"], true);
  EXPECT_EQ(after_invoice["doubled"], 1 + static_cast<int>(renewal.lines.size()));
  EXPECT_EQ(after_invoice["list"][0]["invoice"]["customer_facing_per_line_and_period_max"], 2);
}

TEST(Settlement, CountsASecondBookingAndACustomerFacingBookingAsDoubles) {
  World world(small_world(3));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];
  settle(world, erp, renewal);
  const std::string reference = judged(world, renewal.number)["list"][0]["invoice"]["ids"][0];
  Json booking{{"InvoiceReference", reference},
               {"RenewalNumber", renewal.number},
               {"SoldToParty", world.estate.account_of(renewal).erp_customer},
               {"TransactionCurrency", renewal.currency},
               {"GrossAmount", "1"}};

  erp("POST", invoices_path, booking.dump());
  const int once = judged(world, renewal.number)["doubled"];
  erp("POST", invoices_path, booking.dump());
  const int twice = judged(world, renewal.number)["doubled"];
  booking["InvoiceReference"] = "other";
  booking["IsCustomerFacing"] = true;
  booking["_Item"] =
      Json::array({{{"Material", world.estate.plan.products[renewal.lines[0].product].code},
                    {"PeriodStart", format_day(renewal.start)},
                    {"PeriodEnd", format_day(renewal.end)}}});
  erp("POST", invoices_path, booking.dump());
  const int across = judged(world, renewal.number)["doubled"];

  EXPECT_EQ(once, 0);
  EXPECT_EQ(twice, 1);
  EXPECT_EQ(across, 2);
}

TEST(Settlement, DoesNotAcceptAnOverdueInvoiceOrAnotherTotal) {
  WorldOptions options = small_world(3);
  options.estate.pay_after = std::chrono::milliseconds(-1);
  World world(options);
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];
  settle(world, erp, renewal);
  const bool within_terms = judged(world, renewal.number)["list"][0]["settled"];

  control(world, "PUT", "/clock", {{"advance_s", 31 * 86400}});

  EXPECT_TRUE(within_terms);
  EXPECT_EQ(judged(world, renewal.number)["list"][0]["settled"], false);
}

TEST(Settlement, FindsTheRenewalOfAnOrderThatNamesNone) {
  World world(small_world(3));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[1];
  Json order = erp.order_of(renewal, "opaque-key");
  order.erase("YY1_RenewalNumber_SDH");

  erp("POST", orders_path, order.dump());

  EXPECT_EQ(judged(world, renewal.number)["list"][0]["order"]["count"], 1);
}

TEST(Settlement, CountsEffectsOnRenewalsThatWereNotAcceptedAsStray) {
  WorldOptions options = small_world(3);
  options.estate.accepted_per_s = 0.001;
  World world(options);
  ErpSession erp(world);

  erp.create_order(world.estate.plan.renewals[0], "early");

  EXPECT_EQ(judged(world, "R-000001")["stray_effects"], 1);
}

TEST(Settlement, ComparesTheMoneyOfAllSystems) {
  World world(small_world(3));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];
  settle(world, erp, renewal);

  const Json sums = judged(world, renewal.number)["list"][0]["sums"];
  EXPECT_EQ(sums["agree"], true);
  for (const char* name : {"crm_amount", "crm_lines", "erp_order", "erp_order_lines",
                           "billing_total", "billing_lines"}) {
    EXPECT_EQ(sums[name], renewal.amount_minor) << name;
  }
  const Json totals = json_of(control(world, "GET", "/ledger/sums"));
  EXPECT_GE(totals[renewal.currency]["billing_total"], renewal.amount_minor);

  CrmSession crm(world);
  crm("PATCH", "/sobjects/Opportunity/" + renewal.opportunity_id, R"({"Amount": 1.5})");
  const Json row = judged(world, renewal.number)["list"][0];
  EXPECT_EQ(row["sums"]["agree"], false);
  EXPECT_EQ(row["settled"], false);
  EXPECT_NE(row["problems"].dump().find("crm_amount"), std::string::npos);
}

TEST(Settlement, WantsTheInstalmentsThatWerePlanned) {
  WorldOptions options = small_world(2);
  options.estate.plan.instalments = 7;
  World world(options);
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];
  settle(world, erp, renewal);
  const Json row = judged(world, renewal.number)["list"][0];
  EXPECT_EQ(row["settled"], false);
  EXPECT_NE(row["problems"].dump().find("has 1 instalments instead of 7"), std::string::npos);
}

}  // namespace
}  // namespace perennial::sandbox::testing
