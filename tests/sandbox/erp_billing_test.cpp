// The simulated ERP as an issuer of invoices, orders it holds, and its $batch.
#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

const std::string billing_service =
    "/sap/opu/odata4/sap/api_billingdocument/srvd_a2x/sap/billingdocument/0001";
const std::string orders_service = "/sap/opu/odata/sap/API_SALES_ORDER_SRV";

Json order_at(ErpSession& erp, const std::string& number) {
  return json_of(erp("GET", orders_path + "('" + number + "')"))["d"];
}

void unblock(ErpSession& erp, const std::string& number) {
  const Response changed =
      erp("PATCH", orders_path + "('" + number + "')", R"({"HeaderBillingBlockReason":""})",
          {{"If-Match", text_of(order_at(erp, number)["__metadata"], "etag")}});
  EXPECT_EQ(changed.status, 204) << changed.body;
}

Response bill(ErpSession& erp, const std::string& order) {
  return erp("POST", billing_service + "/BillingDocument/SAP__self.CreateFromSDDocument",
             Json{{"_Control", {{"DefaultBillingDocumentType", "F2"}}},
                  {"_Reference", Json::array({{{"SDDocument", order}}})}}
                 .dump());
}

TEST(ErpBilling, BillsAReleasedOrderOnceAndPostsIt) {
  World world(small_world(3));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];
  const std::string order = erp.create_order(renewal, "k");

  EXPECT_EQ(json_of(bill(erp, order))["error"]["code"], "VF/044") << "blocked for billing";
  unblock(erp, order);
  const Response billed = bill(erp, order);
  ASSERT_EQ(billed.status, 200) << billed.body;
  EXPECT_EQ(json_of(bill(erp, order))["error"]["code"], "VF/016") << "billed already";
  EXPECT_EQ(json_of(bill(erp, "1"))["error"]["code"], "VF/071");

  const std::string number = text_of(json_of(billed)["value"][0], "BillingDocument");
  const Json document =
      json_of(erp("GET", billing_service + "/BillingDocument('" + number + "')?$expand=_Item", "",
                  {{"Accept", "application/json;IEEE754Compatible=true"}}));
  EXPECT_EQ(document["_Item"].size(), renewal.lines.size());
  const Json lines =
      json_of(erp("GET", billing_service + "/BillingDocumentItem?$filter=" +
                             percent_encode("SalesDocument eq '" + order + "'")))["value"];
  EXPECT_EQ(lines.size(), renewal.lines.size());
  EXPECT_EQ(world.erp.postings().size(), renewal.lines.size() + 1);
}

TEST(ErpBilling, TheCustomerPaysAndThePaymentIsPosted) {
  World world(small_world(3));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];
  const std::string order = erp.create_order(renewal, "k");
  unblock(erp, order);
  ASSERT_EQ(bill(erp, order).status, 200);

  pass(world, std::chrono::milliseconds(400));

  int payments = 0;
  world.erp.postings().for_each([&](const std::string&, const Json& row) {
    if (text_of(row, "AccountingDocumentType") != "DZ") return;
    if (text_of(row, "FinancialAccountType") != "D") return;
    ++payments;
    EXPECT_EQ(text_of(row, "AmountInTransactionCurrency"),
              "-" + format_minor(renewal.amount_minor, minor_digits(renewal.currency)));
  });
  EXPECT_EQ(payments, 1);
  const Json row = json_of(control(world, "GET", "/settlement?renewal=" + renewal.number));
  const Json& invoice = row["list"][0]["invoice"];
  EXPECT_EQ(invoice["status"], Json::array({"paid"}));
  EXPECT_EQ(invoice["customer_facing_per_line_and_period_max"], 1);
  EXPECT_EQ(invoice["total_minor"], renewal.amount_minor);
}

TEST(ErpHolds, CreatesAnOrderWithoutCreditAndLetsItGoLater) {
  World world(small_world(3));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];

  EXPECT_EQ(control(world, "PUT", "/credit", {{"renewal", "R-999999"}, {"held", true}}).status,
            404);
  EXPECT_EQ(control(world, "PUT", "/credit", {{"renewal", renewal.number}}).status, 400);
  control(world, "PUT", "/credit", {{"renewal", renewal.number}, {"held", true}});
  const std::string held = erp.create_order(renewal, "k");
  EXPECT_EQ(order_at(erp, held)["TotalCreditCheckStatus"], "B");
  const Response answer =
      control(world, "PUT", "/credit", {{"renewal", renewal.number}, {"held", false}});
  EXPECT_EQ(json_of(answer)["released"], 1);
  EXPECT_EQ(order_at(erp, held)["TotalCreditCheckStatus"], "D");
  EXPECT_EQ(order_at(erp, erp.create_order(renewal, "l"))["TotalCreditCheckStatus"], "A");
}

TEST(ErpOrders, KeepTheBillingPlanOfALine) {
  World world(small_world(3));
  ErpSession erp(world);
  Json order = erp.order_of(world.estate.plan.renewals[0], "k");
  order["to_Item"]["results"][0]["to_BillingPlan"] = {
      {"BillingPlanStartDate", "/Date(1796083200000)/"},
      {"to_BillingPlanItem", Json::array({{{"BillingPlanBillingDate", "/Date(1796083200000)/"},
                                           {"BillingPlanAmount", "12.50"}}})}};
  const Response created = erp("POST", orders_path, order.dump());
  ASSERT_EQ(created.status, 201) << created.body;
  const std::string number = text_of(json_of(created)["d"], "SalesOrder");
  const Json line = json_of(
      erp("GET", orders_path + "('" + number +
                     "')/to_Item?$expand=to_BillingPlan/to_BillingPlanItem"))["d"]["results"][0];
  EXPECT_EQ(line["to_BillingPlan"]["to_BillingPlanItem"]["results"][0]["BillingPlanAmount"],
            "12.50");
  order["to_Item"]["results"][0]["to_BillingPlan"]["to_BillingPlanItem"][0]["NoSuch"] = "x";
  EXPECT_EQ(erp("POST", orders_path, order.dump()).status, 400);
}

TEST(ErpCustomers, TellTheirBlocks) {
  World world(small_world(3));
  ErpSession erp(world);
  const std::string number = world.estate.account_of(world.estate.plan.renewals[0]).erp_customer;
  const std::string path = "/sap/opu/odata/sap/API_BUSINESS_PARTNER/A_Customer('" + number +
                           "')?$expand=to_CustomerSalesArea";
  EXPECT_EQ(json_of(erp("GET", path))["d"]["OrderIsBlockedForCustomer"], "");
  world.erp.blocked_customers.insert(number);
  const Json customer = json_of(erp("GET", path))["d"];
  EXPECT_EQ(customer["OrderIsBlockedForCustomer"], "01");
  EXPECT_EQ(customer["to_CustomerSalesArea"]["results"][0]["SalesOrganization"], "1010");
}

TEST(ErpSchedules, ArePagedAndThenTellWhatChanged) {
  World world(small_world(6));
  ErpSession erp(world);
  const std::string service =
      "/sap/opu/odata4/sap/zui_rev_schedule/srvd_a2x/sap/zrev_schedule/0001/";
  const auto book = [&](const std::string& reference) {
    const Json invoice{{"InvoiceReference", reference},
                       {"RenewalNumber", "R-000001"},
                       {"SoldToParty", "1"},
                       {"TransactionCurrency", "EUR"},
                       {"GrossAmount", "100.00"},
                       {"_Item", Json::array({{{"Amount", "100.00"},
                                               {"PeriodStart", "2027-01-31"},
                                               {"PeriodEnd", "2027-05-01"}}})}};
    EXPECT_EQ(erp("POST", invoices_path, invoice.dump()).status, 201);
  };
  const auto read = [&](const std::string& link) {
    return erp("GET", service + link, "", {{"Prefer", "odata.track-changes,odata.maxpagesize=2"}});
  };
  for (const char* reference : {"in_1", "in_2", "in_3"}) book(reference);

  const Json first = json_of(read("RevenueSchedule?$expand=_Period"));
  EXPECT_EQ(first["value"].size(), 2u);
  const Json& periods = first["value"][0]["_Period"];
  ASSERT_EQ(periods.size(), 4u) << "January to April";
  EXPECT_EQ(periods[0]["PeriodEnd"], "2027-01-31");
  EXPECT_EQ(periods[1]["PeriodEnd"], "2027-02-28");
  const Json second = json_of(read(text_of(first, "@odata.nextLink")));
  EXPECT_EQ(second["value"].size(), 1u);
  const std::string delta = text_of(second, "@odata.deltaLink");
  EXPECT_EQ(json_of(read(delta))["value"].size(), 0u);
  book("in_4");
  EXPECT_EQ(json_of(read(delta))["value"].size(), 1u);
  world.erp.forget_deltas();
  EXPECT_EQ(read(delta).status, 410);
}

std::string lift(const std::string& order, const std::string& tag) {
  const std::string body = R"({"HeaderBillingBlockReason":""})";
  return "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nPATCH "
         "A_SalesOrder('" +
         order +
         "') HTTP/1.1\r\nAccept: application/json\r\nContent-Type: application/json\r\nIf-Match: " +
         tag + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body + "\r\n";
}

// A batch of one change set that lifts the blocks of these orders.
Response lift_all(ErpSession& erp, const std::vector<std::pair<std::string, std::string>>& orders) {
  std::string body = "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n";
  for (const auto& [order, tag] : orders) body += "--c\r\n" + lift(order, tag);
  body += "--c--\r\n\r\n--b--\r\n";
  return erp("POST", orders_service + "/$batch", body,
             {{"Content-Type", "multipart/mixed; boundary=b"}});
}

TEST(ErpBatch, AppliesAChangeSetAsAWholeOrNotAtAll) {
  World world(small_world(3));
  ErpSession erp(world);
  const std::string first = erp.create_order(world.estate.plan.renewals[0], "k");
  const std::string second = erp.create_order(world.estate.plan.renewals[1], "l");
  const std::string first_tag = text_of(order_at(erp, first)["__metadata"], "etag");
  const std::string second_tag = text_of(order_at(erp, second)["__metadata"], "etag");

  const Response refused = lift_all(erp, {{first, first_tag}, {second, "W/\"old\""}});
  EXPECT_EQ(refused.status, 202);
  EXPECT_NE(refused.body.find("HTTP/1.1 412"), std::string::npos) << refused.body;
  EXPECT_EQ(refused.body.find("HTTP/1.1 204"), std::string::npos) << "one error for the whole set";
  EXPECT_EQ(order_at(erp, first)["HeaderBillingBlockReason"], "02");

  const Response applied = lift_all(erp, {{first, first_tag}, {second, second_tag}});
  EXPECT_EQ(applied.body.find("HTTP/1.1 4"), std::string::npos) << applied.body;
  EXPECT_EQ(order_at(erp, first)["HeaderBillingBlockReason"], "");
  EXPECT_EQ(order_at(erp, second)["HeaderBillingBlockReason"], "");
}

TEST(ErpBatch, ReadsInTheirOrderAndRefusesWhatItCannotRead) {
  World world(small_world(3));
  ErpSession erp(world);
  const std::string order = erp.create_order(world.estate.plan.renewals[0], "k");
  const std::string head = "Content-Type: application/http\r\n\r\n";
  const std::string accept = " HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n";
  const Response answer =
      erp("POST", orders_service + "/$batch",
          "--b\r\n" + head + "GET A_SalesOrder('" + order + "')" + accept + "--b\r\n" + head +
              "GET A_SalesOrder('1')" + accept + "--b\r\n" + lift(order, "*") + "--b--\r\n",
          {{"Content-Type", "multipart/mixed; boundary=b"}});
  const std::size_t found = answer.body.find("HTTP/1.1 200");
  const std::size_t missing = answer.body.find("HTTP/1.1 404");
  const std::size_t refused = answer.body.find("HTTP/1.1 400");
  ASSERT_NE(refused, std::string::npos) << answer.body;
  EXPECT_LT(found, missing);
  EXPECT_LT(missing, refused) << "a change outside a change set";
  EXPECT_EQ(order_at(erp, order)["HeaderBillingBlockReason"], "02");
  EXPECT_EQ(erp("POST", orders_service + "/$batch", "--b\r\ncut",
                {{"Content-Type", "multipart/mixed; boundary=b"}})
                .status,
            400);
  EXPECT_EQ(erp("POST", orders_service + "/$batch", "{}").status, 400);
}

TEST(ErpBatch, SpeaksJsonInVersion4WithAtomicityGroups) {
  World world(small_world(3));
  ErpSession erp(world);
  const std::string order = erp.create_order(world.estate.plan.renewals[0], "k");
  unblock(erp, order);
  const Json action{{"_Reference", Json::array({{{"SDDocument", order}}})}};
  const auto request = [&](const std::string& id, const std::string& group, const Json& body) {
    return Json{{"id", id},
                {"method", "post"},
                {"url", "BillingDocument/SAP__self.CreateFromSDDocument"},
                {"atomicityGroup", group},
                {"headers", {{"content-type", "application/json"}}},
                {"body", body}};
  };
  const auto run = [&](const Json& requests) {
    return json_of(erp("POST", billing_service + "/$batch", Json{{"requests", requests}}.dump(),
                       {{"Content-Type", "application/json"}}))["responses"];
  };
  const Json bad{{"_Reference", Json::array({{{"SDDocument", "1"}}})}};
  const Json refused = run(Json::array({request("1", "g", action), request("2", "g", bad)}));
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0]["status"], 400);
  EXPECT_EQ(world.erp.billing_documents().size(), 0u);
  const Json applied = run(Json::array({request("1", "g", action)}));
  EXPECT_EQ(applied[0]["status"], 200);
  EXPECT_EQ(applied[0]["body"]["value"].size(), 1u);
}

}  // namespace
}  // namespace perennial::sandbox::testing
