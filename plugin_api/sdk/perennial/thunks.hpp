// The C tables of a Connector class, made at compile time. Included by connector.hpp.
//
// Errors:  every thunk is noexcept; an escaped exception is reported through host->fault with the
//          name of the plugin and of the method, then answered with the FAULT of that table.
#ifndef PERENNIAL_SDK_THUNKS_HPP
#define PERENNIAL_SDK_THUNKS_HPP

#include <cstring>

#include "perennial/connector.hpp"

namespace perennial::sdk {

template <class Class>
class Thunks {
 public:
  static perennial_instance* create(const perennial_host* host, const char* name) noexcept {
    Instance* made = nullptr;
    const Host lent(host);
    guard(lent, name, "create", 0u, [&] {
      auto instance = std::make_unique<Instance>(lent, name);
      instance->connector = std::make_unique<Class>(instance->host);
      made = instance.release();
      return 1u;
    });
    return made == nullptr ? nullptr : &made->table;
  }

 private:
  struct Instance {
    Instance(const Host& lent, const char* plugin) : host(lent), name(plugin) {
      table.struct_size = sizeof(perennial_instance);
      table.plugin_data = this;
      table.configure = configure;
      table.start = start;
      table.stop = stop;
      table.destroy = destroy;
      table.get_extension = get_extension;
    }

    perennial_instance table{};
    Host host;
    const char* name;
    std::unique_ptr<Class> connector;
  };

  static Instance& of(perennial_instance* self) {
    return *static_cast<Instance*>(self->plugin_data);
  }

  template <class Body>
  static std::uint32_t guard(const Host& host, const char* name, std::string_view method,
                             std::uint32_t fault, Body body) noexcept {
    try {
      return body();
    } catch (const std::exception& error) {
      report(host, name, method, error.what());
    } catch (...) {
      report(host, name, method, "an exception that is not a std::exception");
    }
    return fault;
  }

  // Building the text may itself run out of memory, and a thunk must not throw.
  static void report(const Host& host, const char* name, std::string_view method,
                     const char* why) noexcept {
    try {
      host.fault("plugin " + std::string(name) + ": " + std::string(method) + ": " + why);
    } catch (...) {
      host.fault("a plugin failed and had no memory left to say why");
    }
  }

  static std::uint32_t answer(const Host& host, const Readiness& readiness) {
    if (readiness.is_ready) return PERENNIAL_CALL_DONE;
    host.fault(readiness.reason);
    return PERENNIAL_CALL_REFUSED;
  }

  static std::uint32_t configure(perennial_instance* self, perennial_view config) noexcept {
    Instance& instance = of(self);
    return guard(instance.host, instance.name, "configure", PERENNIAL_CALL_FAULT, [&] {
      return answer(instance.host, instance.connector->configure(view(config)));
    });
  }

  static std::uint32_t start(perennial_instance* self) noexcept {
    Instance& instance = of(self);
    return guard(instance.host, instance.name, "start", PERENNIAL_CALL_FAULT,
                 [&] { return answer(instance.host, instance.connector->start()); });
  }

  static void stop(perennial_instance* self) noexcept {
    Instance& instance = of(self);
    guard(instance.host, instance.name, "stop", PERENNIAL_CALL_FAULT, [&] {
      instance.connector->stop();
      return std::uint32_t{PERENNIAL_CALL_DONE};
    });
  }

  static void destroy(perennial_instance* self) noexcept { delete &of(self); }

  static std::uint32_t poll_source(perennial_instance* self, const perennial_source_call* call,
                                   perennial_source_reply* reply) noexcept {
    Instance& instance = of(self);
    return guard(instance.host, instance.name, "poll", PERENNIAL_SOURCE_FAULT, [&] {
      const SourceCall given{view(call->source), view(call->cursor), view(call->start),
                             call->now_ms,       call->deadline_ms,  call->records_max,
                             call->bytes_max};
      SourceReply answers(*reply);
      return static_cast<std::uint32_t>(instance.connector->poll(given, answers));
    });
  }

  static void acknowledge(perennial_instance* self, perennial_view source,
                          perennial_view cursor) noexcept {
    Instance& instance = of(self);
    guard(instance.host, instance.name, "acknowledge", PERENNIAL_CALL_FAULT, [&] {
      instance.connector->acknowledge(view(source), view(cursor));
      return std::uint32_t{PERENNIAL_CALL_DONE};
    });
  }

  // execute, poll and cancel share a signature; `Method` is the one that is meant.
  template <auto Method>
  static std::uint32_t operate(perennial_instance* self, const perennial_operation_call* call,
                               perennial_operation_reply* reply) noexcept {
    Instance& instance = of(self);
    return guard(instance.host, instance.name, "operation", PERENNIAL_CALL_FAULT, [&] {
      OperationReply answers(*reply);
      (instance.connector.get()->*Method)(OperationCall(*call), answers);
      return std::uint32_t{PERENNIAL_CALL_DONE};
    });
  }

  static std::uint32_t look_up(perennial_instance* self, const perennial_operation_call* call,
                               perennial_lookup_reply* reply) noexcept {
    Instance& instance = of(self);
    return guard(instance.host, instance.name, "lookup", PERENNIAL_CALL_FAULT, [&] {
      LookupReply answers(*reply);
      instance.connector->lookup(OperationCall(*call), answers);
      return std::uint32_t{PERENNIAL_CALL_DONE};
    });
  }

  static std::uint32_t receive(perennial_instance* self, const perennial_webhook_call* call,
                               perennial_webhook_reply* reply) noexcept {
    Instance& instance = of(self);
    return guard(instance.host, instance.name, "receive", PERENNIAL_WEBHOOK_FAULT, [&] {
      WebhookReply answers(*reply);
      return static_cast<std::uint32_t>(instance.connector->receive(WebhookCall(*call), answers));
    });
  }

  static std::uint32_t check(perennial_instance* self, std::int64_t deadline_ms,
                             perennial_health_reply* reply) noexcept {
    Instance& instance = of(self);
    return guard(instance.host, instance.name, "check", PERENNIAL_CALL_FAULT, [&] {
      HealthReply answers(*reply);
      instance.connector->check(deadline_ms, answers);
      return std::uint32_t{PERENNIAL_CALL_DONE};
    });
  }

  static const void* operation_table() {
    static constexpr bool is_pending = std::is_base_of_v<Pending, Class>;
    static const perennial_operation table = [] {
      perennial_operation made{operate<&Operations::execute>, nullptr, nullptr};
      if constexpr (is_pending) {
        made.poll = operate<&Pending::poll_pending>;
        made.cancel = operate<&Pending::cancel_pending>;
      }
      return made;
    }();
    return &table;
  }

  static const void* get_extension(perennial_instance*, const char* id) noexcept {
    const auto is = [id](const char* known) { return std::strcmp(id, known) == 0; };
    if constexpr (std::is_base_of_v<Source, Class>) {
      static constexpr perennial_source table = {poll_source, acknowledge};
      if (is(PERENNIAL_SOURCE)) return &table;
    }
    if constexpr (std::is_base_of_v<Operations, Class>) {
      if (is(PERENNIAL_OPERATION)) return operation_table();
    }
    if constexpr (std::is_base_of_v<Lookup, Class>) {
      static constexpr perennial_lookup table = {look_up};
      if (is(PERENNIAL_LOOKUP)) return &table;
    }
    if constexpr (std::is_base_of_v<Webhooks, Class>) {
      static constexpr perennial_webhook table = {receive};
      if (is(PERENNIAL_WEBHOOK)) return &table;
    }
    if constexpr (std::is_base_of_v<Health, Class>) {
      static constexpr perennial_health table = {check};
      if (is(PERENNIAL_HEALTH)) return &table;
    }
    return nullptr;
  }
};

}  // namespace perennial::sdk

#endif
