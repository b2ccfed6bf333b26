# renewal.accepted.v1 -> the customer whose master record is asked for.
{customer: part("renewal.accepted.v1").data.customer.erp}
