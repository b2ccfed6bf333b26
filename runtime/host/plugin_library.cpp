#include "runtime/host/plugin_library.hpp"

#include <boost/dll/shared_library.hpp>
#include <map>
#include <memory>
#include <mutex>

#include "runtime/host/plugin_catalog.hpp"

namespace perennial::host {
namespace {

// Opened for good: the registry is never destroyed, and one library is opened once.
Result<const boost::dll::shared_library*> open(const std::string& path) {
  static std::mutex mutex;
  static auto& opened = *new std::map<std::string, std::unique_ptr<boost::dll::shared_library>>();
  const std::lock_guard lock(mutex);
  const auto found = opened.find(path);
  if (found != opened.end()) return found->second.get();
  auto library = std::make_unique<boost::dll::shared_library>();
  std::string what;
  try {
    library->load(path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    return (opened[path] = std::move(library)).get();
  } catch (const std::exception& failure) {
    what = failure.what();
  }
  return fail(Code::unavailable, path + ": expected a loadable shared library, but: " + what +
                                     "; check that the file is there, is built for this machine "
                                     "and that the libraries it needs are installed");
}

Status check_entry(const std::string& path, const Manifest& manifest,
                   const perennial_entry& entry) {
  // The versions come first: other fields may mean something else in another major.
  if (auto status =
          check_abi(manifest.id + " " + manifest.version, entry.abi_major, entry.abi_minor);
      !status) {
    return fail_within(path, status.error());
  }
  if (entry.struct_size != sizeof(perennial_entry)) {
    return fail(Code::unsupported,
                path + ": expected a perennial_entry of " +
                    std::to_string(sizeof(perennial_entry)) + " bytes, but the plugin states " +
                    std::to_string(entry.struct_size) +
                    "; it was built with changed or damaged headers: rebuild it with the published "
                    "ones of boundary " +
                    std::to_string(PERENNIAL_ABI_MAJOR));
  }
  if (entry.describe == nullptr || entry.create == nullptr) {
    return fail(Code::defect, path +
                                  ": expected describe and create in perennial_entry, but one is "
                                  "NULL; the plugin has to fill both");
  }
  return {};
}

Status check_descriptor(const std::string& path, const Manifest& manifest,
                        const perennial_descriptor* descriptor) {
  if (descriptor == nullptr || descriptor->id == nullptr || descriptor->version == nullptr) {
    return fail(Code::defect,
                path + ": expected describe() to give id and version, but it gave NULL");
  }
  if (manifest.id != descriptor->id) {
    return fail(Code::invalid,
                path + ": expected the library of plugin '" + manifest.id +
                    "', as connector.json beside it says, but the library says it is '" +
                    descriptor->id + "'; install the two files of one build");
  }
  if (manifest.version != descriptor->version) {
    return fail(Code::invalid, path + ": expected version " + manifest.version +
                                   ", as connector.json beside it says, but the library says " +
                                   descriptor->version + "; install the two files of one build");
  }
  return {};
}

}  // namespace

Result<PluginLibrary> PluginLibrary::load(const Manifest& manifest) {
  const std::string path = manifest.library.string();
  const auto library = open(path);
  if (!library) return tl::unexpected(library.error());
  if (!(*library)->has(PERENNIAL_ENTRY_SYMBOL)) {
    return fail(Code::invalid, path +
                                   ": expected the symbol " PERENNIAL_ENTRY_SYMBOL
                                   ", but the library has none; export it with PERENNIAL_EXPORT");
  }
  const auto& entry = (*library)->get<const perennial_entry>(PERENNIAL_ENTRY_SYMBOL);
  if (auto status = check_entry(path, manifest, entry); !status) {
    return tl::unexpected(status.error());
  }
  const perennial_descriptor* descriptor = nullptr;
  try {
    descriptor = entry.describe();
  } catch (...) {
    return fail(Code::defect, path + ": expected describe() to return, but it threw an exception");
  }
  if (auto status = check_descriptor(path, manifest, descriptor); !status) {
    return tl::unexpected(status.error());
  }
  return PluginLibrary(&entry);
}

}  // namespace perennial::host
