// Opens a plugin's shared library and checks that it is what its manifest says.
//
// Place:   the only user of Boost.DLL.
// Owns:    nothing that ends: a loaded library stays loaded until the process ends, because code of
//          it may still run on a thread that was written off.
// Errors:  no file, no symbol, other boundary, other sizes, other id or version: one sentence each.
#pragma once

#include <perennial/connector.h>

#include "runtime/base/status.hpp"
#include "runtime/host/manifest.hpp"

namespace perennial::host {

class PluginLibrary {
 public:
  [[nodiscard]] static Result<PluginLibrary> load(const Manifest& manifest);
  [[nodiscard]] const perennial_entry& entry() const { return *entry_; }

 private:
  explicit PluginLibrary(const perennial_entry* entry) : entry_(entry) {}
  const perennial_entry* entry_;
};

}  // namespace perennial::host
