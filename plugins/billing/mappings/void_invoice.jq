# A renewal that was withdrawn after its invoice was issued: nobody has to pay it.
{invoice: part("invoice.posted.v1").data.invoice}
