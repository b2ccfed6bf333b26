// The composition root: builds everything that a configuration asks for, starts it in order, stops
// it in reverse.
//
// Place:   made by the verbs run and bench; lends its parts to admin.
// Thread:  start and destruction belong to one thread; the other functions may be called from any.
// Errors:  start() says what could not be built. Later, failure() tells why the runtime has to end:
//          the process exits with code 3 and recovers from disk at its next start.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/app/config.hpp"
#include "runtime/app/data_directory.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/host/host_set.hpp"
#include "runtime/pipeline/partition_service.hpp"
#include "runtime/store/file_system.hpp"
#include "runtime/wire/hub.hpp"

namespace perennial::app {

struct RuntimeOptions {
  std::string host_binary;  // of child hosts; empty = perennial-host beside this program
};

class Runtime {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Runtime>> start(Config config,
                                                              RuntimeOptions options);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Starts the connector hosts; the partitions take events before.
  [[nodiscard]] Status start_hosts();

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const DataDirectory& data() const { return *data_; }
  [[nodiscard]] std::size_t partition_count() const { return partitions_.size(); }
  [[nodiscard]] pipeline::PartitionService& partition(std::size_t index) {
    return *partitions_[index];
  }
  // Where an event is handled: by the rule of wire/routing, which connector hosts follow too.
  [[nodiscard]] pipeline::PartitionService& partition_of(const event::EventView& event);
  // The partition that gets this connector's checks and webhooks.
  [[nodiscard]] pipeline::PartitionService& home_of(const std::string& connector);
  [[nodiscard]] std::vector<host::HostState> host_states() const;

  // Blocks until request_stop() or a failure.
  void wait();
  void request_stop();  // [any thread, not a signal handler]
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  Runtime(Config config, RuntimeOptions options);
  Status open();
  Status open_partition(std::uint32_t index);
  [[nodiscard]] host::ConnectorSpec spec_of(const ConnectorConfig& connector) const;
  void on_failure(const Error& error);

  Config config_;
  RuntimeOptions options_;
  SystemClock clock_;
  store::PosixFileSystem file_system_;
  std::unique_ptr<DataDirectory> data_;
  wire::Bus bus_;
  std::unordered_map<std::string, std::string> tokens_;
  std::vector<std::unique_ptr<pipeline::PartitionService>> partitions_;
  std::unique_ptr<host::HostSet> hosts_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  bool is_stopping_ = false;
  std::optional<Error> failure_;
};

}  // namespace perennial::app
