#include "runtime/app/runtime.hpp"

#include <filesystem>
#include <random>

#include "runtime/base/hash.hpp"
#include "runtime/base/log.hpp"
#include "runtime/wire/routing.hpp"

namespace perennial::app {
namespace {

constexpr std::int64_t stop_deadline_ms = 10'000;

std::uint64_t random_number() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

std::string random_token() {
  return to_text(Fingerprint{random_number(), random_number()});
}

std::string program_directory() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

log::Level level_of(std::uint32_t level) {
  if (level <= 1) return log::Level::debug;
  if (level == 2) return log::Level::info;
  return level == 3 ? log::Level::warning : log::Level::error;
}

}  // namespace

Runtime::Runtime(Config config, RuntimeOptions options)
    : config_(std::move(config)), options_(std::move(options)) {
  if (options_.host_binary.empty()) options_.host_binary = program_directory() + "/perennial-host";
}

Result<std::unique_ptr<Runtime>> Runtime::start(Config config, RuntimeOptions options) {
  std::unique_ptr<Runtime> runtime(new Runtime(std::move(config), std::move(options)));
  if (auto status = runtime->open(); !status) return tl::unexpected(status.error());
  return runtime;
}

Status Runtime::open() {
  auto data =
      DataDirectory::open(config_.data_directory, config_.partitions, DataDirectory::Access::own);
  if (!data) return tl::unexpected(data.error());
  data_ = std::move(*data);
  for (const ConnectorConfig& connector : config_.connectors)
    tokens_[connector.name] = random_token();
  for (std::uint32_t index = 0; index < config_.partitions; ++index) {
    if (auto status = open_partition(index); !status) return status;
  }
  return {};
}

Status Runtime::open_partition(std::uint32_t index) {
  pipeline::ServiceOptions options;
  options.partition = index;
  options.partitions = config_.partitions;
  options.endpoints = {
      "inproc://partition-" + std::to_string(index),
      "ipc://" + data_->socket_directory() + "/p" + std::to_string(index) + ".sock"};
  options.journal_directory = data_->journal_directory(index);
  options.durability = config_.durability;
  options.hash_seed = data_->hash_seed();
  options.random_seed = random_number();
  options.host_tokens = tokens_;
  std::string torn;
  auto service = pipeline::PartitionService::start(
      std::move(options), *config_.graph, bus_, file_system_, clock_,
      [this](const Error& error) { on_failure(error); }, torn);
  if (!service) return tl::unexpected(service.error());
  if (!torn.empty()) {
    log::write(log::Level::warning, "journal",
               "a torn tail was cut: nothing that was acknowledged was in it",
               {{"partition", std::to_string(index)}, {"found", torn}});
  }
  partitions_.push_back(std::move(*service));
  return {};
}

host::ConnectorSpec Runtime::spec_of(const ConnectorConfig& connector) const {
  host::ConnectorSpec spec;
  spec.name = connector.name;
  spec.plugin_directory = connector.manifest->directory.string();
  spec.config = connector.config;
  for (const auto& [field, value] : connector.secrets) spec.secrets[field] = value;
  spec.vars = connector.vars;
  spec.mapping_override_directory = connector.mapping_directory;
  spec.currency_profiles = connector.currency_profiles;
  spec.map_archive_directory = data_->map_archive();
  for (const SourceConfig& source : connector.sources) {
    host::SourceSpec one;
    one.name = source.name;
    one.start = source.start;
    one.every_ms = source.every_ms;
    one.records_max = source.records_max;
    spec.sources.push_back(std::move(one));
  }
  const bool is_child = connector.hosting == Hosting::process;
  for (std::uint32_t index = 0; index < config_.partitions; ++index) {
    const std::string number = std::to_string(index);
    spec.endpoints.push_back(is_child
                                 ? "ipc://" + data_->socket_directory() + "/p" + number + ".sock"
                                 : "inproc://partition-" + number);
  }
  spec.token = tokens_.at(connector.name);
  return spec;
}

Status Runtime::start_hosts() {
  host::HostSetOptions options;
  options.host_binary = options_.host_binary;
  options.log = [](const std::string& connector, std::uint32_t level, std::string_view text) {
    log::write(level_of(level), "connector", text, {{"connector", connector}});
  };
  options.on_exit = [this](const std::string& connector, std::uint64_t pid,
                           const std::string& how) {
    log::write(log::Level::warning, "host", "a connector host ended",
               {{"connector", connector}, {"how", how}});
    for (const auto& partition : partitions_) partition->host_exited(connector, pid, how);
  };
  options.on_exhausted = [this](const std::string& connector, const std::string& what) {
    on_failure(Error{Code::defect, "connector " + connector + ": " + what});
  };
  hosts_ = std::make_unique<host::HostSet>(bus_, clock_, std::move(options));
  for (const ConnectorConfig& connector : config_.connectors) {
    const bool is_child = connector.hosting == Hosting::process;
    auto status = hosts_->start(spec_of(connector),
                                is_child ? host::Hosting::process : host::Hosting::in_process);
    if (!status) return fail_within("connector " + connector.name, status.error());
  }
  return {};
}

Runtime::~Runtime() {
  if (hosts_) hosts_->stop_all(stop_deadline_ms);
  hosts_.reset();
  partitions_.clear();
}

pipeline::PartitionService& Runtime::partition_of(const event::EventView& event) {
  return *partitions_[wire::partition_of(event, partitions_.size())];
}

pipeline::PartitionService& Runtime::home_of(const std::string& connector) {
  return *partitions_[hash64(connector) % partitions_.size()];
}

std::vector<host::HostState> Runtime::host_states() const {
  return hosts_ ? hosts_->states() : std::vector<host::HostState>{};
}

void Runtime::wait() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return is_stopping_ || failure_.has_value(); });
}

void Runtime::request_stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  ended_.notify_all();
}

void Runtime::on_failure(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = error;
  }
  ended_.notify_all();
}

std::optional<Error> Runtime::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace perennial::app
