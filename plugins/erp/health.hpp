// Whether the services answer with these credentials, and have what the connector depends on.
//
// Thread:  control.
#ifndef PERENNIAL_PLUGINS_ERP_HEALTH_HPP
#define PERENNIAL_PLUGINS_ERP_HEALTH_HPP

#include "plugins/erp/session.hpp"

namespace perennial::plugins::erp {

// One finding for each service: those that every estate has, and those that the configuration names.
void check_services(const Config& config, Session& session, const common::Deadline& deadline,
                    sdk::HealthReply& reply);

}  // namespace perennial::plugins::erp

#endif
