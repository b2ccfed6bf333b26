// What people reach of a running runtime: the view that follows it and the HTTP server.
//
// Place:   made by the verb run between the partitions and the hosts.
// Thread:  start and destruction belong to one thread.
// Owns:    projector, view, API and server; borrows the runtime, which must outlive it.
// Errors:  start() says which address or file cannot be used.
#pragma once

#include <atomic>
#include <memory>

#include "runtime/admin/api.hpp"
#include "runtime/admin/http_server.hpp"
#include "runtime/app/runtime.hpp"
#include "runtime/view/projector.hpp"
#include "runtime/view/view.hpp"

namespace perennial::app {

class Front {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Front>> start(Runtime& runtime);
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // The hosts may be asked from now on.
  void hosts_started() { has_hosts_ = true; }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] const view::Projector& projector() const { return *projector_; }

 private:
  explicit Front(Runtime& runtime) : runtime_(runtime) {}
  Status open();
  [[nodiscard]] admin::Services services();

  Runtime& runtime_;
  std::atomic<bool> has_hosts_{false};
  // In this order: what comes later uses what comes before.
  std::unique_ptr<view::Projector> projector_;
  std::unique_ptr<view::View> view_;
  std::unique_ptr<admin::Api> api_;
  std::unique_ptr<admin::HttpServer> server_;
};

}  // namespace perennial::app
