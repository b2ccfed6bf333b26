#include "tests/simulation/disk.hpp"

#include <algorithm>
#include <cstring>

namespace perennial::simulation {
namespace {

constexpr std::uint64_t sector_bytes = 512;

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

void copy_sector(const Bytes& from, Bytes& to, std::uint64_t sector, std::uint64_t count) {
  const std::uint64_t begin = sector * sector_bytes;
  if (begin >= from.size()) return;
  const std::uint64_t end = std::min<std::uint64_t>(begin + count, from.size());
  if (to.size() < end) to.resize(end, '\0');
  std::memcpy(to.data() + begin, from.data() + begin, end - begin);
}

}  // namespace

class DiskFile final : public store::File {
 public:
  DiskFile(Disk& disk, std::string path, std::shared_ptr<Disk::Inode> inode)
      : disk_(disk), path_(std::move(path)), inode_(std::move(inode)) {}

  Status write_at(std::uint64_t offset, ByteView bytes) override {
    if (disk_.is_dead_) return disk_.broken("write", path_);
    const bool is_alive = disk_.change();
    Clockwork& clock = disk_.clock_;
    if (!is_alive) {
      put(offset, bytes.substr(0, clock.draw(bytes.size() + 1)));
      return disk_.broken("write", path_);
    }
    const bool is_growing = offset + bytes.size() > inode_->cached.size();
    if (disk_.is_full_ && (is_growing || (!clock.is_calm && clock.one_in(40)))) {
      clock.count(Fault::full_on_write);
      put(offset, bytes.substr(0, clock.draw(bytes.size())));
      return fail(Code::exhausted, "expected to write " + path_ + ", but the disk is full");
    }
    if (!clock.is_calm && clock.one_in(disk_.profile_.write_error)) {
      const bool is_short = clock.one_in(2);
      clock.count(is_short ? Fault::short_write : Fault::error_on_write);
      if (is_short) put(offset, bytes.substr(0, clock.draw(bytes.size())));
      return fail(Code::io, "expected to write " + path_ + ", but there is an i/o error");
    }
    put(offset, bytes);
    return {};
  }

  Result<Bytes> read_at(std::uint64_t offset, std::size_t count) const override {
    Clockwork& clock = disk_.clock_;
    if (!disk_.is_honest_ && !clock.is_calm && clock.one_in(disk_.profile_.read_error)) {
      clock.count(Fault::error_on_read);
      return fail(Code::io, "expected to read " + path_ + ", but there is an i/o error");
    }
    if (offset >= inode_->cached.size()) return Bytes();
    return inode_->cached.substr(offset, count);
  }

  Status sync() override {
    if (disk_.is_dead_ || !disk_.change()) return disk_.broken("sync", path_);
    Clockwork& clock = disk_.clock_;
    Disk::Inode& inode = *inode_;
    if (!clock.is_calm && clock.one_in(disk_.profile_.sync_error)) {
      clock.count(Fault::error_on_sync);
      for (const std::uint64_t sector : inode.dirty) {
        if (clock.one_in(2)) copy_sector(inode.cached, inode.stable, sector, sector_bytes);
      }
      // The cache is clean now, whatever the disk has.
      inode.dirty.clear();
      return fail(Code::io, "expected to sync " + path_ + ", but there is an i/o error");
    }
    inode.stable.resize(inode.cached.size(), '\0');
    for (const std::uint64_t sector : inode.dirty) {
      copy_sector(inode.cached, inode.stable, sector, sector_bytes);
    }
    inode.dirty.clear();
    return {};
  }

  Status allocate(std::uint64_t bytes) override {
    if (disk_.is_dead_ || !disk_.change()) return disk_.broken("reserve", path_);
    if (inode_->cached.size() >= bytes) return {};
    if (disk_.is_full_) {
      disk_.clock_.count(Fault::full_on_reserve);
      return fail(Code::exhausted, "expected room for " + path_ + ", but the disk is full");
    }
    inode_->cached.resize(bytes, '\0');
    return {};
  }

  Result<std::uint64_t> size() const override { return inode_->cached.size(); }

 private:
  void put(std::uint64_t offset, ByteView bytes) {
    if (bytes.empty()) return;
    Bytes& cached = inode_->cached;
    if (cached.size() < offset + bytes.size()) cached.resize(offset + bytes.size(), '\0');
    std::memcpy(cached.data() + offset, bytes.data(), bytes.size());
    const std::uint64_t last = (offset + bytes.size() - 1) / sector_bytes;
    for (std::uint64_t sector = offset / sector_bytes; sector <= last; ++sector) {
      inode_->dirty.insert(inode_->dirty.end(), sector);
    }
  }

  Disk& disk_;
  const std::string path_;
  const std::shared_ptr<Disk::Inode> inode_;
};

bool Disk::change() {
  if (calls_left_ == 0) return true;
  if (--calls_left_ > 0) return true;
  clock_.count(Fault::crash_inside_disk_call);
  is_dead_ = true;
  return false;
}

Status Disk::broken(const std::string& doing, const std::string& path) const {
  return fail(Code::io, "expected to " + doing + " " + path + ", but the machine stands still");
}

void Disk::commit_change(const Change& change) {
  if (!change.removed.empty()) stable_.erase(change.removed);
  if (change.inode) {
    stable_[change.added] = change.inode;
  } else if (!change.added.empty()) {
    stable_directories_.insert(change.added);
  }
}

void Disk::damage_sector(Inode& inode, std::uint64_t sector) {
  const std::uint64_t fate = clock_.draw(10);
  if (fate < 4) {
    copy_sector(inode.cached, inode.stable, sector, sector_bytes);
  } else if (fate < 8) {
    clock_.count(Fault::sector_lost);
  } else if (fate < 9) {
    clock_.count(Fault::sector_torn);
    copy_sector(inode.cached, inode.stable, sector, 1 + clock_.draw(sector_bytes - 1));
  } else {
    clock_.count(Fault::bit_flipped_in_tail);
    copy_sector(inode.cached, inode.stable, sector, sector_bytes);
    const std::uint64_t at = sector * sector_bytes + clock_.draw(sector_bytes);
    if (at < inode.stable.size()) {
      inode.stable[at] = static_cast<char>(inode.stable[at] ^ (1 << clock_.draw(8)));
    }
  }
}

void Disk::lose_unsynced() {
  for (const auto& [path, inode] : names_) {
    const bool is_all_written = clock_.one_in(4);
    const bool is_size_kept = clock_.one_in(2);
    if (is_all_written || is_size_kept) inode->stable.resize(inode->cached.size(), '\0');
    for (const std::uint64_t sector : inode->dirty) {
      const bool is_beyond = sector * sector_bytes >= inode->stable.size();
      if (is_all_written) {
        copy_sector(inode->cached, inode->stable, sector, sector_bytes);
      } else if (!is_beyond) {
        damage_sector(*inode, sector);
      }
    }
    inode->dirty.clear();
  }
  // Changes of names reach the disk in their order, up to some one.
  const std::uint64_t kept = clock_.draw(changes_.size() + 1);
  for (std::uint64_t index = 0; index < changes_.size(); ++index) {
    if (index < kept) {
      commit_change(changes_[index]);
    } else {
      clock_.count(Fault::name_lost);
    }
  }
  changes_.clear();
  directories_ = stable_directories_;
  std::erase_if(stable_, [&](const auto& named) {
    return !stable_directories_.contains(directory_of(named.first));
  });
  names_ = stable_;
  for (const auto& [path, inode] : names_) inode->cached = inode->stable;
}

Result<std::unique_ptr<store::File>> Disk::open(const std::string& path, store::Open mode) {
  const auto found = names_.find(path);
  if (found != names_.end()) return std::make_unique<DiskFile>(*this, path, found->second);
  if (mode == store::Open::existing) return fail(Code::not_found, "expected " + path);
  if (is_dead_ || !change()) return tl::unexpected(broken("create", path).error());
  auto inode = std::make_shared<Inode>();
  names_[path] = inode;
  changes_.push_back({directory_of(path), path, {}, inode});
  return std::make_unique<DiskFile>(*this, path, inode);
}

Result<std::unique_ptr<store::File>> Disk::open_read(const std::string& path) {
  return open(path, store::Open::existing);
}

Result<std::vector<std::string>> Disk::list(const std::string& directory) {
  if (!directories_.contains(directory)) return fail(Code::not_found, "expected " + directory);
  std::vector<std::string> found;
  for (const auto& [path, inode] : names_) {
    if (directory_of(path) == directory) found.push_back(path.substr(directory.size() + 1));
  }
  return found;
}

Status Disk::rename(const std::string& from, const std::string& to) {
  if (is_dead_ || !change()) return broken("rename", from);
  const auto found = names_.find(from);
  if (found == names_.end()) return fail(Code::not_found, "expected " + from);
  auto inode = found->second;
  names_.erase(found);
  names_[to] = inode;
  changes_.push_back({directory_of(to), to, from, inode});
  return {};
}

Status Disk::remove(const std::string& path) {
  if (is_dead_ || !change()) return broken("remove", path);
  names_.erase(path);
  changes_.push_back({directory_of(path), {}, path, nullptr});
  return {};
}

Status Disk::make_directory(const std::string& path) {
  if (is_dead_ || !change()) return broken("create", path);
  if (!directories_.insert(path).second) return {};
  changes_.push_back({directory_of(path), path, {}, nullptr});
  return {};
}

Status Disk::sync_directory(const std::string& path) {
  if (is_dead_ || !change()) return broken("sync", path);
  if (!clock_.is_calm && clock_.one_in(profile_.sync_error)) {
    clock_.count(Fault::error_on_sync);
    return fail(Code::io, "expected to sync " + path + ", but there is an i/o error");
  }
  for (const Change& one : changes_) {
    if (one.directory == path) commit_change(one);
  }
  std::erase_if(changes_, [&](const Change& one) { return one.directory == path; });
  return {};
}

}  // namespace perennial::simulation
