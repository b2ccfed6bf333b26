// pipeline/committer.cpp and pipeline/service_thread.cpp without their threads.
#include "runtime/pipeline/partition_service.hpp"
#include "tests/simulation/stage.hpp"

namespace perennial::simulation {

Stage*& stage() {
  thread_local Stage* current = nullptr;
  return current;
}

}  // namespace perennial::simulation

namespace perennial::pipeline {

Committer::Committer(std::unique_ptr<store::Journal> journal, std::function<void()> on_durable)
    : journal_(std::move(journal)), on_durable_(std::move(on_durable)) {
  simulation::stage()->on_committer(this, [raw = journal_.get()] { raw->retry_reserve(); });
}

Committer::~Committer() = default;

bool Committer::is_idle() const {
  return !has_batch_;
}

void Committer::submit(store::RecordBuffer& records) {
  std::swap(batch_, records);
  has_batch_ = true;
  simulation::stage()->on_submitted(this, batch_, [this] {
    const auto status = journal_->append(batch_);
    if (!status) failure_ = status.error();
    has_batch_ = false;
    on_durable_();
    return journal_->durable();
  });
  records.count = 0;
  records.body.clear();
}

std::optional<Error> Committer::failure() const {
  return failure_;
}

Result<std::unique_ptr<PartitionService>> PartitionService::start(
    ServiceOptions options, const Graph& graph, wire::Bus& bus, store::FileSystem& file_system,
    Clock& clock, OnFailure on_failure, std::string& torn) {
  std::unique_ptr<PartitionService> service(
      new PartitionService(std::move(options), graph, clock, std::move(on_failure)));
  if (auto status = service->open(bus, file_system, torn); !status) {
    return tl::unexpected(status.error());
  }
  PartitionService* raw = service.get();
  simulation::stage()->on_started([raw] { return raw->turn(); }, raw->partition_, raw->effects_);
  return service;
}

}  // namespace perennial::pipeline
