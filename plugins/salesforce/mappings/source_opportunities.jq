# A closed-won renewal opportunity with its products -> renewal.accepted.v1.
#
# The identity of the event is the opportunity and the fact, not the version of the record: later
# edits of the opportunity, our own write-back among them, are the same acceptance again.
def plain: if . == null then null else tostring | sub("[.]0+$"; "") end;

. as $opportunity
| .CurrencyIsoCode as $currency
| .Renewal_Number__c as $renewal
| {type: "renewal.accepted.v1",
   id: "\(.Id):accepted",
   subject: $renewal,
   correlationid: $renewal,
   data: ({renewal: $renewal,
           opportunity: .Id,
           contract: .Contract_Number__c,
           region: .Region__c,
           currency: .CurrencyIsoCode,
           subscription: .Billing_Subscription__c,
           customer: ({name: .Account.Name,
                       erp: .Account.Erp_Customer__c,
                       billing: .Account.Billing_Customer__c,
                       entitlement: .Account.Entitlement_User__c} | without_nulls),
           term: {start: .Service_Start__c, end: .Service_End__c},
           lines: [
             (.OpportunityLineItems.records // []) | to_entries[]
             | (.key + 1 | tostring) as $line
             | .value
             | (.UnitPrice | tostring) as $price
             | {line: $line,
                sku: given(.ProductCode, .Product2.ProductCode),
                description: given(.Description, .Name),
                quantity: (.Quantity | plain),
                unit_price: ($price
                             | try (to_minor($currency; "iso4217") | from_minor($currency; "iso4217"))
                               catch $price),
                amount_minor: (.TotalPrice | tostring | to_minor($currency; "iso4217")),
                period: {start: given(.ServiceDate, $opportunity.Service_Start__c),
                         end: given(.End_Date__c, $opportunity.Service_End__c)}}
             | without_nulls],
           instalments: (.Instalments__c | plain | if . == null then null else tonumber end),
           total_minor: (.Amount | tostring | to_minor($currency; "iso4217")),
           owner: given(.Owner.Email, .OwnerId)}
          | without_nulls)}
