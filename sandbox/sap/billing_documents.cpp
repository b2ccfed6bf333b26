// Invoices that the ERP issues from its sales orders, what they post, and how they are paid.
//
// Followed: "Billing Document (A2X)" (api.sap.com, CE_BILLINGDOCUMENT_0001), the static action
// CreateFromSDDocument with _Control and _Reference.
#include <algorithm>
#include <cstdlib>

#include "sandbox/sap/erp.hpp"

namespace perennial::sandbox::sap {
namespace {

constexpr const char* company_code = "1010";
constexpr const char* receivables_account = "0012100000";
constexpr const char* revenue_account = "0041000000";
constexpr const char* bank_account = "0011000000";

std::string line_number(std::size_t number) {
  std::string text = std::to_string(number);
  return std::string(3 - std::min<std::size_t>(3, text.size()), '0') + text;
}

// What all lines of one accounting document share.
Json posting_of(const Json& document, const std::string& number, const std::string& type,
                const std::string& day) {
  return {{"CompanyCode", company_code},
          {"FiscalYear", day.substr(0, 4)},
          {"AccountingDocument", number},
          {"FiscalPeriod", "0" + day.substr(5, 2)},
          {"PostingDate", day},
          {"DocumentDate", day},
          {"AccountingDocumentType", type},
          {"AccountingDocumentCreationDate", day},
          {"AccountingDocCreatedByUser", "CC0000000001"},
          {"DocumentReferenceID", document["BillingDocument"]},
          {"PaymentReference", document["BillingDocument"]},
          {"AccountingDocumentHeaderText", ""},
          {"AssignmentReference", document["AssignmentReference"]},
          {"TransactionCurrency", document["TransactionCurrency"]},
          {"CompanyCodeCurrency", document["TransactionCurrency"]},
          {"OriginalReferenceDocument", document["BillingDocument"]}};
}

void add_side(Json& row, const std::string& amount, bool is_debit, bool is_customer,
              const std::string& account) {
  row["GLAccount"] = account;
  row["FinancialAccountType"] = is_customer ? "D" : "S";
  row["DebitCreditCode"] = is_debit ? "S" : "H";
  const std::string signed_amount = is_debit ? amount : "-" + amount;
  row["AmountInTransactionCurrency"] = signed_amount;
  row["AmountInCompanyCodeCurrency"] = signed_amount;
}

}  // namespace

std::optional<ErpError> Erp::check_billable(const Json& reference) const {
  const std::string number = text_of(reference, "SDDocument");
  const Json* order = orders_.newest(number);
  if (order == nullptr) {
    return ErpError{400, "VF/071", "SD document " + number + " does not exist", "SDDocument"};
  }
  if (!text_of(*order, "HeaderBillingBlockReason").empty()) {
    return ErpError{400, "VF/044", "Sales document " + number + " is blocked for billing",
                    "SDDocument"};
  }
  // What was billed in full is no longer in the billing due list.
  if (text_of(*order, "OverallOrdReltdBillgStatus") == "C") {
    return ErpError{400, "VF/016", "Document " + number + " is already fully invoiced",
                    "SDDocument"};
  }
  return std::nullopt;
}

Json Erp::bill_order(const Json& reference, const Json& control) {
  Json order = *orders_.newest(text_of(reference, "SDDocument"));
  const std::string today = format_day(day_of(estate_.clock.now()));
  std::string date = text_of(reference, "BillingDocumentDate");
  if (date.empty()) date = text_of(control, "DefaultBillingDocumentDate");
  if (date.empty()) date = today;
  const std::string number = std::to_string(next_billing_document_++);
  Json document{{"BillingDocument", number},
                {"BillingDocumentType", text_of(reference, "BillingDocumentType").empty()
                                            ? text_of(control, "DefaultBillingDocumentType")
                                            : text_of(reference, "BillingDocumentType")},
                {"SDDocumentCategory", "M"},
                {"BillingDocumentDate", date},
                {"CreationDate", today},
                {"LastChangeDateTime", format_instant(estate_.clock.now())},
                {"SalesOrganization", order["SalesOrganization"]},
                {"SoldToParty", order["SoldToParty"]},
                {"PayerParty", order["SoldToParty"]},
                {"TransactionCurrency", order["TransactionCurrency"]},
                {"TotalNetAmount", order["TotalNetAmount"]},
                {"TotalTaxAmount", "0.00"},
                {"CustomerPaymentTerms", order["CustomerPaymentTerms"]},
                {"PurchaseOrderByCustomer", order["PurchaseOrderByCustomer"]},
                {"AssignmentReference", order["AssignmentReference"]},
                {"OverallBillingStatus", "A"},
                {"CompanyCode", company_code},
                {"BillingDocumentIsCancelled", false},
                {"_changes", 1}};
  Json lines = Json::array();
  for (const Json& line : member_of(order, "to_Item")) {
    lines.push_back({{"BillingDocument", number},
                     {"BillingDocumentItem", std::to_string((lines.size() + 1) * 10)},
                     {"SalesDocument", order["SalesOrder"]},
                     {"SalesDocumentItem", line["SalesOrderItem"]},
                     {"Product", line["Material"]},
                     {"BillingDocumentItemText", line["SalesOrderItemText"]},
                     {"BillingQuantity", line["RequestedQuantity"]},
                     {"BillingQuantityUnit", line["RequestedQuantityUnit"]},
                     {"NetAmount", line["NetAmount"]},
                     {"TaxAmount", "0.00"},
                     {"TransactionCurrency", order["TransactionCurrency"]},
                     {"ServicesRenderedDate", line["ServicesRenderedDate"]},
                     {"YY1_ServiceStart_BDI", line["YY1_ServiceStart_SDI"]},
                     {"YY1_ServiceEnd_BDI", line["YY1_ServiceEnd_SDI"]}});
  }
  document["_Item"] = std::move(lines);
  order["OverallOrdReltdBillgStatus"] = "C";
  order["LastChangeDateTime"] = format_instant(estate_.clock.now());
  order["_changes"] = number_of(order, "_changes") + 1;
  orders_.put(text_of(order, "SalesOrder"), order);
  return document;
}

Response Erp::create_billing_documents(const Request& request) {
  const auto posted = parse_json(request.body);
  const Json& references = posted ? member_of(*posted, "_Reference") : member_of(Json(), "");
  if (!references.is_array() || references.empty()) {
    return failed(request, {400, "/IWBEP/CM_V4_COS/014",
                            "The action needs a list '_Reference' of SD documents", "_Reference"});
  }
  for (const Json& reference : references) {
    if (const auto problem = check_billable(reference)) return failed(request, *problem);
  }
  if (is_rehearsal_) return answer(request, 204, nullptr);
  const Json& control = member_of(*posted, "_Control");
  const bool posts = !flag_of(control, "AutomPostingToAcctgIsDisabled");
  const EntityType& type = *billing_document_service().by_set("BillingDocument");
  Json created = Json::array();
  for (const Json& reference : references) {
    Json document = bill_order(reference, control);
    const std::string number = text_of(document, "BillingDocument");
    const std::string renewal = renewal_of_order(*orders_.newest(text_of(reference, "SDDocument")));
    document["AccountingPostingStatus"] = posts ? "C" : "A";
    if (posts) {
      document["AccountingDocument"] = std::to_string(next_billing_posting_++);
      document["FiscalYear"] = text_of(document, "BillingDocumentDate").substr(0, 4);
    }
    estate_.trace(number, renewal);
    estate_.ledger.record(
        {"erp",
         "create_billing_document",
         renewal,
         text_of(reference, "SDDocument"),
         number,
         {{"net", document["TotalNetAmount"]}, {"lines", document["_Item"].size()}}});
    billing_documents_.put(number, document);
    if (posts) post_billing(document);
    std::vector<Json> lines;
    for (const Json& line : document["_Item"]) {
      lines.push_back({{"amount", line["NetAmount"]},
                       {"start", line["YY1_ServiceStart_BDI"]},
                       {"end", line["YY1_ServiceEnd_BDI"]}});
    }
    plan_revenue(renewal, text_of(document, "TransactionCurrency"), lines);
    created.push_back(render(request, billing_document_service(), type, document, QueryOptions()));
  }
  return answer(request, 200,
                {{"@odata.context", "../$metadata#BillingDocument"}, {"value", created}});
}

// A debit of the customer and a credit of revenue for each line (type RV). Where the customer pays
// by itself, the payment follows.
void Erp::post_billing(const Json& document) {
  const std::string number = text_of(document, "AccountingDocument");
  const std::string today = format_day(day_of(estate_.clock.now()));
  std::size_t count = 0;
  const auto post = [&](Json row) {
    row["AccountingDocumentItem"] = line_number(++count);
    const std::string key = number + text_of(row, "AccountingDocumentItem");
    postings_.put(key, std::move(row));
  };
  Json debit = posting_of(document, number, "RV", today);
  add_side(debit, text_of(document, "TotalNetAmount"), true, true, receivables_account);
  debit["Customer"] = document["PayerParty"];
  post(std::move(debit));
  for (const Json& line : member_of(document, "_Item")) {
    Json credit = posting_of(document, number, "RV", today);
    add_side(credit, text_of(line, "NetAmount"), false, false, revenue_account);
    credit["SalesDocument"] = line["SalesDocument"];
    credit["SalesDocumentItem"] = line["SalesDocumentItem"];
    credit["Material"] = line["Product"];
    credit["DocumentItemText"] = line["BillingDocumentItemText"];
    post(std::move(credit));
  }
  const auto wait = estate_.options().pay_after;
  if (wait.count() < 0) return;
  const std::string billed = text_of(document, "BillingDocument");
  estate_.alarms.after(wait, [this, billed] { pay_billing(billed); });
}

// An incoming payment (type DZ) that clears the receivable; it takes over reference and assignment.
void Erp::pay_billing(const std::string& number) {
  const Json* current = billing_documents_.newest(number);
  if (current == nullptr || flag_of(*current, "BillingDocumentIsCancelled")) return;
  Json document = *current;
  const std::string payment = std::to_string(next_payment_++);
  const std::string today = format_day(day_of(estate_.clock.now()));
  Json bank = posting_of(document, payment, "DZ", today);
  add_side(bank, text_of(document, "TotalNetAmount"), true, false, bank_account);
  bank["AccountingDocumentItem"] = "001";
  Json customer = posting_of(document, payment, "DZ", today);
  add_side(customer, text_of(document, "TotalNetAmount"), false, true, receivables_account);
  customer["AccountingDocumentItem"] = "002";
  customer["Customer"] = document["PayerParty"];
  postings_.put(payment + "001", std::move(bank));
  postings_.put(payment + "002", std::move(customer));
  document["_paid_by"] = payment;
  billing_documents_.put(number, std::move(document));
}

}  // namespace perennial::sandbox::sap
