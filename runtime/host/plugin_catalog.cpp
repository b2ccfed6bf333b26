#include "runtime/host/plugin_catalog.hpp"

#include <perennial/abi.h>

#include <algorithm>
#include <charconv>

namespace perennial::host {
namespace {

namespace fs = std::filesystem;

// Takes the part before `separator` off `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return part;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Numbers by value (of any length), texts by bytes, numbers below texts.
int compare_parts(std::string_view left, std::string_view right) {
  if (is_number(left) != is_number(right)) return is_number(left) ? -1 : 1;
  if (is_number(left)) {
    left.remove_prefix(std::min(left.find_first_not_of('0'), left.size() - 1));
    right.remove_prefix(std::min(right.find_first_not_of('0'), right.size() - 1));
    if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  }
  return left.compare(right);
}

int compare_lists(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    const int order = compare_parts(take_until(left, '.'), take_until(right, '.'));
    if (order != 0) return order;
  }
  return static_cast<int>(!left.empty()) - static_cast<int>(!right.empty());
}

std::string shown_version(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

}  // namespace

int compare_versions(std::string_view left, std::string_view right) {
  const std::string_view left_core = take_until(left, '-');
  const std::string_view right_core = take_until(right, '-');
  if (const int order = compare_lists(left_core, right_core); order != 0) return order;
  // A version without a pre-release is newer than the same one with it.
  if (left.empty() || right.empty()) {
    return static_cast<int>(left.empty()) - static_cast<int>(right.empty());
  }
  return compare_lists(left, right);
}

Status check_abi(std::string_view plugin, std::uint32_t major, std::uint32_t minor) {
  const std::string who = "plugin " + std::string(plugin);
  const std::string ours = shown_version(PERENNIAL_ABI_MAJOR, PERENNIAL_ABI_MINOR);
  const std::string theirs = shown_version(major, minor);
  if (major < PERENNIAL_ABI_MAJOR) {
    return fail(Code::unsupported,
                who + ": expected plugin boundary " + ours + ", but it was built for " + theirs +
                    "; the plugin is too old: install a version of it built for boundary " +
                    std::to_string(PERENNIAL_ABI_MAJOR));
  }
  if (major > PERENNIAL_ABI_MAJOR || minor > PERENNIAL_ABI_MINOR) {
    return fail(Code::unsupported,
                who + ": expected plugin boundary " + ours +
                    " or an earlier minor, but it was built for " + theirs +
                    "; this runtime is too old: upgrade perennial, or install an older "
                    "version of the plugin");
  }
  return {};
}

Result<PluginCatalog> PluginCatalog::scan(const std::vector<fs::path>& directories) {
  PluginCatalog catalog;
  catalog.directories_ = directories;
  for (const fs::path& directory : directories) {
    std::error_code error;
    std::vector<fs::path> folders;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
      if (entry->is_directory() && fs::exists(entry->path() / "connector.json")) {
        folders.push_back(entry->path());
      }
    }
    if (error) {
      return fail(Code::not_found,
                  directory.string() + ": expected a readable plugin directory, but: " +
                      error.message() + "; correct `plugins` in the configuration");
    }
    std::sort(folders.begin(), folders.end());
    for (const fs::path& folder : folders) catalog.add(folder);
  }
  std::stable_sort(catalog.manifests_.begin(), catalog.manifests_.end(),
                   [](const Manifest& left, const Manifest& right) {
                     if (left.id != right.id) return left.id < right.id;
                     return compare_versions(left.version, right.version) > 0;
                   });
  catalog.refuse_duplicates();
  return catalog;
}

void PluginCatalog::add(const fs::path& folder) {
  auto manifest = read_manifest(folder);
  if (!manifest) {
    refusals_.push_back({folder, manifest.error().reason});
    return;
  }
  const std::string name = manifest->id + " " + manifest->version;
  if (auto status = check_abi(name, manifest->abi_major, manifest->abi_minor); !status) {
    refusals_.push_back(
        {folder, (folder / "connector.json").string() + ": " + status.error().reason});
    return;
  }
  manifests_.push_back(std::move(*manifest));
}

void PluginCatalog::refuse_duplicates() {
  for (std::size_t index = 0; index + 1 < manifests_.size();) {
    const Manifest& first = manifests_[index];
    const auto same = [&](const Manifest& other) {
      return other.id == first.id && compare_versions(other.version, first.version) == 0;
    };
    const auto begin = manifests_.begin() + static_cast<std::ptrdiff_t>(index);
    const auto end = std::find_if_not(begin, manifests_.end(), same);
    if (end - begin < 2) {
      ++index;
      continue;
    }
    std::string places;
    for (auto at = begin; at != end; ++at)
      places += (at == begin ? "" : ", ") + at->directory.string();
    refusals_.push_back(
        {first.directory, "plugin " + first.id + " " + first.version +
                              ": expected one folder with it, but there are several: " + places +
                              "; remove all but one"});
    manifests_.erase(begin, end);
  }
}

Result<const Manifest*> PluginCatalog::find(std::string_view id, std::string_view version) const {
  std::string others;
  for (const Manifest& manifest : manifests_) {
    if (manifest.id != id) continue;
    if (version.empty() || manifest.version == version) return &manifest;
    others += (others.empty() ? "" : ", ") + manifest.version;
  }
  const std::string asked =
      "plugin " + std::string(id) + (version.empty() ? "" : " " + std::string(version));
  for (const Refusal& refusal : refusals_) {
    const bool is_meant = refusal.directory.filename().string().rfind(id, 0) == 0 ||
                          refusal.reason.rfind("plugin " + std::string(id) + " ", 0) == 0;
    if (is_meant && others.empty()) return fail(Code::refused, asked + ": " + refusal.reason);
  }
  if (!others.empty()) {
    return fail(Code::not_found,
                asked + ": expected that version, but these are installed: " + others);
  }
  std::string places;
  for (const fs::path& directory : directories_) {
    places += (places.empty() ? "" : ", ") + directory.string();
  }
  std::string known;
  for (const Manifest& manifest : manifests_) {
    if (known.find(manifest.id) == std::string::npos)
      known += (known.empty() ? "" : ", ") + manifest.id;
  }
  return fail(Code::not_found,
              asked + ": expected it in " + places +
                  ", but there is none; known are: " + (known.empty() ? "none" : known));
}

}  // namespace perennial::host
