# renewal.accepted.v1, order.created.v1 and invoice.posted.v1 -> the external invoice entity.
part("renewal.accepted.v1").data as $renewal
| part("order.created.v1").data as $order
| part("invoice.posted.v1").data as $invoice
| ([$renewal.lines[] | {key: .line, value: .}] | from_entries) as $lines
| {InvoiceReference: $invoice.invoice,
   InvoiceNumber: $invoice.number,
   RenewalNumber: $invoice.renewal,
   ContractNumber: $renewal.contract,
   SoldToParty: given($order.customer.erp, $renewal.customer.erp),
   SalesOrder: $order.order,
   TransactionCurrency: $invoice.currency,
   GrossAmount: ($invoice.total_minor | from_minor($invoice.currency; "iso4217")),
   DocumentDate: $invoice.issued_on,
   PostingDate: $invoice.issued_on,
   DueDate: $invoice.due_on,
   IsCustomerFacing: false,
   _Item: [
     $invoice.lines | to_entries[] | .key as $index | .value
     | $lines[.line] as $line
     | {InvoiceItem: item_number($index),
        ContractLine: .line,
        Material: (given(.sku, $line.sku) | if . == null then null else material($vars; .) end),
        Description: posting_text($invoice.invoice; $line.description),
        Quantity: $line.quantity,
        QuantityUnit: ($vars.unit // "EA"),
        Amount: (.amount_minor | from_minor($invoice.currency; "iso4217")),
        TransactionCurrency: $invoice.currency,
        PeriodStart: .period.start,
        PeriodEnd: (.period.end | end_written($vars; "invoice"))}
     | without_nulls]}
| without_nulls
