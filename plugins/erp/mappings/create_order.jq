# renewal.accepted.v1 -> A_SalesOrder with to_Item. The connector adds the customer reference.
part("renewal.accepted.v1").data as $renewal
| ($vars.unit // "EA") as $unit
| ($vars.fields // {}) as $fields
| sales_area($vars; $renewal.region)
+ {SalesOrderType: ($vars.order_type // "OR"),
   SoldToParty: $renewal.customer.erp,
   TransactionCurrency: $renewal.currency,
   HeaderBillingBlockReason: ($vars.billing_block // "01"),
   AssignmentReference: $renewal.renewal,
   RequestedDeliveryDate: ($renewal.term.start | sap_date),
   to_Item: [
     $renewal.lines | to_entries[] | .key as $index | .value
     | {SalesOrderItem: item_number($index),
        Material: material($vars; .sku),
        SalesOrderItemText: ((.description // .sku)[0:40]),
        RequestedQuantity: .quantity,
        RequestedQuantityUnit: $unit,
        UnderlyingPurchaseOrderItem: (.line[0:6]),
        ServicesRenderedDate: (.period.start | sap_date),
        to_PricingElement: [
          {ConditionType: ($vars.price_condition // "PPR0"),
           ConditionRateValue: .unit_price,
           ConditionCurrency: $renewal.currency,
           ConditionQuantity: "1",
           ConditionQuantityUnit: $unit}]}
     + (if $vars.billing_plan
        then {to_BillingPlan: billing_plan($vars; $renewal.currency)} else {} end)
     + (if $fields.line_start then {($fields.line_start): (.period.start | sap_date)} else {} end)
     + (if $fields.line_end
        then {($fields.line_end): (.period.end | end_written($vars; "order") | sap_date)}
        else {} end)]}
+ (if $fields.renewal then {($fields.renewal): $renewal.renewal} else {} end)
+ (if $fields.contract then {($fields.contract): $renewal.contract} else {} end)
+ (if $fields.service_start
   then {($fields.service_start): ($renewal.term.start | sap_date)} else {} end)
+ (if $fields.service_end
   then {($fields.service_end): ($renewal.term.end | end_written($vars; "order") | sap_date)}
   else {} end)
