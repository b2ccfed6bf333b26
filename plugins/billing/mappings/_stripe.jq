# Amounts of Stripe have other decimal places than ISO 4217 for some currencies, and steps
# (currencies/stripe.json).
def to_stripe_amount($code): from_minor($code; "iso4217") | to_minor($code; "stripe");
def from_stripe_amount($code): from_minor($code; "stripe") | to_minor($code; "iso4217");

# Seconds since 1970 as Stripe writes times.
def iso_of_epoch: if . == null then null else . * 1000 | epoch_ms_to_iso end;
def date_of_epoch: if . == null then null else iso_of_epoch | date_only end;

# Each contract line in its instalments, which together are the line to the minor unit, each an
# amount that Stripe takes. They fall due monthly from the start of the term.
def instalments_of($renewal):
  ($renewal.instalments // 1) as $count
  | $renewal.lines[] | . as $line
  | .amount_minor | to_stripe_amount($renewal.currency)
  | split_minor($count; $renewal.currency; "stripe")
  | to_entries[]
  | {line: $line,
     stripe_amount: .value,
     label: (if $count > 1 then " (instalment \(.key + 1) of \($count))" else "" end),
     part: (if $count > 1
            then {instalment: (.key + 1), due_on: add_months($renewal.term.start; .key)}
            else {} end)};
