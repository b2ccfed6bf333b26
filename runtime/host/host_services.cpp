#include "runtime/host/host_services.hpp"

#include <perennial/plugin.h>
#include <string.h>

#include <utility>

#include "runtime/host/plugin_replies.hpp"

namespace perennial::host {
namespace {

thread_local std::string stated_fault;

void wipe(std::string& secret) {
  ::explicit_bzero(secret.data(), secret.size());
}

const HostServices& services_of(const perennial_host* host) {
  return *static_cast<const HostServices*>(host->host_data);
}

}  // namespace

HostServices::HostServices(Secrets secrets, Log log)
    : table_{sizeof(perennial_host),
             PERENNIAL_ABI_MAJOR,
             PERENNIAL_ABI_MINOR,
             0,
             this,
             &get_extension,
             &fault},
      secrets_(std::move(secrets)),
      log_(std::move(log)) {}

HostServices::~HostServices() {
  for (auto& [field, value] : secrets_) wipe(value);
}

std::string HostServices::take_fault() {
  return std::exchange(stated_fault, {});
}

const void* HostServices::get_extension(const perennial_host*, const char* id) {
  static constexpr perennial_host_log log_table{&write_log};
  static constexpr perennial_host_secret secret_table{&read_secret};
  const std::string_view name = id == nullptr ? std::string_view() : std::string_view(id);
  if (name == PERENNIAL_HOST_LOG) return &log_table;
  if (name == PERENNIAL_HOST_SECRET) return &secret_table;
  return nullptr;
}

void HostServices::fault(const perennial_host* host, perennial_view text) {
  stated_fault = text_of(text, PERENNIAL_TEXT_BYTES_MAX);
  services_of(host).log_(PERENNIAL_LEVEL_ERROR, "fault: " + stated_fault);
}

void HostServices::write_log(const perennial_host* host, uint32_t level, perennial_view text) {
  const bool is_listed = level >= PERENNIAL_LEVEL_DEBUG && level <= PERENNIAL_LEVEL_ERROR;
  services_of(host).log_(is_listed ? level : static_cast<uint32_t>(PERENNIAL_LEVEL_ERROR),
                         text_of(text, PERENNIAL_TEXT_BYTES_MAX));
}

uint32_t HostServices::read_secret(const perennial_host* host, perennial_view field, void* context,
                                   void (*receive)(void* context, perennial_view value)) {
  const auto& secrets = services_of(host).secrets_;
  const auto found = secrets.find(bytes_of(field));
  if (found == secrets.end() || receive == nullptr) return PERENNIAL_CALL_REFUSED;
  // A copy, so that nothing that the plugin does to the bytes reaches the original.
  std::string value = found->second;
  receive(context, {value.data(), value.size()});
  wipe(value);
  return PERENNIAL_CALL_DONE;
}

}  // namespace perennial::host
