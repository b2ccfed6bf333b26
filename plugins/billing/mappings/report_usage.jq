# usage.reported.v1 -> one meter event at the last second of the period (docs.stripe.com/api/billing/meter-event).
part("usage.reported.v1").data as $usage
| {subscription: $usage.subscription,
   params: {
     event_name: $usage.meter,
     timestamp: (($usage.period.end | iso_to_epoch_s) - 1),
     payload: {value: $usage.quantity}}}
