# renewal.accepted.v1 -> the new term of the subscription. `starts` in the future makes it a phase of
# the subscription's schedule, so that today's term stays as it is. $vars.prices names the price of
# each product ({"PLAT-ENT": "price_1"}); when it knows all of them, the phase has these lines and
# quantities, otherwise those of the term before.
part("renewal.accepted.v1").data as $renewal
| ($vars.prices // {}) as $prices
| {subscription: $renewal.subscription,
   starts: ($renewal.term.start | iso_to_epoch_s),
   params: {
     cancel_at: ($renewal.term.end | iso_to_epoch_s),
     proration_behavior: "none",
     metadata: {
       renewal_number: $renewal.renewal,
       contract: $renewal.contract,
       term_start: $renewal.term.start,
       term_end: $renewal.term.end}}}
  + if ($renewal.lines | length) > 0 and all($renewal.lines[]; $prices[.sku] != null) then
      {items: [$renewal.lines[] | {price: $prices[.sku], quantity: .quantity}]}
    else {} end
