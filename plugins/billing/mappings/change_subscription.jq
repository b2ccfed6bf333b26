# renewal.amended.v1 -> the lines of the subscription as they are now. While the term is ahead, its phase
# is replaced; once it runs, the subscription is changed with proration. $vars.prices names the price of each product; $vars.proration_behavior says what the difference becomes
# (create_prorations by default). The date of the proration is the event's time, so that a repetition
# prorates the same.
part("renewal.amended.v1") as $event
| $event.data as $renewal
| ($vars.prices // {}) as $prices
| [$renewal.lines[] | select($prices[.sku] == null) | .sku] as $unknown
| if ($unknown | length) > 0 then
    error("vars.prices names no price for \($unknown | unique | join(", "))")
  else . end
| {subscription: $renewal.subscription,
   starts: ($renewal.term.start | iso_to_epoch_s),
   items: [$renewal.lines[] | {price: $prices[.sku], quantity: .quantity}],
   params: ({
     proration_behavior: ($vars.proration_behavior // "create_prorations"),
     proration_date: ($event.time | if . == null then null else .[0:10] | iso_to_epoch_s end),
     cancel_at: ($renewal.term.end | iso_to_epoch_s),
     metadata: {renewal_number: $renewal.renewal}} | without_nulls)}
