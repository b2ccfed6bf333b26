# A version of a CPQ quote with its lines -> renewal.quoted.v1. Quotes of other business have no
# renewal number at their opportunity and give no event. The last day of a CPQ term is inclusive
# ("End Date", Salesforce CPQ quote fields); ours is the day after it.
def plain: if . == null then null else tostring | sub("[.]0+$"; "") end;
def price($digits): tostring | . as $text | try (to_minor($digits) | from_minor($digits)) catch $text;

. as $quote
| .SBQQ__Opportunity2__r.Renewal_Number__c as $renewal
| select($renewal != null and .IsDeleted != true)
| currency_digits(.CurrencyIsoCode) as $digits
| {type: "renewal.quoted.v1",
   id: "\(.Id):\(.SystemModstamp)",
   subject: $renewal,
   correlationid: $renewal,
   data: ({renewal: $renewal,
           quote: .Name,
           currency: .CurrencyIsoCode,
           term: (if .SBQQ__StartDate__c != null and .SBQQ__EndDate__c != null then
                    {start: .SBQQ__StartDate__c, end: (.SBQQ__EndDate__c | day_after)}
                  else null end),
           lines: [
             (.SBQQ__LineItems__r.records // []) | to_entries[]
             | (.key + 1 | tostring) as $line
             | .value
             | {line: $line,
                sku: .SBQQ__ProductCode__c,
                description: .SBQQ__ProductName__c,
                quantity: (.SBQQ__Quantity__c | plain),
                unit_price: (.SBQQ__NetPrice__c | price($digits)),
                amount_minor: (.SBQQ__NetTotal__c | tostring | to_minor($digits)),
                period: {start: given(.SBQQ__StartDate__c, $quote.SBQQ__StartDate__c),
                         end: (given(.SBQQ__EndDate__c, $quote.SBQQ__EndDate__c) | day_after)}}
             | without_nulls],
           total_minor: (.SBQQ__NetAmount__c | tostring | to_minor($digits)),
           valid_until: .SBQQ__ExpirationDate__c}
          | without_nulls)}
