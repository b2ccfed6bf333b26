// Glue only: the tables of the boundary, each function handing over to testing_connector::Instance.
// On purpose without a guard against exceptions: how the runtime meets one is under test.
#include <perennial/plugin.h>

#include <memory>
#include <new>
#include <string_view>

#include "plugins/testing/instance.hpp"

namespace {

using testing_connector::Instance;

uint32_t configure(perennial_instance* self, perennial_view config) {
  return Instance::of(self).configure(config);
}
uint32_t start(perennial_instance* self) {
  return Instance::of(self).start();
}
void stop(perennial_instance* self) {
  Instance::of(self).stop();
}
void destroy(perennial_instance* self) {
  const std::unique_ptr<Instance> instance(&Instance::of(self));
  instance->enter("destroy");
}

uint32_t poll_source(perennial_instance* self, const perennial_source_call* call,
                     perennial_source_reply* reply) {
  return Instance::of(self).poll_source(*call, *reply);
}
void acknowledge(perennial_instance* self, perennial_view, perennial_view cursor) {
  Instance::of(self).acknowledge(cursor);
}
uint32_t execute(perennial_instance* self, const perennial_operation_call* call,
                 perennial_operation_reply* reply) {
  return Instance::of(self).operate("execute", *call, *reply);
}
uint32_t poll(perennial_instance* self, const perennial_operation_call* call,
              perennial_operation_reply* reply) {
  return Instance::of(self).operate("poll", *call, *reply);
}
uint32_t cancel(perennial_instance* self, const perennial_operation_call* call,
                perennial_operation_reply* reply) {
  return Instance::of(self).operate("cancel", *call, *reply);
}
uint32_t lookup(perennial_instance* self, const perennial_operation_call* call,
                perennial_lookup_reply* reply) {
  return Instance::of(self).lookup(*call, *reply);
}
uint32_t receive(perennial_instance* self, const perennial_webhook_call* call,
                 perennial_webhook_reply* reply) {
  return Instance::of(self).receive(*call, *reply);
}
uint32_t check(perennial_instance* self, int64_t, perennial_health_reply* reply) {
  return Instance::of(self).check(*reply);
}

constexpr perennial_source source_table{&poll_source, &acknowledge};
constexpr perennial_operation operation_table{&execute, &poll, &cancel};
constexpr perennial_lookup lookup_table{&lookup};
constexpr perennial_webhook webhook_table{&receive};
constexpr perennial_health health_table{&check};

const void* get_extension(perennial_instance*, const char* id) {
  const std::string_view name(id);
  if (name == PERENNIAL_SOURCE) return &source_table;
  if (name == PERENNIAL_OPERATION) return &operation_table;
  if (name == PERENNIAL_LOOKUP) return &lookup_table;
  if (name == PERENNIAL_WEBHOOK) return &webhook_table;
  if (name == PERENNIAL_HEALTH) return &health_table;
  return nullptr;
}

const perennial_descriptor* describe() {
  static constexpr perennial_descriptor descriptor{"testing", "0.1.0"};
  return &descriptor;
}

perennial_instance* create(const perennial_host* host) {
  auto* instance = new (std::nothrow) Instance(host);
  if (instance == nullptr) return nullptr;
  *instance->table() = {
      sizeof(perennial_instance), 0, instance, &configure, &start, &stop, &destroy, &get_extension};
  return instance->table();
}

}  // namespace

PERENNIAL_EXTERN_C PERENNIAL_EXPORT const perennial_entry perennial_plugin = {
    sizeof(perennial_entry), PERENNIAL_ABI_MAJOR, PERENNIAL_ABI_MINOR, 0, &describe, &create};
