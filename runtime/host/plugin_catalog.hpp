// Finds plugins in the configured folders by their manifests, without loading any code.
//
// Place:   built by app and lint at start; chosen manifests go to hosts.
// Errors:  a folder that is wrong does not hide the others: its reason is kept and told when that
//          plugin is asked for, and by `refusals`.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.hpp"
#include "runtime/host/manifest.hpp"

namespace perennial::host {

class PluginCatalog {
 public:
  // A folder that was refused, and why.
  struct Refusal {
    std::filesystem::path directory;
    std::string reason;
  };

  // Looks for <directory>/<folder>/connector.json in each directory. A missing directory is an
  // error; a broken plugin is a refusal.
  [[nodiscard]] static Result<PluginCatalog> scan(
      const std::vector<std::filesystem::path>& directories);

  // The plugin `id`: the asked `version`, or the newest when `version` is empty.
  [[nodiscard]] Result<const Manifest*> find(std::string_view id,
                                             std::string_view version = {}) const;
  [[nodiscard]] const std::vector<Manifest>& manifests() const { return manifests_; }
  [[nodiscard]] const std::vector<Refusal>& refusals() const { return refusals_; }

 private:
  void add(const std::filesystem::path& folder);
  void refuse_duplicates();

  std::vector<Manifest> manifests_;  // by id, then newest version first
  std::vector<Refusal> refusals_;
  std::vector<std::filesystem::path> directories_;
};

// Whether this runtime can load a plugin built for that version of the boundary; the reason says
// which side is too old and what to do.
[[nodiscard]] Status check_abi(std::string_view plugin, std::uint32_t major, std::uint32_t minor);

// Order of semantic versions (semver.org 2.0.0, 11): negative, zero or positive.
[[nodiscard]] int compare_versions(std::string_view left, std::string_view right);

}  // namespace perennial::host
