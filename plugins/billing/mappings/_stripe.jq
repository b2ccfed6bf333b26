# Decimal places of an amount at Stripe, which differ from ISO 4217 for some currencies
# (docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases").
def stripe_digits($code):
  {BIF: 0, CLP: 0, DJF: 0, GNF: 0, JPY: 0, KMF: 0, KRW: 0, MGA: 0, PYG: 0, RWF: 0, VND: 0, VUV: 0,
   XAF: 0, XOF: 0, XPF: 0, BHD: 3, JOD: 3, KWD: 3, OMR: 3, TND: 3}[$code] // 2;

def to_stripe_amount($code): from_minor(currency_digits($code)) | to_minor(stripe_digits($code));
def from_stripe_amount($code): from_minor(stripe_digits($code)) | to_minor(currency_digits($code));

# Seconds since 1970 as Stripe writes times.
def iso_of_epoch: if . == null then null else . * 1000 | epoch_ms_to_iso end;
def date_of_epoch: if . == null then null else iso_of_epoch | date_only end;
