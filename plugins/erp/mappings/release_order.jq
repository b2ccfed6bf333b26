# order.created.v1, alone or joined -> the order whose billing block is to be lifted, and which block.
part("order.created.v1").data | {order, renewal, block: ($vars.billing_block // "01")}
