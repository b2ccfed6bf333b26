# Amounts of Stripe have other decimal places than ISO 4217 for some currencies, and steps
# (currencies/stripe.json).
def to_stripe_amount($code): from_minor($code; "iso4217") | to_minor($code; "stripe");
def from_stripe_amount($code): from_minor($code; "stripe") | to_minor($code; "iso4217");

# Seconds since 1970 as Stripe writes times.
def iso_of_epoch: if . == null then null else . * 1000 | epoch_ms_to_iso end;
def date_of_epoch: if . == null then null else iso_of_epoch | date_only end;
