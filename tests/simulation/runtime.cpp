#include "tests/simulation/runtime.hpp"

#include <algorithm>

#include "runtime/store/journal_reader.hpp"

namespace perennial::simulation {
namespace {

constexpr std::uint64_t hash_seed = 7;

}  // namespace

Runtime::Runtime(Clockwork& clock, const Profile& profile, Wire& wire, wire::Bus& bus,
                 bool compares_each_step)
    : clock_(clock),
      profile_(profile),
      wire_(wire),
      bus_(bus),
      compares_each_step_(compares_each_step),
      disk_(clock, profile),
      parts_(profile.partitions) {
  stage() = this;
  for (Part& part : parts_) part.book.replayed = std::make_unique<state::State>(hash_seed);
}

Runtime::~Runtime() {
  parts_.clear();
  stage() = nullptr;
}

// ---- life and death

void Runtime::start() {
  if (is_up_ || !clock_.violation().empty()) return;
  ++life_;
  has_failed_ = false;
  graphs_.push_back(
      std::make_unique<pipeline::Graph>(Estate::graph(profile_, revision_, has_notify_)));
  for (std::uint32_t index = 0; index < parts_.size(); ++index) {
    if (!recount(index)) return;
    if (auto status = open(index); !status) {
      fail_with(status.error());
      return die(disk_.is_dead() ? Death::power : Death::process);
    }
  }
  is_up_ = true;
  on_up();
}

Status Runtime::open(std::uint32_t index) {
  Part& part = parts_[index];
  opening_ = index;
  part.has_batch = false;
  pipeline::ServiceOptions options;
  options.partition = index;
  options.partitions = profile_.partitions;
  options.endpoints = {std::to_string(index)};
  options.journal_directory = directory_of(index);
  options.segment_bytes = profile_.segment_bytes;
  options.spare = store::Spare::in_line;
  options.hash_seed = hash_seed;
  options.random_seed = clock_.draw();
  for (const auto& [name, plan] : graphs_.back()->connectors) options.host_tokens[name] = "token";
  std::string torn;
  auto service = pipeline::PartitionService::start(
      options, *graphs_.back(), bus_, disk_, clock_, [](const Error&) {}, torn);
  if (!service) return tl::unexpected(service.error());
  part.service = std::move(*service);
  part.book.durable = part.book.records.size();
  plan_turn(index, 0);
  retry_reserve(index, life_);
  return {};
}

void Runtime::on_started(std::function<Status()> turn, const pipeline::Partition& partition,
                         const pipeline::Effects& effects) {
  Part& part = parts_[opening_];
  part.turn = std::move(turn);
  part.partition = &partition;
  part.effects = &effects;
}

void Runtime::on_committer(const pipeline::Committer* committer,
                           std::function<void()> retry_reserve) {
  parts_[opening_].committer = committer;
  parts_[opening_].retry_reserve = std::move(retry_reserve);
}

void Runtime::retry_reserve(std::uint32_t index, std::uint64_t life) {
  clock_.after(1'000, [this, index, life] {
    if (life != life_ || !is_up_) return;
    if (!parts_[index].has_batch) parts_[index].retry_reserve();
    look();
    retry_reserve(index, life);
  });
}

void Runtime::die(Death how) {
  ++life_;
  is_up_ = false;
  for (Part& part : parts_) {
    ++part.plan;
    part.turn_at = -1;
    part.partition = nullptr;
    part.effects = nullptr;
    part.service.reset();
  }
  if (how == Death::power) disk_.lose_unsynced();
  disk_.revive();
  on_down();
  // Mostly soon; now and then after an outage that outlasts what remotes remember.
  const bool is_outage = !clock_.is_calm && clock_.one_in(25);
  clock_.after(is_outage ? clock_.between(30'000, 120'000) : clock_.between(20, 2'000),
               [this] { start(); });
}

void Runtime::look() {
  if (!is_up_ || (!disk_.is_dead() && !has_failed_)) return;
  // A call that was cut off in the middle is the end of the process at least.
  const bool is_power = disk_.is_dead() && clock_.one_in(2);
  clock_.count(is_power ? Fault::power_cut : Fault::process_kill);
  die(is_power ? Death::power : Death::process);
}

void Runtime::fail_with(const Error& error) {
  const bool is_disk = error.code == Code::io || error.code == Code::exhausted;
  if (!is_disk || (clock_.is_calm && !disk_.is_dead())) {
    clock_.violate("runtime: it stopped with: " + error.reason);
  }
}

void Runtime::reload(std::uint32_t revision, bool has_notify) {
  revision_ = revision;
  has_notify_ = has_notify;
  clock_.count(Fault::reload);
  if (!has_notify) clock_.count(Fault::operation_removed);
  if (is_up_) die(Death::process);
}

// ---- turns and commits

void Runtime::plan_turn(std::uint32_t index, TimeMs wait) {
  Part& part = parts_[index];
  const TimeMs at = clock_.now() + wait;
  if (part.turn_at >= 0 && part.turn_at <= at) return;
  part.turn_at = at;
  clock_.after(wait, [this, index, plan = ++part.plan] {
    if (parts_[index].plan == plan) take_turn(index);
  });
}

void Runtime::wake(std::uint32_t index) {
  if (parts_[index].partition == nullptr) return;
  parts_[index].is_awake = true;
  plan_turn(index, 0);
}

void Runtime::take_turn(std::uint32_t index) {
  Part& part = parts_[index];
  part.turn_at = -1;
  if (!part.service) return;
  const bool was_awake = std::exchange(part.is_awake, false);
  if (auto status = part.turn(); !status) {
    has_failed_ = true;
    fail_with(status.error());
    return;
  }
  if (compares_each_step_) compare_part(index);
  const TimeMs wait = wire_.last_wait(index).count();
  plan_turn(index, was_awake ? 1 : std::max<TimeMs>(wait, 1));
}

void Runtime::on_submitted(const pipeline::Committer* committer, const store::RecordBuffer& records,
                           std::function<Position()> write) {
  const auto found = std::find_if(parts_.begin(), parts_.end(),
                                  [&](const Part& one) { return one.committer == committer; });
  const auto index = static_cast<std::uint32_t>(found - parts_.begin());
  Part& part = parts_[index];
  part.has_batch = true;
  part.book.last_batch = records.first;
  const auto split = store::split_records(records.body, records.count);
  if (records.first != part.book.records.size() + 1)
    clock_.violate("journal: a batch out of order");
  for (const ByteView record : *split) enter(part.book, record);
  const bool is_slow = !clock_.is_calm && clock_.one_in(profile_.slow_sync);
  if (is_slow) clock_.count(Fault::slow_disk);
  const TimeMs wait = is_slow ? clock_.between(100, 20'000) : clock_.between(0, 4);
  clock_.after(wait, [this, index, life = life_, write = std::move(write)] {
    if (life != life_) return;
    parts_[index].has_batch = false;
    parts_[index].book.durable = write();
    look();
  });
}

void Runtime::enter(Book& book, ByteView record) {
  book.records.emplace_back(record);
  clock_.note(record);
  const Position position = book.records.size();
  auto stamped = state::decode(record);
  if (!stamped) return clock_.violate("journal: " + stamped.error().reason);
  if (stamped->time < book.last_time) {
    clock_.violate("time: record " + std::to_string(position) + " is older than the one before");
  }
  book.last_time = stamped->time;
  if (auto status = book.replayed->apply(position, *stamped); !status) {
    return clock_.violate("replay: " + status.error().reason);
  }
  if (const auto* accepted = std::get_if<state::EventAccepted>(&stamped->record)) {
    book.keys.accepted.push_back(accepted->key);
  } else if (const auto* made = std::get_if<state::TransitionMade>(&stamped->record)) {
    book.keys.tracked.push_back(made->record);
  } else if (const auto* begun = std::get_if<state::DeliveryStarted>(&stamped->record)) {
    book.started[{begun->delivery, begun->attempt}] = position;
  } else if (const auto* opened = std::get_if<state::ExceptionOpened>(&stamped->record)) {
    if (opened->cause == "schema_violation") ++book.refusals;
    if (opened->cause == "possible_double") {
      book.doubles_told[opened->delivery] = std::string(opened->correlation);
    }
  } else if (const auto* again = std::get_if<state::ExceptionRepeated>(&stamped->record)) {
    const auto* row = book.replayed->exception(again->exception);
    if (again->cause == "possible_double" && row != nullptr) {
      book.doubles_told[row->delivery] = row->correlation;
    }
  }
}

bool Runtime::is_quiet() const {
  return is_up_ && std::all_of(parts_.begin(), parts_.end(), [](const Part& part) {
           return part.effects->records.count == 0 && !part.has_batch;
         });
}

// ---- checks

void Runtime::check_dispatch(std::uint32_t partition, const wire::DispatchEntry& entry) {
  if (entry.verb != wire::Verb::execute) return;
  const Book& book = parts_[partition].book;
  const auto found = book.started.find({entry.delivery, entry.attempt});
  const bool is_early = found == book.started.end() || found->second > book.durable;
  if (!is_early) return;
  clock_.violate("durability: attempt " + std::to_string(entry.attempt) + " of delivery " +
                 std::to_string(entry.delivery) + " left before its record was durable");
}

bool Runtime::recount(std::uint32_t index) {
  Book& book = parts_[index].book;
  disk_.set_honest(true);
  std::vector<Bytes> found;
  Position last_batch = 1;
  Status status;
  if (disk_.has_directory(directory_of(index))) {
    auto reader = store::JournalReader::open(disk_, directory_of(index));
    while (reader && status) {
      auto batch = (*reader)->next();
      if (!batch) status = tl::unexpected(batch.error());
      if (!batch || !*batch) break;
      auto records = store::split_records((*batch)->body, (*batch)->header.records);
      if (!records) status = tl::unexpected(records.error());
      last_batch = (*batch)->header.first;
      if (records) found.insert(found.end(), records->begin(), records->end());
    }
  }
  disk_.set_honest(false);
  if (!status) {
    clock_.violate("journal: " + status.error().reason);
    return false;
  }
  if (found.size() < book.durable) {
    clock_.violate("lost: " + std::to_string(book.durable) + " records were durable, but " +
                   std::to_string(found.size()) + " are there");
    return false;
  }
  const bool is_prefix = found.size() <= book.records.size() &&
                         std::equal(found.begin(), found.end(), book.records.begin());
  if (!is_prefix) {
    clock_.violate("journal: what is read back is not what was written");
    return false;
  }
  const Position durable = book.durable;
  book = Book{};
  book.replayed = std::make_unique<state::State>(hash_seed);
  book.durable = durable;
  book.last_batch = last_batch;
  for (const Bytes& record : found) enter(book, record);
  return clock_.violation().empty();
}

void Runtime::compare_part(std::uint32_t index) {
  const Part& part = parts_[index];
  if (part.effects == nullptr || part.effects->records.count > 0) return;
  const auto live = dump(part.partition->state(), part.book.keys);
  const auto replayed = dump(*part.book.replayed, part.book.keys);
  if (live == replayed) return;
  clock_.violate("replay: partition " + std::to_string(index) + " differs\n" +
                 first_difference(live, replayed));
}

void Runtime::compare() {
  for (std::uint32_t index = 0; index < parts_.size(); ++index) compare_part(index);
}

void Runtime::check_flips(std::uint32_t flips) {
  for (std::uint32_t index = 0; index < parts_.size(); ++index) {
    for (std::uint32_t count = 0; count < flips; ++count) flip_once(index);
  }
}

void Runtime::flip_once(std::uint32_t index) {
  std::vector<std::shared_ptr<Disk::Inode>> segments;
  for (const auto& [path, inode] : disk_.names()) {
    const bool is_here = path.starts_with(directory_of(index) + "/journal-");
    if (is_here && !inode->cached.empty()) segments.push_back(inode);
  }
  if (segments.empty()) return;
  Disk::Inode& inode = *segments[clock_.draw(segments.size())];
  // Mostly where bytes are: what nobody reads may flip unseen.
  const std::size_t used = inode.cached.find_last_not_of('\0') + 1;
  const std::size_t at = clock_.draw(std::max<std::size_t>(used, 1));
  const char before = inode.cached[at];
  inode.cached[at] = static_cast<char>(before ^ (1 << clock_.draw(8)));
  clock_.count(Fault::bit_flipped_in_synced);
  std::vector<Bytes> found;
  std::string torn;
  disk_.set_honest(true);
  auto reader = store::JournalReader::open(disk_, directory_of(index));
  bool is_refused = !reader;
  while (!is_refused) {
    auto batch = (*reader)->next();
    is_refused = !batch;
    if (!batch || !*batch) break;
    const auto records = store::split_records((*batch)->body, (*batch)->header.records);
    is_refused = !records;
    if (records) found.insert(found.end(), records->begin(), records->end());
  }
  if (!is_refused) torn = (*reader)->damage();
  disk_.set_honest(false);
  inode.cached[at] = before;
  const Book& book = parts_[index].book;
  const bool is_same = found == book.records;
  // Of the last batch nobody can tell whether it was ever whole; it is cut, and that is said.
  const bool is_cut = !torn.empty() && found.size() + 1 >= book.last_batch;
  if (is_refused || is_same || is_cut) return;
  clock_.violate("flip: a bit that flipped at byte " + std::to_string(at) +
                 " of a segment changed what is read, and nothing says so");
}

}  // namespace perennial::simulation
