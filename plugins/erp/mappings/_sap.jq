# A date of OData v2 in JSON.
def sap_date: if . == null then null else "/Date(\(iso_to_epoch_s * 1000))/" end;

def sales_area($vars; $region):
  ($vars.sales_areas[$region // ""] // $vars.sales_area // {})
  | {SalesOrganization: (.organization // "1710"),
     DistributionChannel: (.channel // "10"),
     OrganizationDivision: (.division // "00")};

def material($vars; $sku): $vars.materials[$sku] // $sku;

# The n-th item number of a document: "10", "20" ...
def item_number($index): ($index + 1) * 10 | tostring;

# Accounting keeps 16 characters of a reference, fewer than billing uses, and prefers the number that
# is printed on the invoice. The identifier of billing therefore leads the text of each item.
def posting_text($reference; $text): "\($reference) \($text // "")"[0:50] | rtrimstr(" ");
def invoice_of_posting($vars):
  (.DocumentItemText // "" | split(" ") | .[0] // "") as $leading
  | if $leading | test($vars.invoice_pattern // "^in_[A-Za-z0-9]+$") then $leading
    else given(.PaymentReference, .DocumentReferenceID) end;

# An incoming payment credits the customer's account. Assignment and payment reference are those of
# the receivable that it clears; invoices of other issuers are paid where they were issued.
def is_payment_of_renewal($vars):
  .FinancialAccountType == "D" and .DebitCreditCode == "H"
  and (.AccountingDocumentType as $type | any(($vars.payment_types // ["DZ"])[]; . == $type))
  and (.AssignmentReference // "" | test($vars.renewal_pattern // "^R-[0-9]+$"))
  and (.PaymentReference // "" | test($vars.own_invoice_pattern // "^[0-9]{8,10}$"));
def payment_event($vars):
  .TransactionCurrency as $currency
  | {type: "payment.received.v1",
     subject: .AssignmentReference,
     correlationid: .AssignmentReference,
     data: {renewal: .AssignmentReference,
            invoice: .PaymentReference,
            payment: "\(.CompanyCode)-\(.FiscalYear)-\(.AccountingDocument)",
            currency: $currency,
            amount_minor: (.AmountInTransactionCurrency | tostring | ltrimstr("-")
                           | to_minor($currency; "iso4217")),
            paid_at: "\(.PostingDate | date_only)T00:00:00.000Z"}};

# Our periods are half-open. Where `inclusive_ends` says so, the ERP's fields name the last day:
# true for all, or a list of order, invoice and schedule.
def is_inclusive($vars; $where):
  $vars.inclusive_ends | . == true or (type == "array" and any(.[]; . == $where));
def end_written($vars; $where):
  if . != null and is_inclusive($vars; $where) then day_before else . end;
def end_read($vars; $where): if is_inclusive($vars; $where) then day_after else . end;

# The billing plan of an order's line: what it bills, when, and for which service period. SAP's
# service end is the last day ("Item Billing Plan" of API_SALES_ORDER_SRV).
def billing_plan($vars; $currency):
  (.period.start | sap_date) as $start
  | (.period.end | day_before | sap_date) as $last
  | {BillingPlanStartDate: $start,
     BillingPlanEndDate: $last,
     to_BillingPlanItem: [
       {BillingPlanBillingDate: $start,
        BillingPlanAmount: (.amount_minor | from_minor($currency; "iso4217")),
        TransactionCurrency: $currency,
        BillingPlanServiceStartDate: $start,
        BillingPlanServiceEndDate: $last}
       + (if $vars.billing_plan.date_category
          then {BillingPlanDateCategory: $vars.billing_plan.date_category} else {} end)]};
