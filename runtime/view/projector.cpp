#include "runtime/view/projector.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "runtime/base/log.hpp"
#include "runtime/store/journal_reader.hpp"
#include "runtime/view/writer.hpp"

namespace perennial::view {
namespace {

// Raised with every change of the tables or of what is written into them.
constexpr std::string_view tables_version = "1";
constexpr auto poll_wait = std::chrono::milliseconds(20);
constexpr auto failure_wait = std::chrono::milliseconds(1000);

// Differs after every start of the machine: whether a power cut may have torn the file.
std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string text;
  std::getline(file, text);
  return text;
}

// The position of the last whole batch. A folder that no partition has opened yet is empty.
Result<Position> last_position(store::FileSystem& file_system, const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) return Position{0};
  auto reader = store::JournalReader::open(file_system, directory);
  if (!reader) return tl::unexpected(reader.error());
  for (;;) {
    auto batch = (*reader)->next();
    if (!batch) return tl::unexpected(batch.error());
    if (!*batch) return (*reader)->tail().next - 1;
  }
}

// A copy as of one moment, whatever a crash left beside the file. A view that can't be copied is
// built from the journals instead.
void copy_view(const std::string& from, const std::string& to) {
  std::error_code error;
  if (!std::filesystem::exists(from, error)) return;
  try {
    Database(from).copy_to(to);
  } catch (const DatabaseError&) {
    std::filesystem::remove(to, error);
  }
}

void drop_files(const std::string& path) {
  std::error_code error;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(path + suffix, error);
  }
}

}  // namespace

struct Projector::Parts {
  explicit Parts(const std::string& path) : database(path), writer(database) {}
  Database database;
  Writer writer;
};

struct Projector::Tail {
  Feed feed;
  std::unique_ptr<store::JournalReader> reader;
  Position applied = 0;
};

Projector::Projector(std::string path, std::vector<Feed> feeds) : path_(std::move(path)) {
  for (Feed& feed : feeds) {
    tails_.push_back(std::make_unique<Tail>());
    tails_.back()->feed = std::move(feed);
  }
  applied_.resize(tails_.size());
}

Result<std::unique_ptr<Projector>> Projector::start(std::string path, std::vector<Feed> feeds) {
  std::unique_ptr<Projector> projector(new Projector(std::move(path), std::move(feeds)));
  if (auto status = projector->open(); !status) return tl::unexpected(status.error());
  projector->thread_ = std::thread([raw = projector.get()] { raw->run(); });
  return projector;
}

Status Projector::project(const std::string& path, std::vector<Feed> feeds) {
  Projector projector(path, std::move(feeds));
  if (auto status = projector.open(); !status) return status;
  for (;;) {
    auto moved = projector.step();
    if (!moved) return tl::unexpected(moved.error());
    if (!*moved) return {};
  }
}

Status Projector::look(const std::string& view_path, const std::string& copy_path,
                       const std::vector<std::string>& journals) {
  store::PosixFileSystem file_system;
  std::vector<Feed> feeds;
  for (const std::string& directory : journals) {
    auto last = last_position(file_system, directory);
    if (!last) return tl::unexpected(last.error());
    const auto partition = static_cast<std::uint32_t>(feeds.size());
    feeds.push_back({partition, directory, [position = *last] { return position; }});
  }
  copy_view(view_path, copy_path);
  return project(copy_path, std::move(feeds));
}

Projector::~Projector() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  mark_clean();
}

Status Projector::open() {
  auto status = open_tables();
  if (!status) {
    log::write(log::Level::warning, "view", "the view is dropped and built again from the journals",
               {{"why", status.error().reason}});
    parts_.reset();
    drop_files(path_);
    status = open_tables();
  }
  if (!status) return status;
  for (auto& tail : tails_) {
    if (status = open_tail(*tail); !status) return status;
  }
  publish();
  return {};
}

Status Projector::open_tables() {
  try {
    parts_ = std::make_unique<Parts>(path_);
    Database& database = parts_->database;
    database.create_tables();
    if (!is_trustworthy()) {
      return fail(Code::unsupported, path_ +
                                         ": it is of another version, of another journal, or "
                                         "the machine stopped while it was written");
    }
    for (const auto& [name, value] :
         {std::pair<std::string_view, std::string>{"tables", std::string(tables_version)},
          {"boot", boot_id()},
          {"is_clean", "0"}}) {
      database.run(
          "INSERT INTO meta VALUES (:1, :2) ON CONFLICT (name) DO UPDATE SET value = "
          "excluded.value",
          {name, value});
    }
    return {};
  } catch (const DatabaseError& error) {
    return fail(Code::io, path_ + ": " + error.what());
  }
}

bool Projector::is_trustworthy() {
  Database& database = parts_->database;
  std::string version(tables_version);
  std::string boot = boot_id();
  std::string is_clean = "1";
  database.select("SELECT name, value FROM meta", {}, 2, [&](const Row& row) {
    if (row.text(0) == "tables") version = row.text(1);
    if (row.text(0) == "boot") boot = row.text(1);
    if (row.text(0) == "is_clean") is_clean = row.text(1);
  });
  if (version != tables_version) return false;
  if (boot != boot_id() && is_clean != "1") return false;
  bool is_behind = true;
  for (auto& tail : tails_) {
    database.select("SELECT position FROM applied WHERE part = :1", {tail->feed.partition}, 1,
                    [&](const Row& row) { tail->applied = row.count(0); });
    is_behind = is_behind && tail->applied <= tail->feed.durable();
  }
  if (!is_behind) {
    for (auto& tail : tails_) tail->applied = 0;
  }
  return is_behind;
}

Status Projector::open_tail(Tail& tail) {
  // A folder that no partition has opened yet: there is nothing to read.
  std::error_code error;
  if (!std::filesystem::exists(tail.feed.directory, error)) return {};
  auto reader = store::JournalReader::open(file_system_, tail.feed.directory);
  if (!reader) return tl::unexpected(reader.error());
  tail.reader = std::move(*reader);
  return tail.reader->seek(tail.applied + 1);
}

void Projector::run() {
  for (;;) {
    const auto moved = step();
    if (!moved) keep_failure(moved.error());
    std::unique_lock lock(mutex_);
    if (moved && failure_) failure_.reset();
    const auto wait = !moved ? failure_wait : *moved ? std::chrono::milliseconds(0) : poll_wait;
    changed_.wait_for(lock, wait, [this] { return is_stopping_; });
    if (is_stopping_) return;
  }
}

Result<bool> Projector::step() {
  const bool has_work = std::any_of(tails_.begin(), tails_.end(), [](const auto& tail) {
    return tail->feed.durable() > tail->applied;
  });
  if (!has_work) return false;
  std::vector<Position> before;
  for (const auto& tail : tails_) before.push_back(tail->applied);
  Status status;
  try {
    parts_->database.begin();
    std::size_t room = transaction_records_max;
    for (auto& tail : tails_) {
      if (status) status = read_tail(*tail, room);
    }
    if (status) parts_->database.commit();
  } catch (const DatabaseError& error) {
    status = fail(Code::io, path_ + ": " + error.what());
  }
  if (status) {
    publish();
    bool has_moved = false;
    for (std::size_t index = 0; index < tails_.size(); ++index) {
      has_moved = has_moved || tails_[index]->applied != before[index];
    }
    return has_moved;
  }
  try {
    parts_->database.roll_back();
  } catch (const DatabaseError&) {
    // The transaction is gone already; the reason of the first failure is the one to tell.
  }
  parts_->writer.forget_cache();
  for (std::size_t index = 0; index < tails_.size(); ++index) {
    tails_[index]->applied = before[index];
    (void)open_tail(*tails_[index]);
  }
  return tl::unexpected(status.error());
}

Status Projector::read_tail(Tail& tail, std::size_t& room) {
  const Position durable = tail.feed.durable();
  const Position before = tail.applied;
  while (durable > tail.applied && room > 0) {
    auto batch = tail.reader->next();
    if (!batch) return tl::unexpected(batch.error());
    if (!*batch) {
      return fail(Code::corrupted, tail.feed.directory + ": expected records up to position " +
                                       std::to_string(durable) + ", but they end at " +
                                       std::to_string(tail.applied));
    }
    const store::BatchHeader& header = (*batch)->header;
    if (auto status = read_batch(tail, (*batch)->body, header.records, header.first); !status) {
      return status;
    }
    room -= std::min<std::size_t>(room, header.records);
  }
  if (tail.applied == before) return {};
  parts_->database.run(
      "INSERT INTO applied VALUES (:1, :2) ON CONFLICT (part) DO UPDATE SET position = "
      "excluded.position",
      {tail.feed.partition, tail.applied});
  return {};
}

Status Projector::read_batch(Tail& tail, ByteView body, std::uint32_t count, Position first) {
  auto records = store::split_records(body, count);
  if (!records) return tl::unexpected(records.error());
  Position position = first;
  for (ByteView record : *records) {
    if (position > tail.applied) {
      auto status = parts_->writer.write(tail.feed.partition, position, record);
      if (!status) return status;
      tail.applied = position;
    }
    ++position;
  }
  return {};
}

void Projector::publish() {
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t index = 0; index < tails_.size(); ++index) {
      applied_[index] = tails_[index]->applied;
    }
  }
  changed_.notify_all();
}

void Projector::keep_failure(const Error& error) {
  const std::lock_guard lock(mutex_);
  const bool is_new = !failure_ || failure_->reason != error.reason;
  failure_ = error;
  if (!is_new) return;
  log::write(log::Level::error, "view", "the view stands still and is tried again",
             {{"why", error.reason}});
}

void Projector::mark_clean() {
  if (!parts_) return;
  try {
    parts_->database.run("UPDATE meta SET value = '1' WHERE name = 'is_clean'", {});
  } catch (const DatabaseError&) {
    // Then the next start builds the view again, which is what an unclean end asks for.
  }
}

Position Projector::applied(std::uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t index = 0; index < tails_.size(); ++index) {
    if (tails_[index]->feed.partition == partition) return applied_[index];
  }
  return 0;
}

bool Projector::wait_until(std::uint32_t partition, Position position,
                           std::chrono::milliseconds patience) const {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::unique_lock lock(mutex_);
  for (;;) {
    for (std::size_t index = 0; index < tails_.size(); ++index) {
      const bool is_it = tails_[index]->feed.partition == partition;
      if (is_it && applied_[index] >= position) return true;
    }
    if (changed_.wait_until(lock, end) == std::cv_status::timeout) return false;
  }
}

std::optional<Error> Projector::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace perennial::view
