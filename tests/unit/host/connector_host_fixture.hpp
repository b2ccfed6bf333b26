// A connector host in this process, hosting the testing plugin, against a scripted partition.
#pragma once

#include <gmock/gmock.h>
#include <perennial/plugin.h>

#include "runtime/host/connector_host.hpp"
#include "tests/unit/host/support.hpp"

namespace perennial::host {

// The clock outlives threads that are written off.
inline SystemClock& test_clock() {
  static SystemClock clock;
  return clock;
}

class ConnectorHostTest : public ::testing::Test {
 protected:
  ConnectorHostTest() {
    spec_.name = "test";
    spec_.plugin_directory = plugin_directory("testing").string();
    spec_.endpoints = {"inproc://partition-0"};
    spec_.token = "secret-token";
    spec_.map_archive_directory = (folder_ / "maps").string();
    spec_.tuning.backoff_ms_min = 5;
    spec_.tuning.backoff_ms_max = 20;
    spec_.tuning.grace_ms = 50;
    spec_.tuning.stop_ms = 2000;
    spec_.tuning.heartbeat_ms = 50;
    config_["calls_file"] = text((folder_ / "calls").string());
  }

  void source(std::int64_t events) {
    config_["events"] = number(events);
    spec_.sources = {SourceSpec{"events", "all", 10, 0, 100}};
  }

  void start() {
    spec_.config = packed(config_);
    HostCallbacks callbacks;
    callbacks.log = log_.log();
    callbacks.on_exhausted = [this](const std::string& what) {
      const std::lock_guard lock(mutex_);
      exhausted_ = what;
    };
    callbacks.on_end = [this](const Status& reason) {
      const std::lock_guard lock(mutex_);
      has_ended_ = true;
      if (!reason) end_reason_ = reason.error().reason;
    };
    auto host = ConnectorHost::start(spec_, bus_, test_clock(), std::move(callbacks));
    ASSERT_TRUE(host) << host.error().reason;
    host_ = std::move(*host);
  }
  void start_and_greet() {
    start();
    partition_.expect_hello();
  }

  wire::DispatchEntry entry(std::uint64_t delivery, std::string_view operation, ByteView event,
                            wire::Verb verb = wire::Verb::execute) {
    wire::DispatchEntry entry;
    entry.delivery = delivery;
    entry.attempt = 1;
    entry.verb = verb;
    entry.deadline_ms = 1000;
    entry.operation = operation;
    entry.key = "KEY-1";
    entry.correlation = "R-1";
    entry.event = event;
    if (operation == "mapped") entry.map = "mapped";
    return entry;
  }

  const FakePartition::Outcome& outcome_of(const wire::DispatchEntry& dispatched) {
    partition_.dispatch({dispatched});
    partition_.expect([&] { return partition_.outcome(dispatched.delivery) != nullptr; },
                      "an outcome");
    static const FakePartition::Outcome none{};
    const auto* found = partition_.outcome(dispatched.delivery);
    return found == nullptr ? none : *found;
  }

  bool has_ended() {
    const std::lock_guard lock(mutex_);
    return has_ended_;
  }

  Folder folder_;
  wire::Bus bus_;
  FakePartition partition_{bus_, {"inproc://partition-0"}};
  ConnectorSpec spec_;
  std::map<std::string, Value> config_;
  LogBook log_;
  std::mutex mutex_;
  std::string exhausted_;
  std::string end_reason_;
  bool has_ended_ = false;
  std::unique_ptr<ConnectorHost> host_;
};

}  // namespace perennial::host
