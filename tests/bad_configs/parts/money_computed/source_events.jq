{type: "payment.received.v1", subject: .id,
 data: {renewal: .id, amount_minor: (.data.object.amount * 100)}}
