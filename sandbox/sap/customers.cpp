// Customers of the simulated ERP: the accounts of the plan as master records.
#include "sandbox/sap/erp.hpp"

namespace perennial::sandbox::sap {

void Erp::refresh_customers() {
  for (const PlannedAccount& account : estate_.plan.accounts) {
    const std::string& number = account.erp_customer;
    const std::string block = blocked_customers.count(number) > 0 ? "01" : "";
    customers_.put(number,
                   {{"Customer", number},
                    {"CustomerName", account.name},
                    {"CustomerFullName", account.name},
                    {"CustomerAccountGroup", "CUST"},
                    {"OrderIsBlockedForCustomer", block},
                    {"BillingIsBlockedForCustomer", ""},
                    {"DeliveryIsBlocked", ""},
                    {"PostingIsBlocked", false},
                    {"DeletionIndicator", false},
                    {"to_CustomerSalesArea", Json::array({{{"Customer", number},
                                                           {"SalesOrganization", "1010"},
                                                           {"DistributionChannel", "10"},
                                                           {"Division", "00"},
                                                           {"Currency", account.currency},
                                                           {"CustomerPaymentTerms", "0004"},
                                                           {"OrderIsBlockedForCustomer", ""},
                                                           {"BillingIsBlockedForCustomer", ""},
                                                           {"DeliveryIsBlockedForCustomer", ""},
                                                           {"DeletionIndicator", false}}})}});
  }
}

}  // namespace perennial::sandbox::sap
