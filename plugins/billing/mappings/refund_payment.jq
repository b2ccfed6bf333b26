# A renewal that was withdrawn after it was paid -> the payment goes back, all of it.
part("payment.received.v1").data as $payment
| {params: {
     payment_intent: $payment.payment,
     amount: ($payment.amount_minor | to_stripe_amount($payment.currency)),
     reason: "requested_by_customer",
     metadata: {renewal_number: $payment.renewal, invoice: $payment.invoice}}}
