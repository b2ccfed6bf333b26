# A version of a renewal opportunity with its products -> opportunity.observed.v1.
#
# Every edit comes as a new version, our own write-back among them: which ones are an acceptance, an
# amendment, a withdrawal is decided by the runtime (`transitions:` in the configuration). $vars.won_stages
# lists the stages that mean "won".
def plain: if . == null then null else tostring | sub("[.]0+$"; "") end;

def accepted:
  . as $opportunity
  | .CurrencyIsoCode as $currency
  | {renewal: .Renewal_Number__c,
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
  | without_nulls;

(.IsDeleted == true) as $is_deleted
| (.StageName | IN(($vars.won_stages // ["Closed Won"])[])) as $is_in_won_stage
| ($is_in_won_stage and ($is_deleted | not)) as $is_won
| {type: "opportunity.observed.v1",
   id: "\(.Id):\(.SystemModstamp)",
   subject: .Id,
   correlationid: .Renewal_Number__c,
   data: ({opportunity: .Id,
           version: .SystemModstamp,
           stage: .StageName,
           is_won: $is_won,
           is_deleted: $is_deleted,
           renewal: (if $is_won then accepted else null end),
           withdrawal: ({renewal: .Renewal_Number__c,
                         opportunity: .Id,
                         reason: (if $is_deleted then "the opportunity was deleted"
                                  else "the stage is \(.StageName)" end)} | without_nulls)}
          | without_nulls)}
