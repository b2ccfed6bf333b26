# One Stripe event -> what happened to the invoice of a renewal. Invoices of other business carry no
# renewal number and give no event.
.type as $type
| .data.object as $invoice
| (.created | iso_of_epoch) as $created
| ($invoice.currency // "" | ascii_upcase) as $currency
| ($invoice.metadata.renewal_number // null) as $renewal
| select($renewal != null and $invoice.object == "invoice")
| {subject: $renewal, correlationid: $renewal, time: $created}
+ if $type == "invoice.paid" then
    {type: "payment.received.v1",
     data: {renewal: $renewal,
            invoice: $invoice.id,
            payment: given($invoice.payment_intent, $invoice.charge, $invoice.id),
            currency: $currency,
            amount_minor: ($invoice.amount_paid | from_stripe_amount($currency)),
            paid_at: given(($invoice.status_transitions.paid_at | iso_of_epoch), $created)}}
  elif $type == "invoice.payment_failed" then
    {type: "payment.failed.v1",
     data: {renewal: $renewal,
            invoice: $invoice.id,
            code: given($invoice.last_finalization_error.code, "payment_failed"),
            currency: $currency,
            amount_minor: ($invoice.amount_due | from_stripe_amount($currency))}}
  elif $type == "invoice.voided" then
    {type: "invoice.voided.v1",
     data: {renewal: $renewal,
            invoice: $invoice.id,
            currency: $currency,
            total_minor: ($invoice.total | from_stripe_amount($currency)),
            voided_at: given(($invoice.status_transitions.voided_at | iso_of_epoch), $created)}}
  else empty end
