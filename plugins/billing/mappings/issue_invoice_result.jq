# The finalized invoice -> invoice.posted.v1. The lines are those that were ordered: the connector
# has compared their amounts.
. as $result
| (.event | part("renewal.accepted.v1").data) as $renewal
| {type: "invoice.posted.v1",
   subject: $renewal.renewal,
   data: ({renewal: $renewal.renewal,
           invoice: $result.receipt.invoice,
           number: $result.receipt.number,
           issuer: "billing",
           currency: $renewal.currency,
           total_minor: ($result.body.total | from_stripe_amount($renewal.currency)),
           issued_on: (given($result.body.status_transitions.finalized_at, $result.body.created)
                       | date_of_epoch),
           due_on: ($result.body.due_date | date_of_epoch),
           lines: [
             instalments_of($renewal)
             | .stripe_amount as $amount
             | .part + (.line | {line, sku, period})
             + {amount_minor: ($amount | from_stripe_amount($renewal.currency))}]}
          | without_nulls)}
