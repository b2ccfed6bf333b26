// The three services: two standard OData v2 APIs and the customer's own OData v4 entity.
#include "sandbox/sap/edm_build.hpp"

namespace perennial::sandbox::sap {
namespace {

// api.sap.com, "Sales Order (A2X)": the properties a renewal touches and their neighbours. The
// YY1_ fields are what an in-app extension of this customer adds.
EntityType sales_order_type() {
  EntityType type{"A_SalesOrderType", "A_SalesOrder", {}, {}};
  type.properties = {key(text("SalesOrder", 10)),
                     required(text("SalesOrderType", 4)),
                     required(text("SalesOrganization", 4)),
                     required(text("DistributionChannel", 2)),
                     required(text("OrganizationDivision", 2)),
                     text("SalesGroup", 3),
                     text("SalesOffice", 4),
                     text("SalesDistrict", 6),
                     required(text("SoldToParty", 10)),
                     system_set(typed("CreationDate", Edm::date)),
                     system_set(text("CreatedByUser", 12)),
                     system_set(typed("LastChangeDate", Edm::date)),
                     system_set(typed("LastChangeDateTime", Edm::date_time)),
                     text("ExternalDocumentID", 40),
                     text("PurchaseOrderByCustomer", 35),
                     text("PurchaseOrderByShipToParty", 35),
                     text("CustomerPurchaseOrderType", 4),
                     typed("CustomerPurchaseOrderDate", Edm::date),
                     typed("SalesOrderDate", Edm::date),
                     system_set(typed("TotalNetAmount", Edm::decimal, 2)),
                     text("TransactionCurrency", 5),
                     text("SDDocumentReason", 3),
                     typed("PricingDate", Edm::date),
                     typed("RequestedDeliveryDate", Edm::date),
                     text("ShippingCondition", 2),
                     text("HeaderBillingBlockReason", 2),
                     text("DeliveryBlockReason", 2),
                     typed("BillingDocumentDate", Edm::date),
                     typed("ServicesRenderedDate", Edm::date),
                     text("IncotermsClassification", 3),
                     text("CustomerPaymentTerms", 4),
                     text("PaymentMethod", 1),
                     text("AssignmentReference", 18),
                     text("AccountingDocExternalReference", 16),
                     text("CorrespncExternalReference", 12),
                     text("CustomerGroup", 2),
                     text("ReferenceSDDocument", 10),
                     system_set(text("OverallSDProcessStatus", 1)),
                     system_set(text("OverallTotalDeliveryStatus", 1)),
                     system_set(text("OverallOrdReltdBillgStatus", 1)),
                     system_set(text("OverallSDDocumentRejectionSts", 1)),
                     system_set(text("TotalCreditCheckStatus", 1)),
                     text("YY1_RenewalNumber_SDH", 20),
                     text("YY1_ContractNumber_SDH", 20),
                     typed("YY1_ServiceStart_SDH", Edm::date),
                     typed("YY1_ServiceEnd_SDH", Edm::date)};
  type.navigations = {{"to_Item", "A_SalesOrderItemType"},
                      {"to_Text", "A_SalesOrderTextType"},
                      {"to_Partner", "A_SalesOrderHeaderPartnerType"}};
  return type;
}

EntityType sales_order_line_type() {
  EntityType type{"A_SalesOrderItemType", "A_SalesOrderItem", {}, {}};
  Property number = text("SalesOrderItem", 6);
  number.is_key = true;
  type.properties = {key(text("SalesOrder", 10)),
                     number,
                     text("HigherLevelItem", 6),
                     text("SalesOrderItemCategory", 4),
                     text("SalesOrderItemText", 40),
                     text("PurchaseOrderByCustomer", 35),
                     text("UnderlyingPurchaseOrderItem", 6),
                     required(text("Material", 40)),
                     text("MaterialByCustomer", 35),
                     typed("PricingDate", Edm::date),
                     required(typed("RequestedQuantity", Edm::decimal, 3)),
                     text("RequestedQuantityUnit", 3),
                     text("RequestedQuantitySAPUnit", 3),
                     text("RequestedQuantityISOUnit", 3),
                     text("TransactionCurrency", 5),
                     system_set(typed("NetAmount", Edm::decimal, 2)),
                     text("ProductionPlant", 4),
                     text("ItemBillingBlockReason", 2),
                     typed("ServicesRenderedDate", Edm::date),
                     typed("BillingDocumentDate", Edm::date),
                     text("SalesDocumentRjcnReason", 2),
                     system_set(text("SDProcessStatus", 1)),
                     text("YY1_ContractLine_SDI", 20),
                     typed("YY1_ServiceStart_SDI", Edm::date),
                     typed("YY1_ServiceEnd_SDI", Edm::date)};
  type.navigations = {{"to_PricingElement", "A_SalesOrderItemPrElementType"},
                      {"to_Text", "A_SalesOrderItemTextType"},
                      {"to_BillingPlan", "A_SalesOrderItemBillingPlanType", true}};
  return type;
}

EntityType pricing_element_type() {
  EntityType type{"A_SalesOrderItemPrElementType", "A_SalesOrderItemPrElement", {}, {}};
  type.properties = {key(text("SalesOrder", 10)),
                     key(text("SalesOrderItem", 6)),
                     key(text("PricingProcedureStep", 3)),
                     key(text("PricingProcedureCounter", 3)),
                     text("ConditionType", 4),
                     typed("ConditionRateValue", Edm::decimal, 9),
                     text("ConditionCurrency", 5),
                     typed("ConditionQuantity", Edm::decimal, 3),
                     text("ConditionQuantityUnit", 3),
                     text("ConditionQuantitySAPUnit", 3),
                     system_set(typed("ConditionAmount", Edm::decimal, 2))};
  return type;
}

EntityType billing_plan_type() {
  EntityType type{"A_SalesOrderItemBillingPlanType", "A_SalesOrderItemBillingPlan", {}, {}};
  type.properties = {key(text("SalesOrder", 10)), key(text("SalesOrderItem", 6)),
                     key(text("BillingPlan", 10)), typed("BillingPlanStartDate", Edm::date),
                     typed("BillingPlanEndDate", Edm::date)};
  type.navigations = {{"to_BillingPlanItem", "A_SlsOrderItemBillingPlanItemType"}};
  return type;
}

EntityType billing_plan_line_type() {
  EntityType type{"A_SlsOrderItemBillingPlanItemType", "A_SlsOrderItemBillingPlanItem", {}, {}};
  type.properties = {key(text("SalesOrder", 10)),
                     key(text("SalesOrderItem", 6)),
                     key(text("BillingPlan", 10)),
                     key(text("BillingPlanItem", 6)),
                     text("BillingPlanDateCategory", 2),
                     typed("BillingPlanBillingDate", Edm::date),
                     typed("BillingPlanAmount", Edm::decimal, 2),
                     text("TransactionCurrency", 5),
                     typed("BillingPlanServiceStartDate", Edm::date),
                     typed("BillingPlanServiceEndDate", Edm::date)};
  return type;
}

EntityType text_type(std::string name, std::string set) {
  EntityType type{std::move(name), std::move(set), {}, {}};
  type.properties = {key(text("SalesOrder", 10)), text("Language", 2), text("LongTextID", 4),
                     text("LongText", 0)};
  return type;
}

EntityType partner_type() {
  EntityType type{"A_SalesOrderHeaderPartnerType", "A_SalesOrderHeaderPartner", {}, {}};
  type.properties = {key(text("SalesOrder", 10)), text("PartnerFunction", 2), text("Customer", 10)};
  return type;
}

// api.sap.com, "Operational Accounting Document Item (Cube)".
EntityType accounting_type() {
  EntityType type{"A_OperationalAcctgDocItemCubeType", "A_OperationalAcctgDocItemCube", {}, {}};
  type.properties = {key(text("CompanyCode", 4)),
                     key(text("FiscalYear", 4)),
                     key(text("AccountingDocument", 10)),
                     key(text("AccountingDocumentItem", 3)),
                     text("FiscalPeriod", 3),
                     typed("PostingDate", Edm::date),
                     typed("DocumentDate", Edm::date),
                     text("AccountingDocumentType", 2),
                     text("AccountingDocumentCategory", 1),
                     typed("AccountingDocumentCreationDate", Edm::date),
                     text("AccountingDocCreatedByUser", 12),
                     text("DocumentReferenceID", 16),
                     text("PaymentReference", 30),
                     text("AccountingDocumentHeaderText", 25),
                     text("AssignmentReference", 18),
                     text("DocumentItemText", 50),
                     text("GLAccount", 10),
                     text("Customer", 10),
                     text("FinancialAccountType", 1),
                     text("PostingKey", 2),
                     text("DebitCreditCode", 1),
                     typed("AmountInTransactionCurrency", Edm::decimal, 2),
                     text("TransactionCurrency", 5),
                     typed("AmountInCompanyCodeCurrency", Edm::decimal, 2),
                     text("CompanyCodeCurrency", 5),
                     text("SalesDocument", 10),
                     text("SalesDocumentItem", 6),
                     text("OriginalReferenceDocument", 20),
                     text("Material", 40)};
  return type;
}

EntityType external_invoice_type() {
  EntityType type{"ExternalInvoiceType", "ExternalInvoice", {}, {}};
  type.properties = {key(typed("InvoiceUUID", Edm::guid)),
                     system_set(text("InvoiceDocument", 10)),
                     required(text("InvoiceReference", 40)),
                     text("InvoiceNumber", 40),
                     text("RenewalNumber", 20),
                     text("ContractNumber", 20),
                     required(text("SoldToParty", 10)),
                     text("SalesOrder", 10),
                     required(text("TransactionCurrency", 5)),
                     required(typed("GrossAmount", Edm::decimal, 2)),
                     typed("NetAmount", Edm::decimal, 2),
                     typed("TaxAmount", Edm::decimal, 2),
                     typed("DocumentDate", Edm::date),
                     typed("PostingDate", Edm::date),
                     typed("DueDate", Edm::date),
                     typed("IsCustomerFacing", Edm::boolean),
                     text("DocumentHeaderText", 50),
                     system_set(text("Status", 1)),
                     system_set(text("CompanyCode", 4)),
                     system_set(text("AccountingDocument", 10)),
                     system_set(text("FiscalYear", 4)),
                     system_set(typed("CreatedAt", Edm::date_time)),
                     system_set(typed("LastChangeDateTime", Edm::date_time))};
  type.navigations = {{"_Item", "ExternalInvoiceItemType"}};
  return type;
}

EntityType external_invoice_line_type() {
  EntityType type{"ExternalInvoiceItemType", "ExternalInvoiceItem", {}, {}};
  Property number = text("InvoiceItem", 6);
  number.is_key = true;
  type.properties = {key(typed("InvoiceUUID", Edm::guid)),
                     number,
                     text("InvoiceLineReference", 40),
                     text("ContractLine", 20),
                     text("SalesOrderItem", 6),
                     text("Material", 40),
                     text("Description", 80),
                     typed("Quantity", Edm::decimal, 3),
                     text("QuantityUnit", 3),
                     typed("Amount", Edm::decimal, 2),
                     typed("GrossAmount", Edm::decimal, 2),
                     typed("NetAmount", Edm::decimal, 2),
                     typed("TaxAmount", Edm::decimal, 2),
                     text("TransactionCurrency", 5),
                     typed("PeriodStart", Edm::date),
                     typed("PeriodEnd", Edm::date)};
  return type;
}

std::string edm_type(const Service& service, const Property& property) {
  switch (property.type) {
    case Edm::decimal:
      return "Edm.Decimal";
    case Edm::date:
      return service.is_v4 ? "Edm.Date" : "Edm.DateTime";
    case Edm::date_time:
      return "Edm.DateTimeOffset";
    case Edm::boolean:
      return "Edm.Boolean";
    case Edm::guid:
      return "Edm.Guid";
    case Edm::string:
      break;
  }
  return "Edm.String";
}

std::string property_xml(const Service& service, const Property& property) {
  std::string xml =
      "<Property Name=\"" + property.name + "\" Type=\"" + edm_type(service, property) + "\"";
  if (property.is_key) xml += " Nullable=\"false\"";
  if (property.length > 0) xml += " MaxLength=\"" + std::to_string(property.length) + "\"";
  if (property.type == Edm::decimal) {
    xml += " Precision=\"24\" Scale=\"" + std::to_string(property.scale) + "\"";
  }
  const bool is_fixed = property.is_read_only;
  if (!service.is_v4 && is_fixed) xml += " sap:creatable=\"false\" sap:updatable=\"false\"";
  if (!service.is_v4 && property.type == Edm::date) xml += " sap:display-format=\"Date\"";
  return xml + "/>";
}

std::string type_xml(const Service& service, const EntityType& type) {
  std::string xml = "<EntityType Name=\"" + type.name + "\"><Key>";
  for (const Property& property : type.properties) {
    if (property.is_key) xml += "<PropertyRef Name=\"" + property.name + "\"/>";
  }
  xml += "</Key>";
  for (const Property& property : type.properties) xml += property_xml(service, property);
  for (const Navigation& navigation : type.navigations) {
    if (service.is_v4) {
      xml += "<NavigationProperty Name=\"" + navigation.name + "\" Type=\"Collection(" +
             service.space + "." + navigation.type + ")\"/>";
    } else {
      xml += "<NavigationProperty Name=\"" + navigation.name + "\" Relationship=\"" +
             service.space + "." + type.name + "_" + navigation.name +
             "\" FromRole=\"From\" ToRole=\"To\"/>";
    }
  }
  return xml + "</EntityType>";
}

std::string association_xml(const Service& service, const EntityType& type) {
  std::string xml;
  for (const Navigation& navigation : type.navigations) {
    xml += "<Association Name=\"" + type.name + "_" + navigation.name + "\"><End Type=\"" +
           service.space + "." + type.name + "\" Multiplicity=\"1\" Role=\"From\"/><End Type=\"" +
           service.space + "." + navigation.type + "\" Multiplicity=\"*\" Role=\"To\"/>" +
           "</Association>";
  }
  return xml;
}

}  // namespace

const Service& sales_order_service() {
  static const Service service{
      "/sap/opu/odata/sap/API_SALES_ORDER_SRV",
      "API_SALES_ORDER_SRV",
      false,
      {sales_order_type(), sales_order_line_type(), pricing_element_type(), billing_plan_type(),
       billing_plan_line_type(), text_type("A_SalesOrderTextType", "A_SalesOrderText"),
       text_type("A_SalesOrderItemTextType", "A_SalesOrderItemText"), partner_type()}};
  return service;
}

const Service& accounting_service() {
  static const Service service{"/sap/opu/odata/sap/API_OPLACCTGDOCITEMCUBE_SRV",
                               "API_OPLACCTGDOCITEMCUBE_SRV",
                               false,
                               {accounting_type()}};
  return service;
}

const Service& external_invoice_service() {
  static const Service service{"/sap/opu/odata4/sap/zui_ext_invoice/srvd_a2x/sap/zext_invoice/0001",
                               "com.sap.gateway.srvd_a2x.zext_invoice.v0001",
                               true,
                               {external_invoice_type(), external_invoice_line_type()}};
  return service;
}

std::string metadata_xml(const Service& service) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
  if (service.is_v4) {
    xml +=
        "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">"
        "<edmx:DataServices><Schema Namespace=\"" +
        service.space + "\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">";
  } else {
    xml +=
        "<edmx:Edmx Version=\"1.0\" xmlns:edmx=\"http://schemas.microsoft.com/ado/2007/06/edmx\" "
        "xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\" "
        "xmlns:sap=\"http://www.sap.com/Protocols/SAPData\"><edmx:DataServices "
        "m:DataServiceVersion=\"2.0\"><Schema Namespace=\"" +
        service.space + "\" xmlns=\"http://schemas.microsoft.com/ado/2008/09/edm\">";
  }
  for (const EntityType& type : service.types) xml += type_xml(service, type);
  if (!service.is_v4) {
    for (const EntityType& type : service.types) xml += association_xml(service, type);
  }
  xml += "<EntityContainer Name=\"" + service.space + "_Entities\">";
  for (const EntityType& type : service.types) {
    xml += "<EntitySet Name=\"" + type.set + "\" EntityType=\"" + service.space + "." + type.name +
           "\"/>";
  }
  return xml + "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>";
}

}  // namespace perennial::sandbox::sap
