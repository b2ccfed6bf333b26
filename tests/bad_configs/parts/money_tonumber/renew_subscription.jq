.data as $renewal
| {subscription: $renewal.subscription,
   params: {price: ($renewal.lines[0].unit_price | tonumber)}}
