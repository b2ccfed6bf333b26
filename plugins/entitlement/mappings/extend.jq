# The renewal's new term -> the date on which the customer's access ends. Works for the acceptance
# alone and for any join that holds it. Terms are half-open; a system whose date is the last day of
# access says `last_day: true` in its vars.
part("renewal.accepted.v1").data as $renewal
| {user: $renewal.customer.entitlement,
   until: (if $vars.last_day == true then $renewal.term.end | day_before
           else $renewal.term.end end),
   attributes: ({contract: $renewal.contract, correlationId: $renewal.renewal} | without_nulls)}
