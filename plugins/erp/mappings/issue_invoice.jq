# order.created.v1, with the acceptance and the release -> the action CreateFromSDDocument.
part("order.created.v1").data as $order
| {order: $order.order,
   action: {
     _Control: {DefaultBillingDocumentType: ($vars.billing_type // "F2"),
                AutomPostingToAcctgIsDisabled: false},
     _Reference: [{SDDocument: $order.order, SDDocumentCategory: "C"}]}}
