{subscription: .data.subscription,
