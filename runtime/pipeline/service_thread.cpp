// The thread of a partition service. Apart from the rest, so that a simulation may turn a service
// by itself.
#include "runtime/pipeline/partition_service.hpp"

namespace perennial::pipeline {

Result<std::unique_ptr<PartitionService>> PartitionService::start(
    ServiceOptions options, const Graph& graph, wire::Bus& bus, store::FileSystem& file_system,
    Clock& clock, OnFailure on_failure, std::string& torn) {
  std::unique_ptr<PartitionService> service(
      new PartitionService(std::move(options), graph, clock, std::move(on_failure)));
  if (auto status = service->open(bus, file_system, torn); !status) {
    return tl::unexpected(status.error());
  }
  service->thread_ = std::thread([raw = service.get()] { raw->run(); });
  return service;
}

void PartitionService::run() {
  while (!is_stopping_) {
    auto status = turn();
    if (!status) {
      on_failure_(status.error());
      return;
    }
  }
}

}  // namespace perennial::pipeline
