// A connector as a C++ class: derive, override, and name it with PERENNIAL_PLUGIN.
//
// Place:   compiled into the plugin; nothing of it crosses the boundary.
// Thread:  the methods are called as the C headers say: configure, start, stop and check alone;
//          poll one at a time for each source; execute, lookup concurrently up to the manifest.
// Errors:  an exception that leaves a method becomes a FAULT whose text names plugin and method.
//
//   class Crm : public sdk::Connector, public sdk::Operations { ... };
//   PERENNIAL_PLUGIN(Crm, "crm", "1.2.0")
#ifndef PERENNIAL_SDK_CONNECTOR_HPP
#define PERENNIAL_SDK_CONNECTOR_HPP

#include <exception>
#include <memory>
#include <new>
#include <string>
#include <type_traits>

#include "perennial/types.hpp"

namespace perennial::sdk {

// What the runtime lends. Copy it freely: it only points.
class Host {
 public:
  explicit Host(const perennial_host* host) : host_(host) {
    log_ = static_cast<const perennial_host_log*>(extension(PERENNIAL_HOST_LOG));
    secret_ = static_cast<const perennial_host_secret*>(extension(PERENNIAL_HOST_SECRET));
  }

  void log(Level level, std::string_view text) const {
    if (log_ == nullptr) return;
    log_->write(host_, static_cast<std::uint32_t>(level),
                view(bounded(text, PERENNIAL_TEXT_BYTES_MAX)));
  }

  // The secret of a config field by dotted path, or nothing when it is not set. Ask again for each
  // use that may be far apart, since values rotate.
  std::optional<std::string> secret(std::string_view field) const {
    std::optional<std::string> found;
    if (secret_ == nullptr) return found;
    secret_->read(host_, view(field), &found, [](void* context, perennial_view value) noexcept {
      *static_cast<std::optional<std::string>*>(context) = std::string(view(value));
    });
    return found;
  }

  void fault(std::string_view text) const {
    host_->fault(host_, view(bounded(text, PERENNIAL_TEXT_BYTES_MAX)));
  }

 private:
  const void* extension(const char* id) const {
    return host_->get_extension == nullptr ? nullptr : host_->get_extension(host_, id);
  }

  const perennial_host* host_;
  const perennial_host_log* log_ = nullptr;
  const perennial_host_secret* secret_ = nullptr;
};

class Connector {
 public:
  explicit Connector(const Host& host) : host_(host) {}
  virtual ~Connector() = default;
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // `config` is a msgpack map that satisfies config.schema.json. Touches no network.
  virtual Readiness configure(std::string_view config) = 0;
  virtual Readiness start() { return Readiness::ready(); }
  virtual void stop() {}

 protected:
  const Host& host() const { return host_; }

 private:
  Host host_;
};

// The abilities of a connector: derive from those that it has.
class Source {
 public:
  virtual ~Source() = default;
  virtual SourceResult poll(const SourceCall& call, SourceReply& reply) = 0;
  virtual void acknowledge(std::string_view /*source*/, std::string_view /*cursor*/) {}
};

class Operations {
 public:
  virtual ~Operations() = default;
  virtual void execute(const OperationCall& call, OperationReply& reply) = 0;
};

// For operations that answer `pending`.
class Pending {
 public:
  virtual ~Pending() = default;
  virtual void poll_pending(const OperationCall& call, OperationReply& reply) = 0;
  virtual void cancel_pending(const OperationCall& call, OperationReply& reply) = 0;
};

class Lookup {
 public:
  virtual ~Lookup() = default;
  virtual void lookup(const OperationCall& call, LookupReply& reply) = 0;
};

class Webhooks {
 public:
  virtual ~Webhooks() = default;
  virtual WebhookResult receive(const WebhookCall& call, WebhookReply& reply) = 0;
};

class Health {
 public:
  virtual ~Health() = default;
  virtual void check(std::int64_t deadline_ms, HealthReply& reply) = 0;
};

}  // namespace perennial::sdk

#include "perennial/thunks.hpp"

// Defines the one exported symbol of the plugin. `Class` is constructible from `const sdk::Host&`.
#define PERENNIAL_PLUGIN(Class, plugin_id, plugin_version)                                  \
  namespace {                                                                               \
  constexpr perennial_descriptor perennial_plugin_descriptor = {plugin_id, plugin_version}; \
  const perennial_descriptor* perennial_plugin_describe() {                                 \
    return &perennial_plugin_descriptor;                                                    \
  }                                                                                         \
  perennial_instance* perennial_plugin_create(const perennial_host* host) {                 \
    return ::perennial::sdk::Thunks<Class>::create(host, plugin_id " " plugin_version);     \
  }                                                                                         \
  }                                                                                         \
  PERENNIAL_EXTERN_C PERENNIAL_EXPORT const perennial_entry perennial_plugin;               \
  const perennial_entry perennial_plugin = {sizeof(perennial_entry),   PERENNIAL_ABI_MAJOR, \
                                            PERENNIAL_ABI_MINOR,       0,                   \
                                            perennial_plugin_describe, perennial_plugin_create};

#endif
