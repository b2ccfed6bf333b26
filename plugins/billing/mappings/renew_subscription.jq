# renewal.accepted.v1 -> update of the subscription. The end of the term is a point in time, so that
# saying it twice changes nothing.
part("renewal.accepted.v1").data as $renewal
| {subscription: $renewal.subscription,
   params: {
     cancel_at: ($renewal.term.end | iso_to_epoch_s),
     proration_behavior: "none",
     metadata: {
       renewal_number: $renewal.renewal,
       contract: $renewal.contract,
       term_start: $renewal.term.start,
       term_end: $renewal.term.end}}}
