# One accounting document item -> revenue.posted.v1, when it is a revenue line of a renewal, or
# payment.received.v1, when it is what the customer paid on an invoice that the ERP issued.
# Revenue is a credit: SAP writes it with code H, in most services with a negative amount.
(select(is_payment_of_renewal($vars)) | payment_event($vars)),
(select(.FinancialAccountType == "S")
| select((.AssignmentReference // "") | test($vars.renewal_pattern // "^R-[0-9]+$"))
| (.GLAccount // "" | sub("^0+"; "")) as $account
| select(any(($vars.revenue_accounts // ["4"])[]; . as $prefix | $account | startswith($prefix)))
| .TransactionCurrency as $posting_currency
| (.AmountInTransactionCurrency | tostring | ltrimstr("-")) as $amount
| {type: "revenue.posted.v1",
   subject: .AssignmentReference,
   correlationid: .AssignmentReference,
   data: ({renewal: .AssignmentReference,
           invoice: invoice_of_posting($vars),
           document: .AccountingDocument,
           company_code: .CompanyCode,
           posted_on: (.PostingDate | date_only),
           currency: .TransactionCurrency,
           amount_minor: ((if .DebitCreditCode == "H" then $amount else "-\($amount)" end)
                          | to_minor($posting_currency; "iso4217"))}
          | without_nulls)})
