# The billing document -> invoice.posted.v1. Amounts are those that the ERP invoiced; its lines are
# found in the renewal by the order's line number.
. as $result
| (.event | part("renewal.accepted.v1").data) as $renewal
| $result.body.TransactionCurrency as $currency
| ([$renewal.lines | to_entries[] | {key: item_number(.key), value: .value}] | from_entries) as $lines
| [$result.body._Item[]
   | . as $billed
   | (.SalesDocumentItem | sub("^0+"; "")) as $number
   | ($lines[$number]
      // error("expected a line of the renewal under \($number), but there is none"))
   | {line, sku, period,
      amount_minor: ([$billed.NetAmount, given($billed.TaxAmount, "0")]
                     | map(to_minor($currency; "iso4217")) | sum_minor)}] as $invoiced
| {type: "invoice.posted.v1",
   subject: $renewal.renewal,
   data: ({renewal: $renewal.renewal,
           invoice: $result.receipt.invoice,
           number: $result.receipt.invoice,
           issuer: "erp",
           currency: $currency,
           total_minor: ([$result.body.TotalNetAmount, given($result.body.TotalTaxAmount, "0")]
                         | map(to_minor($currency; "iso4217")) | sum_minor),
           issued_on: ($result.body.BillingDocumentDate | date_only),
           lines: $invoiced}
          | without_nulls)}
