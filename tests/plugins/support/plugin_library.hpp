// A built plugin, loaded as a host loads it, with a host that keeps what it is told.
//
// Errors:  std::runtime_error when the library or its entry is not usable.
#ifndef PERENNIAL_TESTS_PLUGINS_SUPPORT_PLUGIN_LIBRARY_HPP
#define PERENNIAL_TESTS_PLUGINS_SUPPORT_PLUGIN_LIBRARY_HPP

#include <map>
#include <mutex>
#include <string>

#include "perennial/plugin.h"
#include "plugins/common/json.hpp"

namespace perennial::tests {

// Where the build put the plugins: PERENNIAL_BUILD_DIR, as the test runner sets it.
std::string plugin_folder(const std::string& id);

class FakeHost {
 public:
  explicit FakeHost(std::map<std::string, std::string> secrets = {});
  const perennial_host* table() const { return &host_; }
  std::string last_fault() const;

 private:
  static const void* extension(const perennial_host* host, const char* id);

  perennial_host host_{};
  std::map<std::string, std::string> secrets_;
  mutable std::mutex mutex_;
  std::string fault_;  // guarded by mutex_
};

class LoadedPlugin {
 public:
  LoadedPlugin(const std::string& id, std::map<std::string, std::string> secrets = {});
  ~LoadedPlugin();
  LoadedPlugin(const LoadedPlugin&) = delete;
  LoadedPlugin& operator=(const LoadedPlugin&) = delete;

  std::uint32_t configure(const plugins::common::Json& config);
  std::uint32_t start();
  void stop();

  const perennial_entry& entry() const { return *entry_; }
  perennial_instance* instance() { return instance_; }
  FakeHost& host() { return host_; }
  template <class Table>
  const Table* extension(const char* id) {
    return static_cast<const Table*>(instance_->get_extension(instance_, id));
  }

 private:
  FakeHost host_;
  const perennial_entry* entry_ = nullptr;
  perennial_instance* instance_ = nullptr;
  bool is_started_ = false;
};

}  // namespace perennial::tests

#endif
