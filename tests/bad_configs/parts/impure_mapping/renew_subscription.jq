{subscription: .data.subscription, at: now}
