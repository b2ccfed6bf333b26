#include "tests/plugins/support/plugin_library.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "perennial/types.hpp"

namespace perennial::tests {

using sdk::view;

std::string plugin_folder(const std::string& id) {
  const char* build = std::getenv("PERENNIAL_BUILD_DIR");
  return std::string(build == nullptr ? "build/release" : build) + "/lib/perennial/plugins/" + id;
}

FakeHost::FakeHost(std::map<std::string, std::string> secrets) : secrets_(std::move(secrets)) {
  host_.struct_size = sizeof(perennial_host);
  host_.abi_major = PERENNIAL_ABI_MAJOR;
  host_.abi_minor = PERENNIAL_ABI_MINOR;
  host_.host_data = this;
  host_.get_extension = extension;
  host_.fault = [](const perennial_host* host, perennial_view text) {
    auto& self = *static_cast<FakeHost*>(host->host_data);
    const std::lock_guard lock(self.mutex_);
    self.fault_ = view(text);
  };
}

std::string FakeHost::last_fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

const void* FakeHost::extension(const perennial_host*, const char* id) {
  static const perennial_host_log log = {
      [](const perennial_host*, std::uint32_t, perennial_view) {}};
  static const perennial_host_secret secret = {
      [](const perennial_host* host, perennial_view field, void* context,
         void (*receive)(void*, perennial_view)) -> std::uint32_t {
        auto& self = *static_cast<FakeHost*>(host->host_data);
        const auto found = self.secrets_.find(std::string(view(field)));
        if (found == self.secrets_.end()) return PERENNIAL_CALL_REFUSED;
        receive(context, view(std::string_view(found->second)));
        return PERENNIAL_CALL_DONE;
      }};
  if (std::strcmp(id, PERENNIAL_HOST_LOG) == 0) return &log;
  if (std::strcmp(id, PERENNIAL_HOST_SECRET) == 0) return &secret;
  return nullptr;
}

LoadedPlugin::LoadedPlugin(const std::string& id, std::map<std::string, std::string> secrets)
    : host_(std::move(secrets)) {
  const std::string path = plugin_folder(id) + "/" + id + ".so";
  // Never closed, as in the runtime.
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  entry_ = static_cast<const perennial_entry*>(dlsym(library, PERENNIAL_ENTRY_SYMBOL));
  if (entry_ == nullptr) throw std::runtime_error(path + " has no entry");
  instance_ = entry_->create(host_.table());
  if (instance_ == nullptr) throw std::runtime_error(path + " made no instance");
}

LoadedPlugin::~LoadedPlugin() {
  stop();
  instance_->destroy(instance_);
}

std::uint32_t LoadedPlugin::configure(const plugins::common::Json& config) {
  const std::string bytes = plugins::common::msgpack_of(config);
  return instance_->configure(instance_, view(std::string_view(bytes)));
}

std::uint32_t LoadedPlugin::start() {
  const std::uint32_t result = instance_->start(instance_);
  is_started_ = result == PERENNIAL_CALL_DONE;
  return result;
}

void LoadedPlugin::stop() {
  if (is_started_) instance_->stop(instance_);
  is_started_ = false;
}

}  // namespace perennial::tests
