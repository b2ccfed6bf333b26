(.event | part("renewal.accepted.v1").data) as $renewal
| {type: "subscription.renewed.v1",
   subject: $renewal.renewal,
   data: {renewal: $renewal.renewal,
          subscription: .receipt.subscription,
          term: {start: $renewal.term.start, end: $renewal.term.end}}}
