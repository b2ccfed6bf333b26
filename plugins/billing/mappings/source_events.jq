# One Stripe event -> what happened to the invoice of a renewal. Invoices of other business carry no
# renewal number and give no event. `current` is the object as it is now; what the event says and is
# no longer true gives no event either.
def id_of: if type == "object" then .id else . end;
def invoice_of:
  if .object == "invoice" then .
  elif .object == "refund" then (.charge | objects | .invoice | objects) // {}
  elif .object == "credit_note" then (.invoice | objects) // {}
  else {} end;
def failure($type):
  if $type == "invoice.marked_uncollectible" then "uncollectible"
  elif $type == "invoice.payment_action_required" then "requires_action"
  else ((.payment_intent | objects | .last_payment_error) // null) as $error
    | given($error.decline_code, $error.code, .last_finalization_error.code, "payment_failed") end;

.type as $type
| (.current // .data.object) as $object
| ($object | invoice_of) as $invoice
| (.created | iso_of_epoch) as $created
| ($object.currency // "" | ascii_upcase) as $currency
| ($object.metadata.renewal_number // $invoice.metadata.renewal_number // null) as $renewal
| select($renewal != null and ($object.object | IN("invoice", "refund", "credit_note", "quote")))
| {subject: $renewal, correlationid: $renewal, time: $created}
+ if $type == "invoice.paid" then
    {type: "payment.received.v1",
     data: {renewal: $renewal,
            invoice: $invoice.id,
            payment: given(($invoice.payment_intent | id_of), ($invoice.charge | id_of), $invoice.id),
            currency: $currency,
            amount_minor: ($invoice.amount_paid | from_stripe_amount($currency)),
            paid_at: given(($invoice.status_transitions.paid_at | iso_of_epoch), $created)}}
  elif $type | IN("invoice.payment_failed", "invoice.payment_action_required", "invoice.marked_uncollectible") then
    select($invoice.status | IN("paid", "void") | not) |
    {type: "payment.failed.v1",
     data: {renewal: $renewal,
            invoice: $invoice.id,
            code: ($invoice | failure($type)),
            currency: $currency,
            amount_minor: ($invoice.amount_due | from_stripe_amount($currency))}}
  elif $type == "invoice.voided" then
    {type: "invoice.voided.v1",
     data: {renewal: $renewal,
            invoice: $invoice.id,
            currency: $currency,
            total_minor: ($invoice.total | from_stripe_amount($currency)),
            voided_at: given(($invoice.status_transitions.voided_at | iso_of_epoch), $created)}}
  elif $type == "refund.created" and $object.object == "refund" then
    select($object.status | IN("failed", "canceled") | not)
    | {type: "payment.refunded.v1",
       data: ({renewal: $renewal,
               invoice: $invoice.id,
               payment: given(($object.payment_intent | id_of), ($object.charge | id_of)),
               refund: $object.id,
               currency: $currency,
               amount_minor: ($object.amount | from_stripe_amount($currency)),
               refunded_at: $created} | without_nulls)}
  elif $type == "credit_note.created" and $object.object == "credit_note" then
    select($object.status != "void")
    | {type: "invoice.credited.v1",
       data: ({renewal: $renewal,
               invoice: given($invoice.id, ($object.invoice | id_of)),
               credit_note: $object.id,
               currency: $currency,
               amount_minor: ($object.total | from_stripe_amount($currency)),
               reason: $object.reason} | without_nulls)}
  elif $type == "quote.finalized" and $object.object == "quote" then
    {type: "renewal.quoted.v1",
     data: ({renewal: $renewal,
             quote: given($object.number, $object.id),
             currency: $currency,
             total_minor: ($object.amount_total | from_stripe_amount($currency)),
             valid_until: ($object.expires_at | date_of_epoch)} | without_nulls)}
  else empty end
