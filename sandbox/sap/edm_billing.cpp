// Services beside ordering: billing documents that the ERP issues, customers, revenue schedules.
#include "sandbox/sap/edm_build.hpp"

namespace perennial::sandbox::sap {
namespace {

// api.sap.com, "Billing Document (A2X)", CE_BILLINGDOCUMENT_0001: what an invoice of a renewal
// shows. The YY1_ fields of the order's lines are copied, as an extension of this customer does.
EntityType billing_document_type() {
  EntityType type{"BillingDocumentType", "BillingDocument", {}, {}};
  type.properties = {key(text("BillingDocument", 10)),
                     text("BillingDocumentType", 4),
                     text("SDDocumentCategory", 4),
                     typed("BillingDocumentDate", Edm::date),
                     typed("CreationDate", Edm::date),
                     typed("LastChangeDateTime", Edm::date_time),
                     text("SalesOrganization", 4),
                     text("SoldToParty", 10),
                     text("PayerParty", 10),
                     text("TransactionCurrency", 5),
                     typed("TotalNetAmount", Edm::decimal, 2),
                     typed("TotalTaxAmount", Edm::decimal, 2),
                     text("CustomerPaymentTerms", 4),
                     text("PurchaseOrderByCustomer", 35),
                     text("AssignmentReference", 18),
                     text("OverallBillingStatus", 1),
                     text("AccountingPostingStatus", 1),
                     text("CompanyCode", 4),
                     text("AccountingDocument", 10),
                     text("FiscalYear", 4),
                     typed("BillingDocumentIsCancelled", Edm::boolean),
                     text("CancelledBillingDocument", 10)};
  type.navigations = {{"_Item", "BillingDocumentItemType"}};
  return type;
}

EntityType billing_line_type() {
  EntityType type{"BillingDocumentItemType", "BillingDocumentItem", {}, {}};
  type.properties = {key(text("BillingDocument", 10)),
                     key(text("BillingDocumentItem", 6)),
                     text("SalesDocument", 10),
                     text("SalesDocumentItem", 6),
                     text("Product", 40),
                     text("BillingDocumentItemText", 40),
                     typed("BillingQuantity", Edm::decimal, 3),
                     text("BillingQuantityUnit", 3),
                     typed("NetAmount", Edm::decimal, 2),
                     typed("TaxAmount", Edm::decimal, 2),
                     text("TransactionCurrency", 5),
                     typed("ServicesRenderedDate", Edm::date),
                     typed("YY1_ServiceStart_BDI", Edm::date),
                     typed("YY1_ServiceEnd_BDI", Edm::date)};
  return type;
}

// api.sap.com, "Business Partner (A2X)", API_BUSINESS_PARTNER: a customer with its central blocks,
// and those of each sales area.
EntityType customer_type() {
  EntityType type{"A_CustomerType", "A_Customer", {}, {}};
  type.properties = {key(text("Customer", 10)),
                     text("CustomerName", 80),
                     text("CustomerFullName", 220),
                     text("CustomerAccountGroup", 4),
                     text("OrderIsBlockedForCustomer", 2),
                     text("BillingIsBlockedForCustomer", 2),
                     text("DeliveryIsBlocked", 2),
                     typed("PostingIsBlocked", Edm::boolean),
                     typed("DeletionIndicator", Edm::boolean)};
  type.navigations = {{"to_CustomerSalesArea", "A_CustomerSalesAreaType"}};
  return type;
}

EntityType customer_area_type() {
  EntityType type{"A_CustomerSalesAreaType", "A_CustomerSalesArea", {}, {}};
  type.properties = {key(text("Customer", 10)),
                     key(text("SalesOrganization", 4)),
                     key(text("DistributionChannel", 2)),
                     key(text("Division", 2)),
                     text("Currency", 5),
                     text("CustomerPaymentTerms", 4),
                     text("OrderIsBlockedForCustomer", 2),
                     text("BillingIsBlockedForCustomer", 2),
                     text("DeliveryIsBlockedForCustomer", 2),
                     typed("DeletionIndicator", Edm::boolean)};
  return type;
}

EntityType revenue_schedule_type() {
  EntityType type{"RevenueScheduleType", "RevenueSchedule", {}, {}};
  type.properties = {key(typed("ScheduleUUID", Edm::guid)),
                     text("ScheduleNumber", 10),
                     text("RenewalNumber", 20),
                     text("TransactionCurrency", 5),
                     typed("TotalAmount", Edm::decimal, 2),
                     typed("LastChangeDateTime", Edm::date_time)};
  type.navigations = {{"_Period", "RevenuePeriodType"}};
  return type;
}

EntityType revenue_period_type() {
  EntityType type{"RevenuePeriodType", "RevenuePeriod", {}, {}};
  type.properties = {key(typed("ScheduleUUID", Edm::guid)), key(text("PeriodNumber", 4)),
                     typed("PeriodStart", Edm::date), typed("PeriodEnd", Edm::date),
                     typed("Amount", Edm::decimal, 2)};
  return type;
}

}  // namespace

const Service& business_partner_service() {
  static const Service service{"/sap/opu/odata/sap/API_BUSINESS_PARTNER",
                               "API_BUSINESS_PARTNER",
                               false,
                               {customer_type(), customer_area_type()}};
  return service;
}

const Service& revenue_schedule_service() {
  static const Service service{
      "/sap/opu/odata4/sap/zui_rev_schedule/srvd_a2x/sap/zrev_schedule/0001",
      "com.sap.gateway.srvd_a2x.zrev_schedule.v0001",
      true,
      {revenue_schedule_type(), revenue_period_type()}};
  return service;
}

const Service& billing_document_service() {
  static const Service service{
      "/sap/opu/odata4/sap/api_billingdocument/srvd_a2x/sap/billingdocument/0001",
      "com.sap.gateway.srvd_a2x.api_billingdocument.v0001",
      true,
      {billing_document_type(), billing_line_type()}};
  return service;
}

}  // namespace perennial::sandbox::sap
