// The read routes that the view answers: the same for a running runtime and for an offline look.
//
// Place:   handlers of api (on its pool), and the command line when no runtime is up.
// Thread:  any; calls block on the database.
#pragma once

#include <vector>

#include "runtime/admin/exchange.hpp"
#include "runtime/admin/router.hpp"
#include "runtime/view/view.hpp"

namespace perennial::admin {

class ReadApi {
 public:
  explicit ReadApi(const view::View& view) : view_(view) {}

  [[nodiscard]] Response renewals(const Request& request) const;
  [[nodiscard]] Response renewal(const Request& request) const;
  [[nodiscard]] Response timeline(const Request& request) const;
  [[nodiscard]] Response events(const Request& request) const;
  [[nodiscard]] Response event(const Request& request) const;
  [[nodiscard]] Response exceptions(const Request& request) const;
  [[nodiscard]] Response exception(const Request& request) const;
  [[nodiscard]] Response connectors(const Request& request) const;

 private:
  const view::View& view_;
};

// The routes of a ReadApi; each handler runs through `run`, so that a server can use a pool.
using Run = std::function<void(std::function<void()>)>;
[[nodiscard]] std::vector<Route> read_routes(const ReadApi& api, const Run& run);

// All that a ReadApi answers, without tokens and in the caller's thread.
[[nodiscard]] std::vector<Route> offline_routes(const ReadApi& api);

// "limit" of a query: 1 to limit_max; the refusal when it is no such number.
inline constexpr std::size_t limit_max = 1000;
[[nodiscard]] tl::expected<std::size_t, Response> limit_of(const Request& request,
                                                           std::size_t otherwise);

}  // namespace perennial::admin
