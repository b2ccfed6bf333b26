(.event | part("renewal.accepted.v1").data) as $renewal
| {type: "entitlement.extended.v1",
   subject: $renewal.renewal,
   data: {renewal: $renewal.renewal,
          entitlement: .receipt.entitlement,
          until: (if $vars.last_day == true then after(.receipt.until)
                  else .receipt.until end)}}
