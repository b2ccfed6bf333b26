// A disk in memory that forgets what was not synced, and fails when told to.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/store/file_system.hpp"

namespace perennial::test {

class MemoryFileSystem final : public store::FileSystem {
 public:
  struct Content {
    Bytes current;
    Bytes synced;
  };

  // What a power cut leaves: every file as of its last sync.
  void lose_unsynced() {
    for (auto& [path, content] : files) content->current = content->synced;
  }

  std::map<std::string, std::shared_ptr<Content>> files;
  std::vector<std::string> synced_directories;
  bool fails_sync = false;
  std::uint64_t space_left = ~std::uint64_t{0};  // for allocate()

  Result<std::unique_ptr<store::File>> open(const std::string& path, store::Open mode) override {
    if (!files.contains(path)) {
      if (mode == store::Open::existing) return fail(Code::not_found, "no file " + path);
      files[path] = std::make_shared<Content>();
    }
    return std::make_unique<MemoryFile>(*this, files[path]);
  }
  Result<std::unique_ptr<store::File>> open_read(const std::string& path) override {
    return open(path, store::Open::existing);
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    std::vector<std::string> names;
    for (const auto& [path, content] : files) {
      if (path.starts_with(directory + "/")) names.push_back(path.substr(directory.size() + 1));
    }
    return names;
  }
  Status rename(const std::string& from, const std::string& to) override {
    files[to] = files.at(from);
    files.erase(from);
    return {};
  }
  Status remove(const std::string& path) override {
    files.erase(path);
    return {};
  }
  Status make_directory(const std::string& /*path*/) override { return {}; }
  Status sync_directory(const std::string& path) override {
    synced_directories.push_back(path);
    return {};
  }

 private:
  class MemoryFile final : public store::File {
   public:
    MemoryFile(MemoryFileSystem& disk, std::shared_ptr<Content> content)
        : disk_(disk), content_(std::move(content)) {}
    Status write_at(std::uint64_t offset, ByteView bytes) override {
      Bytes& current = content_->current;
      if (current.size() < offset + bytes.size()) current.resize(offset + bytes.size());
      current.replace(offset, bytes.size(), bytes);
      return {};
    }
    Result<Bytes> read_at(std::uint64_t offset, std::size_t count) const override {
      if (offset >= content_->current.size()) return Bytes();
      return content_->current.substr(offset, count);
    }
    Status sync() override {
      if (disk_.fails_sync) return fail(Code::io, "sync failed, as the test wants it");
      content_->synced = content_->current;
      return {};
    }
    Status allocate(std::uint64_t bytes) override {
      if (bytes > disk_.space_left) return fail(Code::exhausted, "no space, as the test wants it");
      if (content_->current.size() < bytes) content_->current.resize(bytes);
      return {};
    }
    Result<std::uint64_t> size() const override { return content_->current.size(); }

   private:
    MemoryFileSystem& disk_;
    std::shared_ptr<Content> content_;
  };
};

}  // namespace perennial::test
