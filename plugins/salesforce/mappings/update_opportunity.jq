# What became of the renewal -> the fields of its opportunity. Parts that a pipeline does not join
# leave their fields as they are.
part("renewal.accepted.v1").data as $renewal
| part("entitlement.extended.v1").data as $entitlement
| given(part("order.released.v1").data.order, part("order.created.v1").data.order) as $order
| given(part("payment.received.v1").data.invoice, part("invoice.posted.v1").data.invoice) as $invoice
| {record: ({Renewal_Number__c: $renewal.renewal,
             Renewal_Status__c:
               (if $vars.status | type == "string" then $vars.status
                elif $entitlement then ($vars.status.renewed // "Renewed")
                elif $invoice then ($vars.status.invoiced // "Invoiced")
                else ($vars.status.ordered // "Ordered") end),
             Sales_Order__c: $order,
             Invoice__c: $invoice,
             Access_Until__c: $entitlement.until}
            | without_nulls)}
