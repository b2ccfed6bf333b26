#include "runtime/app/front.hpp"

namespace perennial::app {
namespace {

admin::Access access_of(Role role) {
  switch (role) {
    case Role::viewer:
      return admin::Access::viewer;
    case Role::operate:
      return admin::Access::operate;
    case Role::admin:
      return admin::Access::admin;
  }
  return admin::Access::viewer;
}

}  // namespace

Result<std::unique_ptr<Front>> Front::start(Runtime& runtime) {
  std::unique_ptr<Front> front(new Front(runtime));
  if (auto status = front->open(); !status) return tl::unexpected(status.error());
  return front;
}

Status Front::open() {
  std::vector<view::Feed> feeds;
  for (std::size_t index = 0; index < runtime_.partition_count(); ++index) {
    pipeline::PartitionService* partition = &runtime_.partition(index);
    const auto number = static_cast<std::uint32_t>(index);
    feeds.push_back({number, runtime_.data().journal_directory(number),
                     [partition] { return partition->durable(); }});
  }
  auto projector = view::Projector::start(runtime_.data().view_path(), std::move(feeds));
  if (!projector) return fail_within("view", projector.error());
  projector_ = std::move(*projector);
  auto view = view::View::open(runtime_.data().view_path());
  if (!view) return fail_within("view", view.error());
  view_ = std::move(*view);
  api_ = std::make_unique<admin::Api>(services());
  std::vector<admin::Token> tokens;
  for (const ApiToken& token : runtime_.config().tokens) {
    tokens.push_back({token.name, access_of(token.role), token.token});
  }
  auto server =
      admin::HttpServer::listen(runtime_.config().listen_host, runtime_.config().listen_port,
                                admin::Router(api_->routes(), std::move(tokens)));
  if (!server) return fail_within("http", server.error());
  server_ = std::move(*server);
  return {};
}

admin::Services Front::services() {
  admin::Services services;
  services.revision = runtime_.config().graph->revision;
  for (const ConnectorConfig& connector : runtime_.config().connectors) {
    services.connectors.push_back(connector.name);
  }
  for (std::size_t index = 0; index < runtime_.partition_count(); ++index) {
    services.partitions.push_back(&runtime_.partition(index));
  }
  services.partition_of = [this](const event::EventView& event) -> pipeline::PartitionService& {
    return runtime_.partition_of(event);
  };
  services.home_of = [this](const std::string& connector) -> pipeline::PartitionService& {
    return runtime_.home_of(connector);
  };
  services.host_states = [this] {
    return has_hosts_ ? runtime_.host_states() : std::vector<host::HostState>{};
  };
  services.view = view_.get();
  services.projector = projector_.get();
  return services;
}

}  // namespace perennial::app
