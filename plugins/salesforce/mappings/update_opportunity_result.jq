.payload.record as $record
| (.event | part("renewal.accepted.v1").data) as $renewal
| {type: "renewal.confirmed.v1",
   subject: $renewal.renewal,
   data: ({renewal: $renewal.renewal,
           opportunity: given(.receipt.opportunity, $renewal.opportunity),
           status: $record.Renewal_Status__c,
           order: $record.Sales_Order__c,
           invoice: $record.Invoice__c,
           access_until: $record.Access_Until__c}
          | without_nulls)}
