# A date of OData v2 in JSON.
def sap_date: if . == null then null else "/Date(\(iso_to_epoch_s * 1000))/" end;

def sales_area($vars; $region):
  ($vars.sales_areas[$region // ""] // $vars.sales_area // {})
  | {SalesOrganization: (.organization // "1710"),
     DistributionChannel: (.channel // "10"),
     OrganizationDivision: (.division // "00")};

def material($vars; $sku): $vars.materials[$sku] // $sku;

# The n-th item number of a document: "10", "20" ...
def item_number($index): ($index + 1) * 10 | tostring;

# Accounting keeps 16 characters of a reference, fewer than billing uses, and prefers the number that
# is printed on the invoice. The identifier of billing therefore leads the text of each item.
def posting_text($reference; $text): "\($reference) \($text // "")"[0:50] | rtrimstr(" ");
def invoice_of_posting($vars):
  (.DocumentItemText // "" | split(" ") | .[0] // "") as $leading
  | if $leading | test($vars.invoice_pattern // "^in_[A-Za-z0-9]+$") then $leading
    else given(.PaymentReference, .DocumentReferenceID) end;
