#include "bench/workspace.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace perennial::bench {

namespace fs = std::filesystem;

Result<Workspace> Workspace::make(const std::string& parent) {
  std::string name = parent + "/perennial-bench-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    return fail(Code::io, parent + ": expected to make a folder there, but it failed; choose " +
                              "another one with --directory");
  }
  return Workspace(name);
}

Workspace::Workspace(Workspace&& other) noexcept : root_(std::move(other.root_)) {
  other.root_.clear();
}

Workspace::~Workspace() {
  std::error_code error;
  if (!root_.empty()) fs::remove_all(root_, error);
}

Status Workspace::write(const std::string& name, ByteView bytes) const {
  const fs::path path = root_ / name;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) return {};
  return fail(Code::io, path.string() + ": expected to write it, but it failed");
}

Status Workspace::copy(const fs::path& from, const std::string& name) const {
  const auto bytes = read_file(from);
  if (!bytes) return tl::unexpected(bytes.error());
  return write(name, *bytes);
}

Result<Bytes> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Bytes bytes(std::istreambuf_iterator<char>(file), {});
  if (file) return bytes;
  return fail(
      Code::not_found,
      path.string() + ": expected a file, but it can't be read; build the " + "whole tree first");
}

fs::path program_directory() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

fs::path plugin_directory() {
  return (program_directory() / "../lib/perennial/plugins").lexically_normal();
}

fs::path share_directory() {
  return (program_directory() / "../share/perennial/bench").lexically_normal();
}

}  // namespace perennial::bench
