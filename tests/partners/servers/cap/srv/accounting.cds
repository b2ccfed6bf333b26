// Operational Accounting Document Item - Read, API_OPLACCTGDOCITEMCUBE_SRV (api.sap.com).
@path: 'API_OPLACCTGDOCITEMCUBE_SRV'
@requires: 'authenticated-user'
service Accounting {
  @readonly
  entity A_OperationalAcctgDocItemCube {
    key CompanyCode                    : String(4);
    key FiscalYear                     : String(4);
    key AccountingDocument             : String(10);
    key AccountingDocumentItem         : String(3);
        AccountingDocumentType         : String(2);
        AccountingDocumentCreationDate : Date;
        PostingDate                    : Date;
        FinancialAccountType           : String(1);
        DebitCreditCode                : String(1);
        GLAccount                      : String(10);
        TransactionCurrency            : String(5);
        AmountInTransactionCurrency    : Decimal(23, 2);
        AssignmentReference            : String(18);
        PaymentReference               : String(30);
        DocumentReferenceID            : String(16);
        DocumentItemText               : String(50);
  }
}
