# renewal.accepted.v1 -> an invoice with one line for each contract line and service period, or for
# each instalment of it.
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
     instalments_of($renewal)
     | .line as $line
     | {currency: $currency,
        amount: .stripe_amount,
        description: "\($line.description // $line.sku)\(.label)",
        period: {start: ($line.period.start | iso_to_epoch_s),
                 end: ($line.period.end | iso_to_epoch_s)},
        metadata: ({renewal_number: $renewal.renewal, line: $line.line, sku: $line.sku}
                   + (.part | with_entries(.value |= tostring)))}]}
