// The HTTP API of a running runtime: all of its routes.
//
// Place:   built by app from Services; its routes go to the router of http_server.
// Thread:  handlers run on the server's thread; what may block runs on a pool of two.
// Owns:    the pool. Destroy it after the server that has its routes; answers that partitions give
//          later are dropped.
// Format:  docs/http-api.md
#pragma once

#include <memory>
#include <vector>

#include "runtime/admin/router.hpp"
#include "runtime/admin/services.hpp"

namespace perennial::admin {

class Api {
 public:
  explicit Api(Services services);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  [[nodiscard]] std::vector<Route> routes() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace perennial::admin
