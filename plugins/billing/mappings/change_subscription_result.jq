(.event | part("renewal.amended.v1")) as $event
| {type: "subscription.changed.v1",
   subject: $event.data.renewal,
   data: ({renewal: $event.data.renewal,
           subscription: .receipt.subscription,
           changed: ["lines"],
           effective_on: ($event.time | if . == null then null else .[0:10] end)}
          | without_nulls)}
