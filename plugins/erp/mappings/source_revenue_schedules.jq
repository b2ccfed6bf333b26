# A revenue schedule of the ERP -> revenue.scheduled.v1. One that was deleted plans nothing.
select(.removed | not)
| select((.RenewalNumber // "") | test($vars.renewal_pattern // "^R-[0-9]+$"))
| .TransactionCurrency as $currency
| {type: "revenue.scheduled.v1",
   subject: .RenewalNumber,
   correlationid: .RenewalNumber,
   data: {renewal: .RenewalNumber,
          schedule: .ScheduleNumber,
          currency: .TransactionCurrency,
          periods: [._Period[]
                    | {period: {start: .PeriodStart,
                                end: (.PeriodEnd | end_read($vars; "schedule"))},
                       amount_minor: (.Amount | to_minor($currency; "iso4217"))}],
          total_minor: (.TotalAmount | to_minor($currency; "iso4217"))}}
