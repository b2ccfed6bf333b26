// The whole simulated estate: four systems behind their gates, each on a port, and the control
// port.
//
// Thread:  start and stop from one thread; the servers run their own.
// Owns:    everything of the sandbox.
// Errors:  start answers a reason when a port cannot be had.
#pragma once

#include <array>
#include <memory>

#include "sandbox/base/http_server.hpp"
#include "sandbox/control/planting.hpp"
#include "sandbox/faults/gate.hpp"
#include "sandbox/salesforce/crm.hpp"
#include "sandbox/sap/erp.hpp"
#include "sandbox/scim/entitlements.hpp"
#include "sandbox/stripe/billing.hpp"
#include "sandbox/stripe/webhooks.hpp"

namespace perennial::sandbox {

struct WorldOptions {
  EstateOptions estate;
  stripe::WebhookEndpoint webhook;
};

class World {
 public:
  explicit World(const WorldOptions& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Port 0 takes free ports; otherwise port, port+1, ... +4. Empty on success, else the reason.
  std::string start(std::uint16_t port);
  void stop();
  // {"crm": "http://127.0.0.1:7500", ...}
  Json urls() const;

  Estate estate;
  Faults faults;
  salesforce::Crm crm{estate};
  sap::Erp erp{estate};
  stripe::Billing billing{estate};
  scim::Entitlements entitlements{estate};
  Planting planting;

  // Closes renewals as won; with the estate's mutex held.
  int accept(int count);

 private:
  void accept_steadily();

  std::unique_ptr<stripe::WebhookSender> webhooks_;
  std::array<std::unique_ptr<HttpServer>, 5> servers_;
  std::array<std::unique_ptr<Gate>, 4> gates_;
};

}  // namespace perennial::sandbox
