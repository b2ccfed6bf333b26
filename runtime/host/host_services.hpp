// The tables that the runtime lends to a plugin instance: fault, log, secrets.
//
// Place:   one for each connector; lives as long as the instance.
// Thread:  every table function may be called from any thread of the plugin.
// Errors:  none towards the plugin. A fault text belongs to the thread that stated it.
#pragma once

#include <perennial/host.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace perennial::host {

// Secrets of one connector by config field; never printed.
using Secrets = std::map<std::string, std::string, std::less<>>;
// `level` is a perennial_level.
using Log = std::function<void(std::uint32_t level, std::string_view text)>;

class HostServices {
 public:
  HostServices(Secrets secrets, Log log);
  ~HostServices();
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  [[nodiscard]] const perennial_host* table() const { return &table_; }
  void log(std::uint32_t level, std::string_view text) const { log_(level, text); }

  // The fault that this thread stated since the last call of this, and forgets it.
  [[nodiscard]] static std::string take_fault();

 private:
  static const void* get_extension(const perennial_host* host, const char* id);
  static void fault(const perennial_host* host, perennial_view text);
  static void write_log(const perennial_host* host, uint32_t level, perennial_view text);
  static uint32_t read_secret(const perennial_host* host, perennial_view field, void* context,
                              void (*receive)(void* context, perennial_view value));

  perennial_host table_;
  Secrets secrets_;
  Log log_;
};

}  // namespace perennial::host
