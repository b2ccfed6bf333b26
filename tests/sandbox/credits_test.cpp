// Refunds, credit notes, quotes and meter events of the simulated billing system.
#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

// An issued invoice of 1000 minor units, and the same after its customer has paid.
struct Issued {
  explicit Issued(World& target) : world(target) {
    const PlannedRenewal& renewal = *world.estate.renewal("R-000001");
    customer = world.estate.account_of(renewal).billing_customer;
    const std::string form =
        "customer=" + customer + "&metadata[renewal_number]=R-000001" +
        "&collection_method=send_invoice&days_until_due=30&currency=" + renewal.currency;
    id = text_of(json_of(billing(world, "POST", "/invoices", form)), "id");
    billing(
        world, "POST", "/invoiceitems",
        "customer=" + customer + "&invoice=" + id + "&amount=1000&currency=" + renewal.currency);
    billing(world, "POST", "/invoices/" + id + "/finalize");
  }

  Json now() const { return json_of(billing(world, "GET", "/invoices/" + id)); }
  std::string pay() const {
    billing(world, "POST", "/invoices/" + id + "/pay");
    return text_of(now(), "payment_intent");
  }
  Response credit(const std::string& more) const {
    return billing(world, "POST", "/credit_notes", "invoice=" + id + "&" + more);
  }

  World& world;
  std::string customer;
  std::string id;
};

TEST(BillingRefunds, GiveBackWhatWasPaidAndNoMore) {
  World world(small_world(2));
  const Issued invoice(world);
  const std::string intent = invoice.pay();

  const Json part =
      json_of(billing(world, "POST", "/refunds", "payment_intent=" + intent + "&amount=400"));
  const Response beyond =
      billing(world, "POST", "/refunds", "payment_intent=" + intent + "&amount=601");
  const Json rest = json_of(billing(world, "POST", "/refunds", "payment_intent=" + intent));
  const Response none = billing(world, "POST", "/refunds", "payment_intent=" + intent);

  EXPECT_EQ(part["amount"], 400);
  EXPECT_EQ(beyond.status, 400);
  EXPECT_EQ(rest["amount"], 600);
  EXPECT_EQ(json_of(none)["error"]["code"], "charge_already_refunded");
  const Json events = json_of(billing(world, "GET", "/events?types[]=refund.created"));
  EXPECT_EQ(events["data"].size(), 2U);
  const Json expanded = json_of(
      billing(world, "GET", "/refunds/" + text_of(part, "id") + "?expand[]=charge.invoice"));
  EXPECT_EQ(expanded["charge"]["invoice"]["metadata"]["renewal_number"], "R-000001");
}

TEST(BillingRefunds, NeedAPayment) {
  World world(small_world(2));
  const Issued invoice(world);

  const Response unpaid = billing(world, "POST", "/refunds",
                                  "payment_intent=" + text_of(invoice.now(), "payment_intent"));

  EXPECT_EQ(unpaid.status, 400);
  EXPECT_EQ(billing(world, "POST", "/refunds").status, 400);
}

TEST(BillingCreditNotes, MakeAnOpenInvoiceCheaperAndSettleItWhenNothingRemains) {
  World world(small_world(2));
  const Issued invoice(world);

  EXPECT_EQ(invoice.credit("amount=300").status, 200);
  EXPECT_EQ(invoice.now()["amount_remaining"], 700);
  EXPECT_EQ(invoice.credit("amount=800").status, 400);
  EXPECT_EQ(invoice.credit("amount=700").status, 200);

  EXPECT_EQ(invoice.now()["status"], "paid");
  EXPECT_EQ(json_of(billing(world, "GET", "/credit_notes?invoice=" + invoice.id))["data"].size(),
            2U);
}

TEST(BillingCreditNotes, SayForAPaidInvoiceWhereTheAmountGoes) {
  World world(small_world(2));
  const Issued invoice(world);
  const std::string intent = invoice.pay();

  EXPECT_EQ(invoice.credit("amount=500").status, 400);
  const Json note = json_of(invoice.credit("amount=500&refund_amount=200&credit_amount=300"));

  EXPECT_EQ(note["post_payment_amount"], 500);
  EXPECT_EQ(note["pre_payment_amount"], 0);
  const Json refunds = json_of(billing(world, "GET", "/refunds?payment_intent=" + intent));
  ASSERT_EQ(refunds["data"].size(), 1U);
  EXPECT_EQ(refunds["data"][0]["amount"], 200);
}

TEST(BillingPayments, FailUntilTheirCauseIsRemoved) {
  WorldOptions options = small_world(2);
  options.estate.pay_after = std::chrono::milliseconds(100);
  World world(options);
  control(world, "POST", "/planted", {{"renewal", "R-000001"}, {"kind", "payment_declined"}});
  const Issued invoice(world);
  pass(world, std::chrono::milliseconds(200));

  const Json failed =
      json_of(billing(world, "GET", "/invoices/" + invoice.id + "?expand[]=payment_intent"));
  EXPECT_EQ(failed["status"], "open");
  EXPECT_EQ(failed["payment_intent"]["last_payment_error"]["decline_code"], "insufficient_funds");
  const std::string events = "/events?types[]=invoice.payment_failed";
  EXPECT_EQ(json_of(billing(world, "GET", events))["data"].size(), 1U);
  control(world, "DELETE", "/planted");

  EXPECT_EQ(invoice.now()["status"], "paid");
}

TEST(BillingQuotes, AreFinalizedThenAccepted) {
  World world(small_world(2));
  const PlannedRenewal& renewal = *world.estate.renewal("R-000001");
  const std::string form = "customer=" + world.estate.account_of(renewal).billing_customer +
                           "&line_items[0][price]=" + renewal.lines.front().price_id +
                           "&line_items[0][quantity]=2";
  const Json quote = json_of(billing(world, "POST", "/quotes", form));
  const std::string path = "/quotes/" + text_of(quote, "id");

  EXPECT_EQ(quote["amount_total"], 2 * renewal.lines.front().unit_minor);
  EXPECT_EQ(billing(world, "POST", path + "/accept").status, 400);
  EXPECT_EQ(json_of(billing(world, "POST", path + "/finalize"))["status"], "open");
  EXPECT_EQ(json_of(billing(world, "POST", path + "/accept"))["status"], "accepted");
  EXPECT_EQ(billing(world, "POST", path + "/cancel").status, 400);
}

TEST(BillingMeterEvents, CountOneIdentifierOnceADay) {
  World world(small_world(1));
  const std::string form =
      "event_name=api_calls&identifier=u-1&payload[stripe_customer_id]=cus_1&payload[value]=12";

  EXPECT_EQ(billing(world, "POST", "/billing/meter_events", form).status, 200);
  EXPECT_EQ(billing(world, "POST", "/billing/meter_events", form).status, 400);
  control(world, "PUT", "/clock", {{"advance_s", 25 * 3600}});
  EXPECT_EQ(billing(world, "POST", "/billing/meter_events", form).status, 200);
  EXPECT_EQ(billing(world, "POST", "/billing/meter_events", form + "&timestamp=1").status, 400);
}

}  // namespace
}  // namespace perennial::sandbox::testing
