// Whether the org and its integration user can do what the connector needs, by describe.
//
// Thread:  any; reads only.
// Errors:  every lack is a finding of level error that names object, field and cure.
// Format:  "sObject Describe" and "Versions" (REST API Developer Guide): a describe shows the fields
//          that the user may see, with `updateable` where the user may also change them.
#ifndef PERENNIAL_PLUGINS_SALESFORCE_CHECKS_HPP
#define PERENNIAL_PLUGINS_SALESFORCE_CHECKS_HPP

#include "plugins/salesforce/org.hpp"

namespace perennial::plugins::salesforce {

void check_org(Org& org, const Moment& moment, sdk::HealthReply& reply);

}  // namespace perennial::plugins::salesforce

#endif
