#include "runtime/app/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

namespace perennial::app {
namespace {

namespace fs = std::filesystem;

constexpr int meta_format = 1;
// sun_path holds 108 bytes; the longest socket name is added to the folder.
constexpr std::size_t socket_folder_bytes_max = 80;

std::string lock_path(const std::string& path) {
  return path + "/lock";
}

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const std::string& path,
                                                           std::uint32_t partitions,
                                                           Access access) {
  std::unique_ptr<DataDirectory> directory(new DataDirectory(path));
  std::error_code error;
  if (access == Access::own) {
    fs::create_directories(path, error);
    if (error) {
      return fail(Code::io,
                  "expected to create the data directory " + path + ", but " + error.message());
    }
    ::chmod(path.c_str(), 0700);
    if (auto status = directory->take_lock(); !status) return tl::unexpected(status.error());
  }
  if (auto status = directory->read_meta(partitions, access); !status) {
    return tl::unexpected(status.error());
  }
  if (access == Access::own) {
    fs::create_directories(path + "/journal", error);
    if (auto status = directory->make_socket_directory(); !status)
      return tl::unexpected(status.error());
  }
  return directory;
}

DataDirectory::~DataDirectory() {
  std::error_code error;
  if (owns_socket_directory_) fs::remove_all(socket_directory_, error);
  if (lock_ >= 0) ::close(lock_);
}

Status DataDirectory::take_lock() {
  lock_ = ::open(lock_path(path_).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) {
    return fail(Code::io, "expected to open " + lock_path(path_) + ", but " + std::strerror(errno));
  }
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    char pid[32] = {};
    const ssize_t got = ::pread(lock_, pid, sizeof pid - 1, 0);
    return fail(Code::conflict, "expected the data directory " + path_ +
                                    " to be free, but another perennial uses it (process " +
                                    std::string(pid, got > 0 ? static_cast<std::size_t>(got) : 0) +
                                    "): stop it, or give this one a data_dir of its own");
  }
  const std::string pid = std::to_string(::getpid());
  const bool is_written =
      ::ftruncate(lock_, 0) == 0 &&
      ::pwrite(lock_, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
  if (!is_written)
    return fail(Code::io,
                "expected to write " + lock_path(path_) + ", but " + std::strerror(errno));
  return {};
}

bool DataDirectory::is_in_use(const std::string& path) {
  const int lock = ::open(lock_path(path).c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) return false;
  const bool is_taken = ::flock(lock, LOCK_EX | LOCK_NB) != 0;
  ::close(lock);
  return is_taken;
}

Status DataDirectory::read_meta(std::uint32_t partitions, Access access) {
  const std::string path = path_ + "/meta.json";
  std::ifstream stream(path);
  if (!stream) {
    if (access == Access::look) {
      return fail(Code::not_found,
                  "expected a data directory at " + path_ + ", but it has no meta.json");
    }
    partitions_ = partitions;
    hash_seed_ = random_seed();
    // The seed is text: JSON readers keep 53 bits of a number only.
    const nlohmann::ordered_json meta = {{"format", meta_format},
                                         {"partitions", partitions_},
                                         {"hash_seed", std::to_string(hash_seed_)}};
    const std::string temporary = path + ".new";
    std::ofstream out(temporary);
    out << meta.dump() << "\n";
    out.close();
    std::error_code error;
    fs::rename(temporary, path, error);
    if (!out || error) return fail(Code::io, "expected to write " + path + ", but it failed");
    return {};
  }
  const auto meta = nlohmann::json::parse(stream, nullptr, false);
  if (!meta.is_object() || !meta.contains("partitions") || !meta.contains("hash_seed")) {
    return fail(
        Code::corrupted,
        "expected " + path + " to be ours, but it cannot be read: restore it from a backup");
  }
  if (meta.value("format", 0) > meta_format) {
    return fail(Code::unsupported, path + " was written by a newer perennial: start that one");
  }
  partitions_ = meta["partitions"].get<std::uint32_t>();
  hash_seed_ = std::strtoull(meta["hash_seed"].get<std::string>().c_str(), nullptr, 10);
  if (access == Access::own && partitions_ != partitions) {
    return fail(Code::conflict,
                "expected partitions: " + std::to_string(partitions_) + " as when " + path_ +
                    " was created, but the configuration says " + std::to_string(partitions));
  }
  return {};
}

Status DataDirectory::make_socket_directory() {
  socket_directory_ = path_ + "/run";
  if (socket_directory_.size() <= socket_folder_bytes_max) {
    if (::mkdir(socket_directory_.c_str(), 0700) != 0 && errno != EEXIST) {
      return fail(Code::io,
                  "expected to create " + socket_directory_ + ", but " + std::strerror(errno));
    }
    return {};
  }
  char pattern[] = "/tmp/perennial-XXXXXX";
  if (::mkdtemp(pattern) == nullptr) {
    return fail(Code::io, std::string("expected to create a folder for sockets in /tmp, but ") +
                              std::strerror(errno));
  }
  socket_directory_ = pattern;
  owns_socket_directory_ = true;
  return {};
}

std::string DataDirectory::journal_directory(std::uint32_t partition) const {
  return path_ + "/journal/" + std::to_string(partition);
}

}  // namespace perennial::app
