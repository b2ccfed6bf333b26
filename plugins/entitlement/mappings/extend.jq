# The renewal's new term -> the date on which the customer's access ends. Works for the acceptance
# alone and for any join that holds it. Terms are half-open; a system whose date is the last day of
# access says `last_day: true` in its vars; one that keeps the contract's value `value: true`.
part("renewal.accepted.v1").data as $renewal
| {user: $renewal.customer.entitlement,
   until: (if $vars.last_day == true then last_day($renewal.term.end)
           else $renewal.term.end end),
   attributes: ({contract: $renewal.contract, correlationId: $renewal.renewal}
                + (if $vars.value == true
                   then {contractValue: ($renewal.total_minor
                                         | from_minor($renewal.currency; "iso4217")),
                         currency: $renewal.currency}
                   else {} end)
                | without_nulls)}
