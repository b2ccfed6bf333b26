#include "runtime/store/file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace perennial::store {
namespace {

tl::unexpected<Error> os_error(const std::string& doing, const std::string& path, int number) {
  const bool is_full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  const Code code = is_full ? Code::exhausted : number == ENOENT ? Code::not_found : Code::io;
  return fail(code, "expected to " + doing + " " + path + ", but " + std::strerror(number));
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { ::close(descriptor_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Status write_at(std::uint64_t offset, ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written =
          ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return os_error("write", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
      offset += static_cast<std::uint64_t>(written);
    }
    return {};
  }

  Result<Bytes> read_at(std::uint64_t offset, std::size_t count) const override {
    Bytes bytes(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
      const ssize_t got = ::pread(descriptor_, bytes.data() + filled, count - filled,
                                  static_cast<off_t>(offset + filled));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return os_error("read", path_, errno);
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
  }

  Status sync() override {
    if (::fdatasync(descriptor_) != 0) return os_error("sync", path_, errno);
    return {};
  }

  Status allocate(std::uint64_t bytes) override {
    const int number = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(bytes));
    if (number != 0)
      return os_error("reserve " + std::to_string(bytes) + " bytes for", path_, number);
    return {};
  }

  Result<std::uint64_t> size() const override {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) return os_error("inspect", path_, errno);
    return static_cast<std::uint64_t>(status.st_size);
  }

 private:
  int descriptor_;
  std::string path_;
};

Result<std::unique_ptr<File>> open_with(const std::string& path, int flags) {
  // 0600: the journal holds business data in clear.
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (descriptor < 0) return os_error("open", path, errno);
  return std::make_unique<PosixFile>(descriptor, path);
}

}  // namespace

Result<std::unique_ptr<File>> PosixFileSystem::open(const std::string& path, Open mode) {
  return open_with(path, mode == Open::create ? O_RDWR | O_CREAT : O_RDWR);
}

Result<std::unique_ptr<File>> PosixFileSystem::open_read(const std::string& path) {
  return open_with(path, O_RDONLY);
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& directory) {
  DIR* handle = ::opendir(directory.c_str());
  if (handle == nullptr) return os_error("list", directory, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(handle)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  ::closedir(handle);
  std::sort(names.begin(), names.end());
  return names;
}

Status PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_error("rename to " + to, from, errno);
  return {};
}

Status PosixFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return os_error("remove", path, errno);
  return {};
}

Status PosixFileSystem::make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return os_error("create", path, errno);
  return {};
}

Status PosixFileSystem::sync_directory(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return os_error("open", path, errno);
  const int result = ::fsync(descriptor);
  const int number = errno;
  ::close(descriptor);
  if (result != 0) return os_error("sync", path, number);
  return {};
}

}  // namespace perennial::store
