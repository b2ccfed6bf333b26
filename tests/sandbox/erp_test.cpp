#include "tests/sandbox/support.hpp"

namespace perennial::sandbox::testing {
namespace {

Json order_at(ErpSession& erp, const std::string& number) {
  return json_of(erp("GET", orders_path + "('" + number + "')"))["d"];
}

TEST(Erp, RefusesALogonWithWrongCredentialsOrClient) {
  World world(small_world(1));
  ErpSession erp(world);

  EXPECT_EQ(send(world, world.erp, "GET", orders_path).status, 401);
  EXPECT_EQ(erp("GET", orders_path + "?sap-client=200").status, 401);
  EXPECT_EQ(erp("GET", orders_path + "?sap-client=100").status, 200);
}

TEST(Erp, AcceptsAnOAuthTokenInPlaceOfBasic) {
  World world(small_world(1));
  const Json granted = json_of(send(world, world.erp, "POST", "/sap/bc/sec/oauth2/token",
                                    std::string("grant_type=client_credentials&client_id=") +
                                        sap::client_id + "&client_secret=" + sap::client_secret));

  const Response answer = send(world, world.erp, "GET", orders_path, "",
                               {{"Authorization", "Bearer " + text_of(granted, "access_token")},
                                {"Accept", "application/json"}});

  EXPECT_EQ(granted["token_type"], "Bearer");
  EXPECT_EQ(answer.status, 200);
}

TEST(Erp, WantsTheTokenAndAllCookiesOfOneSession) {
  World world(small_world(1));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];
  const std::string body = erp.order_of(renewal, "k").dump();
  const std::string all_cookies = erp.cookies;
  const std::string token = erp.csrf_token;

  erp.csrf_token.clear();
  const Response no_token = erp("POST", orders_path, body);
  erp.csrf_token = token;
  erp.cookies = all_cookies.substr(0, all_cookies.rfind(';'));
  const Response one_cookie_short = erp("POST", orders_path, body);
  erp.cookies = all_cookies;

  EXPECT_EQ(no_token.status, 403);
  EXPECT_EQ(header_of(no_token, "x-csrf-token"), "Required");
  EXPECT_EQ(one_cookie_short.status, 403);
  EXPECT_EQ(erp("POST", orders_path, body).status, 201);
}

TEST(Erp, InsertsAnOrderWithItsLinesAndPricesThem) {
  World world(small_world(3));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];

  const Response created = erp("POST", orders_path, erp.order_of(renewal, "key-1").dump());

  const Json order = json_of(created)["d"];
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(order["to_Item"]["results"].size(), renewal.lines.size());
  EXPECT_EQ(order["TotalNetAmount"],
            format_minor(renewal.amount_minor, minor_digits(renewal.currency)));
  EXPECT_EQ(text_of(order, "CreationDate").rfind("/Date(", 0), 0U);
  EXPECT_EQ(header_of(created, "ETag"), text_of(order["__metadata"], "etag"));
  EXPECT_NE(header_of(created, "sap-message").find("blocked for billing"), std::string::npos);
}

TEST(Erp, MakesTwoOrdersOfTwoPostsWithOneCustomerReference) {
  World world(small_world(1));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];

  const std::string first = erp.create_order(renewal, "same");
  const std::string second = erp.create_order(renewal, "same");
  const Json found = json_of(
      erp("GET", orders_path +
                     "?$inlinecount=allpages&$select=SalesOrder&"
                     "$filter=" +
                     percent_encode("PurchaseOrderByCustomer eq 'same' and SoldToParty eq '" +
                                    world.estate.account_of(renewal).erp_customer + "'")))["d"];

  EXPECT_NE(first, second);
  EXPECT_EQ(found["__count"], "2");
  EXPECT_EQ(found["results"][1]["SalesOrder"], second);
  EXPECT_FALSE(found["results"][0].contains("SoldToParty"));
}

TEST(Erp, AnswersBadOrdersWithErrorDetails) {
  World world(small_world(1));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];
  const auto refused = [&](const std::string& name, const Json& value) {
    Json order = erp.order_of(renewal, "k");
    order[name] = value;
    const Response answer = erp("POST", orders_path, order.dump());
    EXPECT_EQ(answer.status, 400) << name;
    const Json error = json_of(answer)["error"];
    EXPECT_EQ(error["innererror"]["errordetails"][0]["severity"], "error");
    return text_of(error, "code");
  };

  EXPECT_EQ(refused("SoldToParty", "99999999"), "VP/112");
  EXPECT_EQ(refused("SalesOrganization", ""), "V1/302");
  EXPECT_EQ(refused("NoSuchField", "x"), "005056A509B11ED1B9BF9F46AC8143DC");
  EXPECT_EQ(refused("PurchaseOrderByCustomer", std::string(36, 'x')),
            "005056A509B11ED1B9BF9F46AC8143DC");
  EXPECT_EQ(refused("to_Item", Json::array({{{"Material", "NONE"}, {"RequestedQuantity", "1"}}})),
            "V1/382");
  EXPECT_EQ(refused("to_Item", Json::array({{{"Material", "ANLYT"}, {"RequestedQuantity", 1}}})),
            "005056A509B11ED1B9BF9F46AC8143DC");
  EXPECT_EQ(erp("POST", orders_path, "{").status, 400);
}

TEST(Erp, ChangesAnOrderOnlyWithItsCurrentEntityTag) {
  World world(small_world(1));
  ErpSession erp(world);
  const std::string number = erp.create_order(world.estate.plan.renewals[0], "k");
  const std::string path = orders_path + "('" + number + "')";
  const std::string tag = text_of(order_at(erp, number)["__metadata"], "etag");
  const std::string change = R"({"HeaderBillingBlockReason":""})";

  EXPECT_EQ(erp("PATCH", path, change).status, 428);
  EXPECT_EQ(erp("PATCH", path, change, {{"If-Match", "W/\"old\""}}).status, 412);
  EXPECT_EQ(erp("PATCH", path, change, {{"If-Match", tag}}).status, 204);
  EXPECT_EQ(order_at(erp, number)["HeaderBillingBlockReason"], "");
  EXPECT_EQ(erp("MERGE", path, change, {{"If-Match", tag}}).status, 412);
  EXPECT_EQ(erp("PATCH", path, change, {{"If-Match", "*"}}).status, 204);
}

TEST(Erp, FiltersWithPrecedenceParenthesesAndTypes) {
  World world(small_world(1));
  ErpSession erp(world);
  for (const char* key : {"a", "b", "it's"}) erp.create_order(world.estate.plan.renewals[0], key);
  const auto count = [&](const std::string& filter) {
    return erp("GET", orders_path + "/$count?$filter=" + percent_encode(filter)).body;
  };

  EXPECT_EQ(count("PurchaseOrderByCustomer eq 'it''s'"), "1");
  EXPECT_EQ(count("PurchaseOrderByCustomer eq 'a' or PurchaseOrderByCustomer eq 'b' and "
                  "SalesOrderType eq 'ZZ'"),
            "1");
  EXPECT_EQ(count("(PurchaseOrderByCustomer eq 'a' or PurchaseOrderByCustomer eq 'b') and "
                  "TotalNetAmount gt 0.5M"),
            "2");
  EXPECT_EQ(count("not (PurchaseOrderByCustomer eq 'a')"), "2");
  EXPECT_EQ(count("LastChangeDateTime ge datetimeoffset'2001-01-01T00:00:00Z'"), "3");
  EXPECT_EQ(count("substringof('s',PurchaseOrderByCustomer) eq true"), "1");
}

TEST(Erp, RefusesQueryOptionsItCannotRead) {
  World world(small_world(1));
  ErpSession erp(world);

  for (const char* option :
       {"$filter=Nope eq 'x'", "$filter=SalesOrder eq", "$filter=(SalesOrder", "$select=Nope",
        "$expand=Nope", "$orderby=Nope", "$top=x", "$search=x"}) {
    const std::string text = option;
    const std::size_t equals = text.find('=');
    const Response answer = erp("GET", orders_path + "?" + text.substr(0, equals) + "=" +
                                           percent_encode(text.substr(equals + 1)));
    EXPECT_EQ(answer.status, 400) << option;
  }
}

TEST(Erp, BooksAnExternalInvoiceAndPostsItToAccounting) {
  World world(small_world(1));
  ErpSession erp(world);
  const PlannedRenewal& renewal = world.estate.plan.renewals[0];
  const Json invoice{{"InvoiceReference", "in_1"},
                     {"InvoiceNumber", "ABC-0001"},
                     {"RenewalNumber", renewal.number},
                     {"SoldToParty", world.estate.account_of(renewal).erp_customer},
                     {"SalesOrder", erp.create_order(renewal, "k")},
                     {"TransactionCurrency", "USD"},
                     {"GrossAmount", 12.5},
                     {"_Item", Json::array({{{"Material", "ANLYT"}, {"Amount", "12.50"}}})}};

  const Response created = erp("POST", invoices_path, invoice.dump());

  const Json booked = json_of(created);
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(booked["_Item"].size(), 1U);
  const Json postings = json_of(erp(
      "GET",
      "/sap/opu/odata/sap/API_OPLACCTGDOCITEMCUBE_SRV/A_OperationalAcctgDocItemCube?$orderby="
      "AccountingDocumentItem&$filter=" +
          percent_encode(
              "AccountingDocumentCreationDate ge datetime'2001-01-01T00:00:00'")))["d"]["results"];
  ASSERT_EQ(postings.size(), 2U);
  EXPECT_EQ(postings[0]["AmountInTransactionCurrency"], "12.50");
  EXPECT_EQ(postings[1]["AmountInTransactionCurrency"], "-12.50");
  EXPECT_EQ(postings[0]["AssignmentReference"], renewal.number);
  EXPECT_EQ(postings[0]["DocumentReferenceID"], "ABC-0001");
}

TEST(Erp, SpeaksODataFourWithTagsPagesAndDecimalNumbers) {
  World world(small_world(1));
  ErpSession erp(world);
  const std::string customer = world.estate.plan.accounts[0].erp_customer;
  for (int i = 0; i < 101; ++i) {
    erp("POST", invoices_path,
        Json{{"InvoiceReference", "in_" + std::to_string(i)},
             {"SoldToParty", customer},
             {"TransactionCurrency", "USD"},
             {"GrossAmount", "1.25"}}
            .dump());
  }

  const Json page = json_of(erp("GET", invoices_path + "?$count=true"));
  const std::string base = invoices_path.substr(0, invoices_path.rfind('/') + 1);
  const Json rest = json_of(erp("GET", base + text_of(page, "@odata.nextLink")));
  const std::string path = invoices_path + "(" + text_of(page["value"][0], "InvoiceUUID") + ")";
  const Json text_decimals =
      json_of(erp("GET", path, "", {{"Accept", "application/json;IEEE754Compatible=true"}}));

  EXPECT_EQ(page["value"].size(), 100U);
  EXPECT_EQ(page["@odata.count"], 101);
  EXPECT_EQ(rest["value"].size(), 1U);
  EXPECT_EQ(page["value"][0]["GrossAmount"], 1.25);
  EXPECT_EQ(text_decimals["GrossAmount"], "1.25");
  EXPECT_EQ(erp("PATCH", path, R"({"DocumentHeaderText":"x"})").status, 428);
  EXPECT_EQ(erp("PATCH", path, R"({"DocumentHeaderText":"x"})", {{"If-Match", "W/\"old\""}}).status,
            412);
  EXPECT_EQ(erp("PATCH", path, R"({"DocumentHeaderText":"x"})",
                {{"If-Match", text_of(page["value"][0], "@odata.etag")}})
                .status,
            200);
  EXPECT_EQ(json_of(erp("POST", invoices_path, R"({"InvoiceReference":"x"})"))["error"]["target"],
            "SoldToParty");
}

TEST(Erp, DescribesItsServices) {
  World world(small_world(1));
  ErpSession erp(world);

  const Response v2 = erp("GET", "/sap/opu/odata/sap/API_SALES_ORDER_SRV/$metadata");
  const Response v4 = erp("GET", invoices_path.substr(0, invoices_path.rfind('/')) + "/$metadata");

  EXPECT_NE(v2.body.find("Name=\"PurchaseOrderByCustomer\" Type=\"Edm.String\" MaxLength=\"35\""),
            std::string::npos);
  EXPECT_NE(v4.body.find("<EntitySet Name=\"ExternalInvoice\""), std::string::npos);
}

}  // namespace
}  // namespace perennial::sandbox::testing
