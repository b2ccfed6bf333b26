(.event | part("order.created.v1").data.renewal) as $renewal
| {type: "order.released.v1",
   subject: $renewal,
   data: {renewal: $renewal, order: .receipt.order}}
