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
