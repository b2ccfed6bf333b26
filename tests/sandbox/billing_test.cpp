#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

using std::chrono::milliseconds;

std::string customer_of(World& world, const std::string& number) {
  return world.estate.account_of(*world.estate.renewal(number)).billing_customer;
}

std::string draft_form(World& world, const std::string& number) {
  return "customer=" + customer_of(world, number) + "&metadata[renewal]=" + number +
         "&collection_method=send_invoice&days_until_due=30&auto_advance=true";
}

std::string draft(World& world, const std::string& number, const std::string& key) {
  return text_of(json_of(billing(world, "POST", "/invoices", draft_form(world, number), key)),
                 "id");
}

// A draft with one line of 1000 minor units in the customer's currency.
std::string draft_with_line(World& world, const std::string& number, const std::string& key) {
  const std::string id = draft(world, number, key);
  const std::string form = "customer=" + customer_of(world, number) + "&invoice=" + id +
                           "&amount=1000&currency=" + world.estate.renewal(number)->currency;
  EXPECT_EQ(billing(world, "POST", "/invoiceitems", form, key + "-line").status, 200);
  return id;
}

TEST(Billing, RefusesCallsWithoutTheSecretKey) {
  World world(small_world(1));

  const Response none = send(world, world.billing, "GET", "/v1/customers");
  const Response wrong = send(world, world.billing, "GET", "/v1/customers", "",
                              {{"Authorization", "Bearer sk_test_other"}});

  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(json_of(wrong)["error"]["type"], "invalid_request_error");
}

TEST(Billing, ReplaysTheStoredAnswerForTheSameKeyAndParameters) {
  World world(small_world(2));

  const Response first = billing(world, "POST", "/invoices", draft_form(world, "R-000001"), "k");
  const Response second = billing(world, "POST", "/invoices", draft_form(world, "R-000001"), "k");

  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(header_of(first, "Idempotent-Replayed"), "");
  EXPECT_EQ(header_of(second, "Idempotent-Replayed"), "true");
  EXPECT_EQ(header_of(second, "Original-Request"), header_of(first, "Request-Id"));
  EXPECT_EQ(json_of(billing(world, "GET", "/invoices"))["data"].size(), 1U);
  EXPECT_EQ(json_of(control(world, "GET", "/ledger/summary"))["replayed"], 1);
}

TEST(Billing, RefusesAKeyThatComesBackWithOtherParameters) {
  World world(small_world(2));
  billing(world, "POST", "/invoices", draft_form(world, "R-000001"), "k");

  const Response answer = billing(world, "POST", "/invoices", draft_form(world, "R-000002"), "k");

  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(json_of(answer)["error"]["type"], "idempotency_error");
}

TEST(Billing, RefusesASecondCallWhileOneWithTheSameKeyRuns) {
  World world(small_world(1));
  const Request request =
      make_request("POST", "/v1/customers", {{"Idempotency-Key", "k"}}, "name=a");

  EXPECT_FALSE(world.billing.begin(request));
  const auto refused = world.billing.begin(request);
  world.billing.end(request);

  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 409);
  EXPECT_EQ(json_of(*refused)["error"]["code"], "idempotency_key_in_use");
  EXPECT_FALSE(world.billing.begin(request));
}

TEST(Billing, ForgetsKeysAfterADayAndValidationFailuresAtOnce) {
  World world(small_world(1));
  billing(world, "POST", "/invoices", draft_form(world, "R-000001"), "old");
  const Response bad = billing(world, "POST", "/customers", "nope=1", "bad");

  world.estate.clock.advance(std::chrono::hours(25));

  const Response again = billing(world, "POST", "/invoices", draft_form(world, "R-000001"), "old");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(json_of(bad)["error"]["code"], "parameter_unknown");
  EXPECT_EQ(header_of(again, "Idempotent-Replayed"), "");
  EXPECT_EQ(billing(world, "POST", "/customers", "name=x", "bad").status, 200);
}

TEST(Billing, RenewsASubscriptionAndTellsWhatChanged) {
  World world(small_world(1));
  const std::string id = world.estate.renewal("R-000001")->subscription_id;

  const Response answer =
      billing(world, "POST", "/subscriptions/" + id,
              "metadata[renewal]=R-000001&cancel_at=1930000000&proration_behavior=none", "k");

  EXPECT_EQ(json_of(answer)["cancel_at"], 1930000000);
  const Json events = json_of(billing(world, "GET", "/events?type=customer.subscription.updated"));
  const Json& content = events["data"][0]["data"];
  EXPECT_EQ(content["object"]["metadata"]["renewal"], "R-000001");
  EXPECT_TRUE(content["previous_attributes"].contains("cancel_at"));
  EXPECT_EQ(events["data"][0]["request"]["idempotency_key"], "k");
}

TEST(Billing, RefusesAnEndOfTermInThePast) {
  World world(small_world(1));

  const Response answer =
      billing(world, "POST", "/subscriptions/" + world.estate.renewal("R-000001")->subscription_id,
              "cancel_at=1000");

  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(json_of(answer)["error"]["param"], "cancel_at");
}

TEST(Billing, TakesAnInvoiceFromDraftToPaid) {
  World world(small_world(1));
  const std::string id = draft_with_line(world, "R-000001", "a");

  const Json open = json_of(billing(world, "POST", "/invoices/" + id + "/finalize", "", "f"));
  pass(world, milliseconds(100));
  const std::string before = text_of(json_of(billing(world, "GET", "/invoices/" + id)), "status");
  pass(world, milliseconds(250));
  const Json paid = json_of(billing(world, "GET", "/invoices/" + id));

  EXPECT_EQ(open["status"], "open");
  EXPECT_EQ(open["amount_due"], 1000);
  EXPECT_FALSE(text_of(open, "number").empty());
  EXPECT_EQ(before, "open");
  EXPECT_EQ(paid["status"], "paid");
  EXPECT_EQ(paid["amount_paid"], 1000);
  EXPECT_EQ(json_of(billing(world, "GET", "/events?types[]=invoice.paid"))["data"].size(), 1U);
}

TEST(Billing, RefusesLinesAndFinalisingOnceAnInvoiceIsFinal) {
  World world(small_world(1));
  const std::string id = draft_with_line(world, "R-000001", "a");
  billing(world, "POST", "/invoices/" + id + "/finalize");

  const Response again = billing(world, "POST", "/invoices/" + id + "/finalize");
  const Response line = billing(
      world, "POST", "/invoiceitems",
      "customer=" + customer_of(world, "R-000001") + "&invoice=" + id + "&amount=1&currency=usd");

  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(json_of(line)["error"]["code"], "invoice_not_editable");
}

TEST(Billing, RefusesALineInAnotherCurrencyThanItsInvoice) {
  World world(small_world(1));
  const std::string id = draft(world, "R-000001", "a");

  const Response answer = billing(
      world, "POST", "/invoiceitems",
      "customer=" + customer_of(world, "R-000001") + "&invoice=" + id + "&amount=1&currency=xxx");

  EXPECT_EQ(json_of(answer)["error"]["param"], "currency");
}

TEST(Billing, PagesEventsForwardByEndingBefore) {
  World world(small_world(1));
  for (int i = 0; i < 7; ++i) billing(world, "POST", "/customers", "name=c");
  const Json all = json_of(billing(world, "GET", "/events?limit=100"))["data"];
  const std::string oldest = text_of(all.back(), "id");

  const Json page = json_of(billing(world, "GET", "/events?limit=3&ending_before=" + oldest));

  // The three next after the oldest, newest first, and more to come.
  ASSERT_EQ(page["data"].size(), 3U);
  EXPECT_EQ(page["data"][2]["id"], all[all.size() - 2]["id"]);
  EXPECT_EQ(page["data"][0]["id"], all[all.size() - 4]["id"]);
  EXPECT_EQ(page["has_more"], true);
  EXPECT_EQ(billing(world, "GET", "/events?starting_after=evt_none").status, 400);
}

TEST(Billing, ShowsInvoicesInTheShapeOfTheAskedVersion) {
  World world(small_world(1));
  const std::string id = draft_with_line(world, "R-000001", "a");

  const Json old_shape = json_of(billing(world, "GET", "/invoices/" + id, "", "", "2024-06-20"));
  const Json new_shape =
      json_of(billing(world, "GET", "/invoices/" + id, "", "", "2025-03-31.basil"));

  EXPECT_TRUE(old_shape.contains("subscription"));
  EXPECT_FALSE(new_shape.contains("subscription"));
  EXPECT_TRUE(new_shape.contains("parent"));
  EXPECT_TRUE(new_shape["lines"]["data"][0].contains("pricing"));
}

TEST(Billing, EndsSubscriptionsWhenTheClockPassesTheirEnd) {
  World world(small_world(1));
  const std::string id = world.estate.renewal("R-000001")->subscription_id;
  billing(world, "POST", "/subscriptions/" + id, "cancel_at=1930000000");

  control(world, "PUT", "/clock", {{"now", "2031-03-01T00:00:00Z"}});

  EXPECT_EQ(json_of(billing(world, "GET", "/subscriptions/" + id))["status"], "canceled");
}

TEST(Billing, ExpandsReferencesAndListsPaymentsOnRequest) {
  World world(small_world(1));
  const std::string id = draft_with_line(world, "R-000001", "a");
  billing(world, "POST", "/invoices/" + id + "/finalize");
  pass(world, milliseconds(301));

  const Json invoice =
      json_of(billing(world, "GET", "/invoices/" + id + "?expand[]=customer&expand[]=payments"));

  EXPECT_EQ(invoice["customer"]["object"], "customer");
  EXPECT_EQ(invoice["payments"]["data"].size(), 1U);
}

TEST(Billing, TakesWholeKronaAndThreeDecimalsThatEndInZero) {
  WorldOptions options = small_world(2);
  options.estate.plan.currencies = {"ISK", "KWD"};
  World world(options);
  for (const PlannedRenewal& renewal : world.estate.plan.renewals) {
    const std::string line = "customer=" + world.estate.account_of(renewal).billing_customer +
                             "&currency=" + renewal.currency + "&amount=";
    const bool is_krona = renewal.currency == "ISK";
    const Response refused =
        billing(world, "POST", "/invoiceitems", line + "5005", "a" + renewal.number);
    const Response taken = billing(world, "POST", "/invoiceitems",
                                   line + (is_krona ? "5000" : "5010"), "b" + renewal.number);
    EXPECT_EQ(refused.status, 400) << renewal.currency;
    EXPECT_NE(refused.body.find("divisible by"), std::string::npos);
    EXPECT_EQ(taken.status, 200) << taken.body;
  }
}

}  // namespace
}  // namespace perennial::sandbox::testing
