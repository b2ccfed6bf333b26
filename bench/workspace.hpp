// A temporary folder with everything that one run of the runtime needs, removed at the end.
//
// Errors:  Status with the path.
#pragma once

#include <filesystem>
#include <string>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"

namespace perennial::bench {

class Workspace {
 public:
  // Below `parent`.
  [[nodiscard]] static Result<Workspace> make(const std::string& parent);
  ~Workspace();
  Workspace(Workspace&& other) noexcept;
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return (root_ / name).string(); }
  // Folders on the way are made.
  [[nodiscard]] Status write(const std::string& name, ByteView bytes) const;
  [[nodiscard]] Status copy(const std::filesystem::path& from, const std::string& name) const;

 private:
  explicit Workspace(std::filesystem::path root) : root_(std::move(root)) {}
  std::filesystem::path root_;
};

[[nodiscard]] Result<Bytes> read_file(const std::filesystem::path& path);
// The folder of this program, and what the build puts beside it.
[[nodiscard]] std::filesystem::path program_directory();
[[nodiscard]] std::filesystem::path plugin_directory();
[[nodiscard]] std::filesystem::path share_directory();

}  // namespace perennial::bench
