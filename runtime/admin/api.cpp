#include "runtime/admin/api.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "runtime/admin/commands.hpp"
#include "runtime/admin/ingest.hpp"
#include "runtime/admin/look.hpp"
#include "runtime/admin/metrics.hpp"
#include "runtime/admin/problem.hpp"
#include "runtime/admin/read_api.hpp"
#include "runtime/admin/render.hpp"

namespace perennial::admin {
namespace {

constexpr std::size_t pool_threads = 2;
constexpr std::size_t ingest_body_max = 8 * 1024 * 1024;
// A reader sees what was durable when it asked, unless the view is further behind than this.
constexpr auto view_patience = std::chrono::milliseconds(500);

state::Flow flow_of(const std::vector<Look>& looks, const std::string& connector) {
  for (const Look& look : looks) {
    const auto found = look.flows.find(connector);
    if (found != look.flows.end() && found->second != state::Flow::running) return found->second;
  }
  return state::Flow::running;
}

std::string_view word_of(state::Flow flow) {
  switch (flow) {
    case state::Flow::running:
      return "running";
    case state::Flow::paused:
      return "paused";
    case state::Flow::draining:
      return "draining";
  }
  return "running";
}

// Every configured connector, also one whose host has not been started.
Json connectors_json(const Services& services, const std::vector<Look>& looks) {
  const std::vector<host::HostState> states = services.host_states();
  Json list = Json::array();
  for (const std::string& name : services.connectors) {
    host::HostState state;
    state.connector = name;
    for (const host::HostState& one : states) {
      if (one.connector == name) state = one;
    }
    Json json = to_json(state);
    json["flow"] = word_of(flow_of(looks, name));
    list.push_back(std::move(json));
  }
  return list;
}

Json partitions_json(const Services& services, const std::vector<Look>& looks) {
  Json list = Json::array();
  for (const Look& look : looks) {
    Json json = {{"partition", look.partition},
                 {"position", look.position},
                 {"durable", look.durable},
                 {"has_reserve", look.has_reserve}};
    if (services.projector != nullptr) json["view"] = services.projector->applied(look.partition);
    list.push_back(std::move(json));
  }
  return list;
}

Response status_response(const Services& services, const std::vector<Look>& looks) {
  std::uint64_t accepted = 0;
  std::uint64_t open = 0;
  std::uint64_t moving = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t exceptions = 0;
  for (const Look& look : looks) {
    const auto started = look.deliveries_by_status.find("started");
    in_flight += started == look.deliveries_by_status.end() ? 0 : started->second;
    accepted += look.events_accepted;
    open += look.deliveries_open;
    moving += look.deliveries_moving;
    for (const auto& [labels, count] : look.exceptions_by_owner) exceptions += count;
  }
  const std::vector<std::string> reasons = reasons_not_ready(services);
  Json view = nullptr;
  if (services.projector != nullptr) {
    const auto failure = services.projector->failure();
    view = {{"failure", failure ? Json(failure->reason) : Json(nullptr)}};
  }
  return ok({{"schema_version", 1},
             {"revision", services.revision},
             {"ready", reasons.empty()},
             {"reasons", reasons},
             {"events_accepted", accepted},
             {"deliveries_open", open},
             {"deliveries_moving", moving},
             {"deliveries_in_flight", in_flight},
             {"exceptions_open", exceptions},
             {"partitions", partitions_json(services, looks)},
             {"connectors", connectors_json(services, looks)},
             {"view", view}});
}

Response ready_response(const Services& services) {
  const std::vector<std::string> reasons = reasons_not_ready(services);
  if (reasons.empty()) {
    return ok({{"schema_version", 1}, {"ready", true}, {"reasons", Json::array()}});
  }
  return problem(503, "not_ready", reasons.front(),
                 "\"schema_version\":1,\"ready\":false,\"reasons\":" + Json(reasons).dump());
}

bool is_wanted(const view::ExceptionRow& row, const Request& request) {
  const auto fits = [&](const std::string& option, const std::string& value) {
    const std::string wanted = request.option(option);
    return wanted.empty() || wanted == value;
  };
  return fits("state", row.state) && fits("owner", row.owner) && fits("cause", row.cause) &&
         fits("connector", row.connector) && fits("correlation", row.correlation);
}

// Open ones as the partitions hold them now, newest first.
std::vector<view::ExceptionRow> open_exceptions(const std::vector<Look>& looks,
                                                const Request& request) {
  std::vector<view::ExceptionRow> rows;
  for (const Look& look : looks) {
    for (const state::ExceptionRow& row : look.exceptions) {
      view::ExceptionRow one = to_view_row(look.partition, row);
      if (is_wanted(one, request)) rows.push_back(std::move(one));
    }
  }
  std::sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
    return std::tie(right.opened, left.partition, right.position) <
           std::tie(left.opened, right.partition, left.position);
  });
  return rows;
}

}  // namespace

class Api::Core : public std::enable_shared_from_this<Api::Core> {
 public:
  explicit Core(Services services)
      : services_(std::move(services)), read_api_(*services_.view), ingest_(services_) {}

  std::vector<Route> routes() {
    std::vector<Route> all;
    for (auto part : {own_routes(), read_routes(read_api_, reader()), command_routes(services_),
                      webhook_routes(services_)}) {
      std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
  }

  void stop() { pool_.join(); }

 private:
  using OnLooks = std::function<Response(const std::vector<Look>&)>;

  // Weak, because a partition may answer after this API is gone.
  void run(std::function<void()> act) {
    boost::asio::post(pool_, [weak = weak_from_this(), act = std::move(act)] {
      if (const auto self = weak.lock()) act();
    });
  }

  // Runs on the pool once the view has what was durable when the request came.
  Run reader() {
    return [this](std::function<void()> act) {
      std::vector<Position> durable;
      for (const auto* partition : services_.partitions) durable.push_back(partition->durable());
      run([this, durable = std::move(durable), act = std::move(act)] {
        for (std::size_t index = 0; services_.projector != nullptr && index < durable.size();
             ++index) {
          (void)services_.projector->wait_until(static_cast<std::uint32_t>(index), durable[index],
                                                view_patience);
        }
        act();
      });
    };
  }

  // Looks at the partitions, then renders on the pool: their threads have better things to do.
  void answer_looks(Depth depth, const Reply& reply, OnLooks render) {
    look(services_, depth,
         [weak = weak_from_this(), reply, render = std::move(render)](std::vector<Look> looks) {
           const auto self = weak.lock();
           if (!self) return;
           self->run([reply, render, looks = std::move(looks)] { reply(render(looks)); });
         });
  }

  Route get(std::string pattern, Access access, Handler handler) {
    Route route;
    route.method = "GET";
    route.pattern = std::move(pattern);
    route.access = access;
    route.handler = std::move(handler);
    return route;
  }

  std::vector<Route> own_routes() {
    std::vector<Route> routes = {
        get("/live", Access::open,
            [](const Request&, const Reply& reply) {
              reply(ok({{"schema_version", 1}, {"live", true}}));
            }),
        get("/ready", Access::open,
            [this](const Request&, const Reply& reply) { reply(ready_response(services_)); }),
        get("/status", Access::viewer,
            [this](const Request&, const Reply& reply) {
              answer_looks(Depth::numbers, reply,
                           [this](const auto& looks) { return status_response(services_, looks); });
            }),
        get("/metrics", Access::viewer,
            [this](const Request&, const Reply& reply) {
              answer_looks(Depth::numbers, reply, [this](const auto& looks) {
                Response response;
                response.content_type = "text/plain; version=0.0.4; charset=utf-8";
                response.body = to_metrics(services_, looks);
                return response;
              });
            }),
        get("/v1/journal", Access::viewer,
            [this](const Request&, const Reply& reply) {
              answer_looks(Depth::numbers, reply, [this](const auto& looks) {
                return ok(
                    {{"schema_version", 1}, {"partitions", partitions_json(services_, looks)}});
              });
            }),
        get("/v1/connectors", Access::viewer,
            [this](const Request&, const Reply& reply) {
              answer_looks(Depth::numbers, reply,
                           [this](const auto& looks) { return connectors_response(looks); });
            }),
    };
    Route exceptions = get(
        "/v1/exceptions", Access::viewer,
        [this](const Request& request, const Reply& reply) { list_exceptions(request, reply); });
    exceptions.options = {"state", "owner", "cause", "connector", "correlation", "limit"};
    routes.push_back(std::move(exceptions));
    routes.push_back(get("/v1/exceptions/{id}", Access::viewer,
                         [this, read = reader()](const Request& request, const Reply& reply) {
                           read([this, request, reply] { reply(read_api_.exception(request)); });
                         }));
    Route ingest;
    ingest.method = "POST";
    ingest.pattern = "/v1/events";
    ingest.access = Access::operate;
    ingest.body_max = ingest_body_max;
    ingest.handler = [this](const Request& request, const Reply& reply) {
      ingest_.take(request, reply);
    };
    routes.push_back(std::move(ingest));
    return routes;
  }

  void list_exceptions(const Request& request, const Reply& reply) {
    const std::string wanted = request.option("state");
    if (wanted != "open" && wanted != "trial") {
      // Closed ones, or all: the view knows them, the partitions have forgotten them.
      reader()([this, request, reply] { reply(read_api_.exceptions(request)); });
      return;
    }
    const auto limit = limit_of(request, 100);
    if (!limit) {
      reply(limit.error());
      return;
    }
    answer_looks(Depth::exceptions, reply, [request, limit = *limit](const auto& looks) {
      Json list = Json::array();
      for (const auto& row : open_exceptions(looks, request)) {
        if (list.size() < limit) list.push_back(to_json(row, false));
      }
      return ok({{"schema_version", 1}, {"exceptions", list}});
    });
  }

  // The hosts as they are now, with what the view knows of their plugins and cursors.
  Response connectors_response(const std::vector<Look>& looks) {
    Json list = connectors_json(services_, looks);
    const auto rows = services_.view->connectors();
    if (!rows) return problem(rows.error());
    for (Json& connector : list) {
      connector["cursors"] = Json::array();
      for (const view::ConnectorRow& row : *rows) {
        if (row.name != connector["connector"]) continue;
        const Json known = to_json(row);
        connector["plugin"] = known["plugin"];
        connector["version"] = known["version"];
        for (const Json& cursor : known["cursors"]) connector["cursors"].push_back(cursor);
      }
    }
    return ok({{"schema_version", 1}, {"connectors", list}});
  }

  const Services services_;
  ReadApi read_api_;
  Ingest ingest_;
  boost::asio::thread_pool pool_{pool_threads};
};

Api::Api(Services services) : core_(std::make_shared<Core>(std::move(services))) {}

Api::~Api() {
  core_->stop();
}

std::vector<Route> Api::routes() const {
  return core_->routes();
}

}  // namespace perennial::admin
