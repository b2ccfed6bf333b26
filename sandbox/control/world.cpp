#include "sandbox/control/world.hpp"

#include "sandbox/control/control.hpp"

namespace perennial::sandbox {
namespace {

constexpr std::array system_names{"crm", "erp", "billing", "entitlement", "control"};
constexpr std::chrono::milliseconds acceptance_tick{50};

}  // namespace

World::World(const WorldOptions& options)
    : estate(options.estate), faults(options.estate.plan.seed), planting(*this) {
  if (!options.webhook.url.empty()) {
    webhooks_ = std::make_unique<stripe::WebhookSender>(estate.clock, options.webhook);
    billing.store().on_event = [this](const Json& event) { webhooks_->enqueue(event); };
  }
  const std::lock_guard lock(estate.mutex);
  if (options.estate.accepted_per_s <= 0) accept(options.estate.plan.renewals);
}

World::~World() {
  stop();
}

int World::accept(int count) {
  int accepted = 0;
  for (PlannedRenewal& renewal : estate.plan.renewals) {
    if (accepted >= count) break;
    if (crm.accept(renewal)) ++accepted;
  }
  return accepted;
}

void World::accept_steadily() {
  // The share of a renewal that a tick is worth adds up until whole ones are due.
  const auto owed = std::make_shared<double>(0);
  const auto tick = std::make_shared<std::function<void()>>();
  *tick = [this, owed, weak = std::weak_ptr(tick)] {
    *owed += estate.options().accepted_per_s * static_cast<double>(acceptance_tick.count()) / 1000;
    const int whole = static_cast<int>(*owed);
    *owed -= whole;
    if (whole > 0 && accept(whole) < whole) return;
    if (const auto again = weak.lock()) {
      estate.alarms.after(acceptance_tick, [again] { (*again)(); });
    }
  };
  estate.alarms.after(acceptance_tick, [tick] { (*tick)(); });
}

std::string World::start(std::uint16_t port) {
  const std::array<System*, 4> systems{&crm, &erp, &billing, &entitlements};
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    Handler handler = [this](const Request& request) { return handle_control(*this, request); };
    if (i < systems.size()) {
      gates_.at(i) = std::make_unique<Gate>(estate, *systems.at(i), faults);
      handler = [gate = gates_.at(i).get()](const Request& request) {
        return gate->handle(request);
      };
    }
    servers_.at(i) = std::make_unique<HttpServer>(std::move(handler));
    const auto wanted = static_cast<std::uint16_t>(port == 0 ? 0 : port + i);
    std::string problem = servers_.at(i)->start(wanted);
    if (!problem.empty()) return std::string(system_names.at(i)) + ": " + problem;
    const std::lock_guard lock(estate.mutex);
    if (i == 0) crm.set_url(servers_.at(i)->url());
    if (i == 1) erp.set_url(servers_.at(i)->url());
    if (i == 3) entitlements.set_url(servers_.at(i)->url());
  }
  if (estate.options().accepted_per_s > 0) accept_steadily();
  estate.alarms.start();
  return {};
}

void World::stop() {
  for (auto& server : servers_) {
    if (server) server->stop();
  }
  estate.alarms.stop();
  if (webhooks_) webhooks_->stop();
}

Json World::urls() const {
  Json urls = Json::object();
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (servers_.at(i)) urls[system_names.at(i)] = servers_.at(i)->url();
  }
  return urls;
}

}  // namespace perennial::sandbox
