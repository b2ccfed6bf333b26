# renewal.accepted.v1 -> an invoice with one line for each contract line and service period.
part("renewal.accepted.v1").data as $renewal
| ($renewal.currency | ascii_downcase) as $currency
| {customer: $renewal.customer.billing,
   params: {
     currency: $currency,
     collection_method: "send_invoice",
     days_until_due: ($vars.days_until_due // 30),
     description: "Renewal \($renewal.renewal)",
     metadata: {renewal_number: $renewal.renewal, contract: $renewal.contract}},
   lines: [
     $renewal.lines[]
     | {currency: $currency,
        amount: (.amount_minor | to_stripe_amount($renewal.currency)),
        description: (.description // .sku),
        period: {start: (.period.start | iso_to_epoch_s), end: (.period.end | iso_to_epoch_s)},
        metadata: {renewal_number: $renewal.renewal, line: .line, sku: .sku}}]}
