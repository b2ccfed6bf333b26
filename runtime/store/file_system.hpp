// The only door to the disk: what the journal and the checkpoints need of it, as an interface, and
// the real one.
//
// Place:   PosixFileSystem in the product; tests put a memory or failing one in its place.
// Thread:  a File belongs to one writer; read_at may run beside it. FileSystem calls may come from
// any thread. Errors:  Status with the path and the operating system's words; Code::exhausted when
// the disk is full.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"

namespace perennial::store {

class File {
 public:
  virtual ~File() = default;
  [[nodiscard]] virtual Status write_at(std::uint64_t offset, ByteView bytes) = 0;
  // Reads up to `count` bytes; fewer only at the end of the file.
  [[nodiscard]] virtual Result<Bytes> read_at(std::uint64_t offset, std::size_t count) const = 0;
  // The bytes are on stable storage when this returns well. After a failure nothing is known about
  // them.
  [[nodiscard]] virtual Status sync() = 0;
  // Makes room for `bytes` in total, so that later writes inside neither fail for space nor grow
  // the file.
  [[nodiscard]] virtual Status allocate(std::uint64_t bytes) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
};

enum class Open { existing, create };

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::string& path, Open mode) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open_read(const std::string& path) = 0;
  // Names in the directory, sorted; not the paths.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  [[nodiscard]] virtual Status rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual Status remove(const std::string& path) = 0;
  [[nodiscard]] virtual Status make_directory(const std::string& path) = 0;
  // Makes creations and renames in it durable.
  [[nodiscard]] virtual Status sync_directory(const std::string& path) = 0;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, Open mode) override;
  Result<std::unique_ptr<File>> open_read(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
};

}  // namespace perennial::store
