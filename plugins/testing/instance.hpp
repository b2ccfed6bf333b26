// The testing connector: emits numbered events, answers as configured, breaks rules on request.
//
// Place:   plugins/testing; written against the C headers alone, as a vendor without our C++ layer
//          would.
// Thread:  as the boundary says; the configuration is constant between start and stop.
#pragma once

#include <perennial/plugin.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/testing/ages.hpp"
#include "plugins/testing/config.hpp"
#include "plugins/testing/load.hpp"

namespace testing_connector {

class Instance {
 public:
  explicit Instance(const perennial_host* host);

  perennial_instance* table() { return &table_; }
  static Instance& of(perennial_instance* instance) {
    return *static_cast<Instance*>(instance->plugin_data);
  }

  std::uint32_t configure(perennial_view config);
  std::uint32_t start();
  void stop();
  std::uint32_t poll_source(const perennial_source_call& call, perennial_source_reply& reply);
  void acknowledge(perennial_view cursor);
  // execute, poll and cancel: they differ in their name only.
  std::uint32_t operate(const char* callback, const perennial_operation_call& call,
                        perennial_operation_reply& reply);
  std::uint32_t lookup(const perennial_operation_call& call, perennial_lookup_reply& reply);
  std::uint32_t receive(const perennial_webhook_call& call, perennial_webhook_reply& reply);
  std::uint32_t check(perennial_health_reply& reply);
  // Crashes, throws or blocks when the configuration wants it in this callback; notes the call.
  void enter(const char* callback, std::string_view keys = {});

 private:
  std::uint32_t emit(perennial_source_reply& reply, std::uint64_t number, std::uint32_t form);
  bool break_rules(const perennial_operation_call& call, perennial_operation_reply& reply,
                   std::uint32_t& result);
  // Notes the birth of a delivery that carries one.
  perennial_outcome outcome_of(const perennial_delivery& delivery,
                               std::vector<std::int64_t>& births_us) const;
  [[nodiscard]] std::uint32_t form() const;
  [[nodiscard]] Load::Plan load_plan() const;
  [[nodiscard]] std::int64_t allowed(std::int64_t now_ms);
  [[nodiscard]] std::string record_of(std::uint64_t number, std::uint32_t form) const;

  const perennial_host* host_;
  perennial_instance table_;
  Config config_;
  std::int64_t begun_ms_ = 0;
  Load load_;
  Ages ages_;
  std::atomic<perennial_operation_reply*> kept_reply_{nullptr};
};

}  // namespace testing_connector
