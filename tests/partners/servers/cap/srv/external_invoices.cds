// A customer's own entity for invoices that billing issued, as plugins/erp/mappings/book_invoice.jq writes it.
@path: 'zext_invoice'
@requires: 'authenticated-user'
service ExternalInvoices {
  entity ExternalInvoice {
    key ExternalInvoiceUUID : UUID;
        InvoiceReference    : String(40) @mandatory;
        InvoiceNumber       : String(40);
        RenewalNumber       : String(40);
        ContractNumber      : String(40);
        SoldToParty         : String(10) @mandatory;
        SalesOrder          : String(10);
        TransactionCurrency : String(5) @mandatory;
        GrossAmount         : Decimal(23, 3) @mandatory;
        DocumentDate        : Date;
        PostingDate         : Date;
        DueDate             : Date;
        IsCustomerFacing    : Boolean default false;
        AccountingDocument  : String(10);
        LastChangeDateTime  : Timestamp @odata.etag  @cds.on.insert: $now  @cds.on.update: $now;
        _Item               : Composition of many ExternalInvoiceItem
                                on _Item._Invoice = $self;
  }

  entity ExternalInvoiceItem {
    key _Invoice            : Association to ExternalInvoice;
    key InvoiceItem         : String(6);
        ContractLine        : String(10);
        Material            : String(40);
        Description         : String(50);
        Quantity            : Decimal(15, 3);
        QuantityUnit        : String(3);
        Amount              : Decimal(23, 3);
        TransactionCurrency : String(5);
        PeriodStart         : Date;
        PeriodEnd           : Date;
  }
}
