// Where a noun of the command line gets its answers: from the running runtime over HTTP, or, when
// none is up, from the journals on disk.
//
// Place:   made by each noun.
// Errors:  open() says why neither is possible. Answers are whole HTTP responses in both cases.
// Owns:    offline, a temporary view that is removed with it. The data directory is only read.
#pragma once

#include <memory>
#include <string>

#include "runtime/admin/exchange.hpp"
#include "runtime/admin/http_client.hpp"
#include "runtime/admin/read_api.hpp"
#include "runtime/admin/router.hpp"
#include "runtime/app/config.hpp"
#include "runtime/base/status.hpp"

namespace perennial::app {

class Desk {
 public:
  // `role` is what the command needs at least.
  [[nodiscard]] static Result<std::unique_ptr<Desk>> open(const Config& config, Role role);
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  [[nodiscard]] bool is_online() const { return client_ != nullptr; }
  [[nodiscard]] Result<admin::Response> get(const std::string& target) const;
  // Code::unavailable offline.
  [[nodiscard]] Result<admin::Response> post(const std::string& target, const std::string& body,
                                             const std::string& content_type) const;

 private:
  Desk() = default;
  Status go_online(const Config& config, Role role);
  Status go_offline(const Config& config);

  std::unique_ptr<admin::HttpClient> client_;
  std::string folder_;  // temporary
  std::unique_ptr<view::View> view_;
  std::unique_ptr<admin::ReadApi> read_api_;
  std::unique_ptr<admin::Router> router_;
};

}  // namespace perennial::app
