#include "runtime/host/connector_host.hpp"

#include <perennial/status.h>

#include "runtime/host/host_loop.hpp"
#include "runtime/host/jq_engine.hpp"

namespace perennial::host {
namespace {

Status check_spec(const ConnectorSpec& spec, const Manifest& manifest) {
  if (spec.endpoints.empty()) {
    return fail(Code::defect, "connector " + spec.name +
                                  ": expected an endpoint for each "
                                  "partition, but there is none");
  }
  for (const SourceSpec& source : spec.sources) {
    if (manifest.find_source(source.name) != nullptr) continue;
    return fail(Code::invalid, "connector " + spec.name + ": expected a source of plugin " +
                                   manifest.id + ", but '" + source.name + "' is none");
  }
  return {};
}

Status prepare_maps(HostShared& shared) {
  auto program =
      JqProgram::assemble(shared.manifest.mappings, shared.spec.mapping_override_directory,
                          shared.spec.vars, shared.spec.currency_profiles);
  if (!program) return tl::unexpected(program.error());
  shared.program = std::move(*program);
  if (shared.program.maps().empty()) return {};
  // Once here, so that a map which can't work is told at the start and not by each record.
  if (const auto engine = JqEngine::compile(shared.program); !engine) {
    return tl::unexpected(engine.error());
  }
  return shared.archive.keep(shared.program);
}

Status prepare(HostShared& shared) {
  auto manifest = read_manifest(shared.spec.plugin_directory);
  if (!manifest) return tl::unexpected(manifest.error());
  shared.manifest = std::move(*manifest);
  if (auto status = check_spec(shared.spec, shared.manifest); !status) return status;
  if (auto status = prepare_maps(shared); !status) {
    return fail_within("connector " + shared.spec.name, status.error());
  }
  auto connector =
      Connector::create(shared.manifest, shared.spec.name, shared.spec.secrets, shared.log);
  if (!connector) return tl::unexpected(connector.error());
  shared.connector = std::move(*connector);
  if (auto status = shared.connector->configure(shared.spec.config); !status) return status;
  return shared.connector->start();
}

}  // namespace

ConnectorHost::ConnectorHost(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}

ConnectorHost::~ConnectorHost() {
  request_stop();
  join();
}

Result<std::unique_ptr<ConnectorHost>> ConnectorHost::start(ConnectorSpec spec, wire::Bus& bus,
                                                            Clock& clock, HostCallbacks callbacks) {
  auto shared = std::make_shared<HostShared>(std::move(spec), clock, callbacks.log);
  if (auto status = prepare(*shared); !status) return tl::unexpected(status.error());
  auto loop = std::make_unique<Loop>(std::move(shared), bus, std::move(callbacks));
  loop->start();
  return std::unique_ptr<ConnectorHost>(new ConnectorHost(std::move(loop)));
}

void ConnectorHost::request_stop() {
  loop_->request_stop();
}

void ConnectorHost::join() {
  loop_->join();
}

HostStatus ConnectorHost::status() const {
  return loop_->status();
}

}  // namespace perennial::host
