# A renewal that was withdrawn -> a credit note over the whole invoice. The customer keeps what was
# paid as a balance unless $vars.credit is "refund".
part("invoice.posted.v1").data as $invoice
| ($invoice.total_minor | to_stripe_amount($invoice.currency)) as $amount
| {params: ({
     invoice: $invoice.invoice,
     amount: $amount,
     reason: "order_change",
     memo: part("renewal.withdrawn.v1").data.reason,
     metadata: {renewal_number: $invoice.renewal}}
   + (if part("payment.received.v1") == null then {}
      elif $vars.credit == "refund" then {refund_amount: $amount}
      else {credit_amount: $amount} end) | without_nulls)}
