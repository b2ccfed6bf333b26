// The runtime in a simulated world: its real partition services, turned by the world's clock, over the
// world's disk and wire; killed and started again.
//
// Rule:    a book of its own holds every record that was handed to a journal and how many of them were
//          durable. What a restart finds must be that book up to some record at or behind the durable
//          ones, and the state replayed from it must be the live one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/pipeline/partition_service.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/dump.hpp"
#include "tests/simulation/estate.hpp"
#include "tests/simulation/stage.hpp"
#include "tests/simulation/wire_double.hpp"

namespace perennial::simulation {

// What one partition was asked to keep, in the simulation's own account.
struct Book {
  std::vector<Bytes> records;
  Position durable = 0;
  Position last_batch = 1;  // first record of the last batch
  std::unique_ptr<state::State> replayed;
  KnownKeys keys;
  std::map<std::pair<Position, std::uint32_t>, Position> started;  // delivery, attempt -> record
  std::map<Position, std::string> doubles_told;  // possible_double: delivery -> correlation
  std::uint64_t refusals = 0;  // exceptions that told of an event that breaks its schema
  TimeMs last_time = 0;
};

class Runtime final : public Stage {
 public:
  Runtime(Clockwork& clock, const Profile& profile, Wire& wire, wire::Bus& bus,
          bool compares_each_step);
  ~Runtime() override;

  std::function<void()> on_up;    // it may be connected to
  std::function<void()> on_down;  // its processes are gone, its hosts with it

  void start();
  enum class Death { process, power };
  void die(Death how);
  // After every action of the world: dies when its disk or one of its services did.
  void look();
  [[nodiscard]] bool is_up() const { return is_up_; }
  void wake(std::uint32_t partition);
  void reload(std::uint32_t revision, bool has_notify);
  [[nodiscard]] bool has_notify() const { return has_notify_; }
  [[nodiscard]] std::uint32_t revision() const { return revision_; }

  [[nodiscard]] pipeline::PartitionService& service(std::uint32_t partition) {
    return *parts_[partition].service;
  }
  [[nodiscard]] const pipeline::Partition& partition(std::uint32_t index) const {
    return *parts_[index].partition;
  }
  [[nodiscard]] const Book& book(std::uint32_t partition) const { return parts_[partition].book; }
  [[nodiscard]] Disk& disk() { return disk_; }
  // Nothing is decided that is not durable.
  [[nodiscard]] bool is_quiet() const;
  // The live state of each partition beside the book's.
  void compare();
  // Only what is durable may have left.
  void check_dispatch(std::uint32_t partition, const wire::DispatchEntry& entry);
  // Flips a bit of the journals on disk: nothing may be read back as if it were sound.
  void check_flips(std::uint32_t flips);

  void on_started(std::function<Status()> turn, const pipeline::Partition& partition,
                  const pipeline::Effects& effects) override;
  void on_committer(const pipeline::Committer* committer,
                    std::function<void()> retry_reserve) override;
  void on_submitted(const pipeline::Committer* committer, const store::RecordBuffer& records,
                    std::function<Position()> write) override;

 private:
  struct Part {
    std::unique_ptr<pipeline::PartitionService> service;
    const pipeline::Committer* committer = nullptr;
    const pipeline::Partition* partition = nullptr;
    const pipeline::Effects* effects = nullptr;
    std::function<Status()> turn;
    std::function<void()> retry_reserve;
    bool has_batch = false;
    TimeMs turn_at = -1;  // of the turn that is planned; -1 = none
    std::uint64_t plan = 0;
    bool is_awake = false;
    Book book;
  };

  [[nodiscard]] std::string directory_of(std::uint32_t partition) const {
    return "/data/p" + std::to_string(partition);
  }
  Status open(std::uint32_t partition);
  void plan_turn(std::uint32_t partition, TimeMs wait);
  void take_turn(std::uint32_t partition);
  void fail_with(const Error& error);
  void enter(Book& book, ByteView record);
  // Reads the disk as it is and holds it against the book; false when it is not to be opened.
  bool recount(std::uint32_t partition);
  void compare_part(std::uint32_t index);
  void flip_once(std::uint32_t partition);
  void retry_reserve(std::uint32_t partition, std::uint64_t life);

  Clockwork& clock_;
  const Profile& profile_;
  Wire& wire_;
  wire::Bus& bus_;
  const bool compares_each_step_;
  Disk disk_;
  std::vector<Part> parts_;
  std::vector<std::unique_ptr<pipeline::Graph>> graphs_;
  std::uint32_t opening_ = 0;
  std::uint32_t revision_ = 0;
  bool has_notify_ = true;
  bool is_up_ = false;
  bool has_failed_ = false;
  std::uint64_t life_ = 0;
};

}  // namespace perennial::simulation
