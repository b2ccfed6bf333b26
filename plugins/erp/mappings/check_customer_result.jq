# A_Customer with its sales areas -> customer.checked.v1. A block of the whole customer stands at the
# customer, one of a sales area there; only the area of the renewal counts.
def block($what; $reason): select($reason != null and $reason != "" and $reason != false)
  | {what: $what, reason: (if $reason == true then "set" else $reason end)};
. as $result
| (.event | part("renewal.accepted.v1").data) as $renewal
| sales_area($vars; $renewal.region) as $area
| $result.body as $customer
| [$customer.to_CustomerSalesArea // [] | .[]
   | select(.SalesOrganization == $area.SalesOrganization
            and .DistributionChannel == $area.DistributionChannel
            and .Division == $area.OrganizationDivision)] as $areas
| ([block("order"; $customer.OrderIsBlockedForCustomer),
    block("billing"; $customer.BillingIsBlockedForCustomer),
    block("posting"; $customer.PostingIsBlocked),
    block("deletion"; $customer.DeletionIndicator),
    ($areas[] | block("order"; .OrderIsBlockedForCustomer),
                block("billing"; .BillingIsBlockedForCustomer),
                block("deletion"; .DeletionIndicator))]
   + (if ($areas | length) == 0 then [{what: "order", reason: "no sales area"}] else [] end))
  as $blocks
| {type: "customer.checked.v1",
   subject: $renewal.renewal,
   data: {renewal: $renewal.renewal,
          customer: ({erp: $result.receipt.customer,
                      name: given($customer.CustomerName, $renewal.customer.name)}
                     | without_nulls),
          blocked: (($blocks | length) > 0),
          blocks: $blocks}}
