// A booking posts one accounting document: the customer's debit and a credit for each line.
const cds = require('@sap/cds');

let next = 90000001;

function documentOf(invoice) {
  const common = {
    CompanyCode: '1010',
    FiscalYear: '2026',
    AccountingDocument: invoice.AccountingDocument,
    AccountingDocumentType: 'DR',
    AccountingDocumentCreationDate: new Date().toISOString().slice(0, 10),
    PostingDate: invoice.PostingDate,
    TransactionCurrency: invoice.TransactionCurrency,
    AssignmentReference: invoice.RenewalNumber,
    PaymentReference: invoice.InvoiceReference,
    DocumentReferenceID: invoice.InvoiceNumber,
  };
  const debit = {
    ...common,
    AccountingDocumentItem: '001',
    FinancialAccountType: 'D',
    DebitCreditCode: 'S',
    GLAccount: '0012100000',
    AmountInTransactionCurrency: invoice.GrossAmount,
    DocumentItemText: invoice.InvoiceReference,
  };
  return [
    debit,
    ...invoice._Item.map((line, index) => ({
      ...common,
      AccountingDocumentItem: String(index + 2).padStart(3, '0'),
      FinancialAccountType: 'S',
      DebitCreditCode: 'H',
      GLAccount: '0041000000',
      AmountInTransactionCurrency: `-${line.Amount}`,
      DocumentItemText: line.Description,
    })),
  ];
}

module.exports = (service) => {
  service.before('CREATE', 'ExternalInvoice', (request) => {
    request.data.AccountingDocument = String(next++);
  });
  service.after('CREATE', 'ExternalInvoice', async (_, request) => {
    await INSERT.into('Accounting.A_OperationalAcctgDocItemCube').entries(documentOf(request.data));
  });
};
