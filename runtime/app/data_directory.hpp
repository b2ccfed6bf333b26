// The folder that holds everything a runtime remembers: lock, identity, journals, archived
// mappings, view.
//
// Owns:    the lock, as long as the object lives: a second runtime on the same folder is refused.
// Errors:  Status with the path and what to do.
// Format:  meta.json {"format": 1, "partitions": n, "hash_seed": "..."}; written once, when the
//          folder is created.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/status.hpp"

namespace perennial::app {

class DataDirectory {
 public:
  enum class Access { own, look };  // `look` takes no lock and creates nothing: for offline reading

  // Creates the folder when it is missing. Refuses another partition count than that of its
  // creation.
  [[nodiscard]] static Result<std::unique_ptr<DataDirectory>> open(const std::string& path,
                                                                   std::uint32_t partitions,
                                                                   Access access);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint32_t partitions() const { return partitions_; }
  [[nodiscard]] std::uint64_t hash_seed() const { return hash_seed_; }
  [[nodiscard]] std::string journal_directory(std::uint32_t partition) const;
  [[nodiscard]] std::string map_archive() const { return path_ + "/maps"; }
  [[nodiscard]] std::string view_path() const { return path_ + "/view.sqlite"; }
  // A folder for sockets, 0700 and short enough for a socket address.
  [[nodiscard]] const std::string& socket_directory() const { return socket_directory_; }
  // Whether some runtime holds the lock now.
  [[nodiscard]] static bool is_in_use(const std::string& path);

 private:
  explicit DataDirectory(std::string path) : path_(std::move(path)) {}
  Status take_lock();
  Status read_meta(std::uint32_t partitions, Access access);
  Status make_socket_directory();

  std::string path_;
  std::uint32_t partitions_ = 1;
  std::uint64_t hash_seed_ = 0;
  int lock_ = -1;
  std::string socket_directory_;
  bool owns_socket_directory_ = false;
};

}  // namespace perennial::app
