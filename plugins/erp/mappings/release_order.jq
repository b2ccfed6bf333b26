# order.created.v1, alone or joined -> the order whose billing block is to be lifted.
part("order.created.v1").data | {order, renewal}
