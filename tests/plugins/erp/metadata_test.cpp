// What $metadata says, what is missing in it, and how a check tells that.
#include "plugins/erp/metadata.hpp"

#include <gtest/gtest.h>

#include "plugins/erp/health.hpp"
#include "tests/plugins/support/vendor_case.hpp"

namespace perennial::plugins::erp {
namespace {

using common::Json;

const std::string orders_xml =
    R"(<?xml version="1.0"?><edmx:Edmx Version="1.0"><edmx:DataServices><Schema Namespace="S">
<EntityType Name="A_SalesOrderType" sap:label="Name=&quot;x&quot;"><Key><PropertyRef
 Name="SalesOrder"/></Key><Property Name="SalesOrder" Type="Edm.String" MaxLength="10"/>
<Property Name="SoldToParty" Type="Edm.String"/><Property Type="Edm.String" MaxLength="35"
 Name="PurchaseOrderByCustomer"></Property><Property Name='HeaderBillingBlockReason'/>
<NavigationProperty Name="to_Item" FromRole="A" ToRole="B"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="A_SalesOrder" EntityType="S.A_SalesOrderType"/>
</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>)";

std::string simple_xml(const std::string& set, const std::vector<std::string>& properties) {
  std::string xml = "<EntityType Name=\"T\">";
  for (const std::string& name : properties) xml += "<Property Name=\"" + name + "\"/>";
  return xml + "</EntityType><EntitySet Name=\"" + set + "\" EntityType=\"N.T\"/>";
}

TEST(ErpMetadataTest, SetsPropertiesLengthsAndNavigationsAreRead) {
  const Metadata metadata = read_metadata(orders_xml);
  ASSERT_EQ(metadata.size(), 1u);
  const EntityShape& order = metadata.at("A_SalesOrder");
  EXPECT_EQ(order.properties, (std::map<std::string, int>{{"SalesOrder", 10},
                                                          {"SoldToParty", 0},
                                                          {"PurchaseOrderByCustomer", 35},
                                                          {"HeaderBillingBlockReason", 0}}));
  EXPECT_EQ(order.navigations, std::vector<std::string>{"to_Item"});
}

TEST(ErpMetadataTest, WhatIsMissingIsNamedWithTheNearestName) {
  const Metadata metadata = read_metadata(orders_xml);
  EXPECT_EQ(missing_in(metadata, {"A_SalesOrder", {"SoldToParty", "to_Item"}, "", 0}), "");
  EXPECT_EQ(missing_in(metadata, {"A_SaleOrder", {}, "", 0}),
            "it has no entity set A_SaleOrder; did you mean A_SalesOrder?");
  EXPECT_EQ(missing_in(metadata, {"A_SalesOrder", {"SoldToPart"}, "", 0}),
            "A_SalesOrder has no property SoldToPart; did you mean SoldToParty?");
  EXPECT_EQ(missing_in(metadata, {"A_SalesOrder", {"Xyz"}, "", 0}),
            "A_SalesOrder has no property Xyz");
  EXPECT_EQ(missing_in(metadata, {"A_SalesOrder", {}, "SalesOrder", 35}),
            "A_SalesOrder.SalesOrder takes 10 characters, and a delivery's key has up to 35");
}

TEST(ErpMetadataTest, WhatIsNoMetadataHasNothing) {
  for (const char* text : {"", "<", "<EntityType", "<html><body>x</body></html>", "{}", "<>",
                           "<EntityType Name=><Property Name=\"x></EntityType>"}) {
    EXPECT_NE(missing_in(read_metadata(text), {"A", {}, "", 0}), "") << text;
  }
}

TEST(ErpHealthTest, EachServiceHasOneFindingAndNamedOnesAreCheckedToo) {
  tests::ScriptedTransport transport;
  const Config config = *read_config(
      tests::config_value({{"base_url", "https://s4.example"},
                           {"partner_service", "/sap/opu/odata/sap/API_BUSINESS_PARTNER"},
                           {"auth", {{"kind", "basic"}, {"user", "C"}}}}));
  Session session(config, tests::all_secrets(), transport);
  transport.answer(200, orders_xml)
      .answer(200, simple_xml("ExternalInvoices", {"InvoiceReference"}))
      .answer(403)
      .answer(200, simple_xml("A_Customer", {"Customer", "to_CustomerSalesArea"}));
  tests::HealthRecorder recorder;
  sdk::HealthReply reply(recorder.reply());
  check_services(config, session, common::Deadline(1000), reply);
  ASSERT_EQ(recorder.findings().size(), 4u);
  EXPECT_EQ(recorder.errors(), 2u);
  EXPECT_NE(recorder.findings()[1].second.find("did you mean ExternalInvoices?"),
            std::string::npos);
  EXPECT_EQ(transport.request(0).headers.find("accept"), "application/xml");
}

}  // namespace
}  // namespace perennial::plugins::erp
