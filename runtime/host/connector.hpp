// One configured instance of a plugin, behind values of ours.
//
// Place:   the only file that calls into a plugin. Made by connector_host, lint and dry-run.
// Thread:  create, configure, start, stop, receive_webhook and check_health come one at a time;
//          poll_source one at a time for each source; call() concurrently.
// Errors:  whatever the plugin does wrong is told as misuse: "plugin X did ..., must ...", counted,
//          and turned into the answer that the boundary names for it. An exception that a plugin
//          lets out ends there.
// Limits:  plugin_api/include/perennial/abi.h.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/status.hpp"
#include "runtime/host/host_services.hpp"
#include "runtime/host/manifest.hpp"
#include "runtime/host/plugin_calls.hpp"
#include "runtime/wire/frames.hpp"

namespace perennial::host {

class Connector {
 public:
  // Loads the library and creates the instance. `name` is the one in the configuration.
  [[nodiscard]] static Result<std::unique_ptr<Connector>> create(const Manifest& manifest,
                                                                 const std::string& name,
                                                                 Secrets secrets, Log log);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // `config` is a msgpack map that satisfies the plugin's schema, defaults filled in.
  [[nodiscard]] Status configure(ByteView config);
  [[nodiscard]] Status start();
  void stop();

  [[nodiscard]] PollResult poll_source(const SourceCall& call);
  void acknowledge(std::string_view source, ByteView cursor);
  // One answer for each delivery, in their order; `kind` is of the verb's enum.
  [[nodiscard]] std::vector<Answer> call(wire::Verb verb, const OperationCall& call);
  [[nodiscard]] WebhookResult receive_webhook(const WebhookCall& call);
  [[nodiscard]] std::vector<HealthFinding> check_health(std::int64_t deadline_ms);

  [[nodiscard]] std::uint64_t misuse_count() const;

 private:
  struct Parts;
  explicit Connector(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace perennial::host
