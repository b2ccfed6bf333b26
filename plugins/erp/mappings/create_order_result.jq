# The created or found sales order -> order.created.v1.
. as $result
| (.event | part("renewal.accepted.v1")) as $accepted
| $accepted.data as $renewal
| given($result.body.HeaderBillingBlockReason) as $block
| {type: "order.created.v1",
   subject: $renewal.renewal,
   data: ({renewal: $renewal.renewal,
           order: $result.receipt.order,
           blocked: ($block != null),
           currency: given($result.body.TransactionCurrency, $renewal.currency),
           total_minor: (try ($result.body.TotalNetAmount
                              | to_minor($renewal.currency; "iso4217")) catch null),
           customer: {erp: given($result.body.SoldToParty, $renewal.customer.erp)}}
          | without_nulls)}
