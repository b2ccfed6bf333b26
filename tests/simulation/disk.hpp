// A disk that behaves as badly as a real one may: it keeps what was synced, and nothing else.
//
// Place:   under the real store/journal, through store/file_system.
// Rule:    a write lies in the cache until its file is synced; a name until its directory is. A power
//          cut keeps, loses, tears or flips each unsynced sector by itself. A failed sync may keep some
//          of the sectors and forgets that the others were never written (as Linux does), so that a
//          later sync says nothing about them.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/store/file_system.hpp"
#include "tests/simulation/clockwork.hpp"
#include "tests/simulation/profile.hpp"

namespace perennial::simulation {

class Disk final : public store::FileSystem {
 public:
  Disk(Clockwork& clock, const Profile& profile) : clock_(clock), profile_(profile) {}

  // From the n-th changing call on nothing reaches the disk any more, and that one only in part.
  void cut_power_in(std::uint64_t calls) { calls_left_ = calls; }
  [[nodiscard]] bool is_dead() const { return is_dead_; }
  // The runtime's process is gone, the machine stands: what is in the cache stays.
  void revive() {
    is_dead_ = false;
    calls_left_ = 0;
  }
  // The machine stood still: what was not synced is at the mercy of chance.
  void lose_unsynced();
  void set_full(bool is_full) { is_full_ = is_full; }
  [[nodiscard]] bool is_full() const { return is_full_; }
  // For the checks, which read without faults.
  void set_honest(bool is_honest) { is_honest_ = is_honest; }
  [[nodiscard]] bool has_directory(const std::string& path) const {
    return directories_.contains(path);
  }

  // For checks at the end: bytes as they lie there, by path.
  struct Inode {
    Bytes cached;
    Bytes stable;
    std::set<std::uint64_t> dirty;  // sectors of `cached` that `stable` may lack
  };
  [[nodiscard]] const std::map<std::string, std::shared_ptr<Inode>>& names() const {
    return names_;
  }

  Result<std::unique_ptr<store::File>> open(const std::string& path, store::Open mode) override;
  Result<std::unique_ptr<store::File>> open_read(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;

 private:
  friend class DiskFile;
  // One change of names that no sync has confirmed yet.
  struct Change {
    std::string directory;  // whose sync confirms it
    std::string added;      // empty = none
    std::string removed;
    std::shared_ptr<Inode> inode;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  // False when the disk is dead now; counts a changing call.
  bool change();
  // What a call that must fail says; the call itself changed nothing or a part.
  [[nodiscard]] Status broken(const std::string& doing, const std::string& path) const;
  void commit_change(const Change& change);
  void damage_sector(Inode& inode, std::uint64_t sector);

  Clockwork& clock_;
  const Profile& profile_;
  Names names_;
  Names stable_;
  std::set<std::string> directories_;
  std::set<std::string> stable_directories_;
  std::vector<Change> changes_;
  std::uint64_t calls_left_ = 0;
  bool is_dead_ = false;
  bool is_full_ = false;
  bool is_honest_ = false;
};

}  // namespace perennial::simulation
