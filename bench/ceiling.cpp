#include "bench/ceiling.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>
#include <zmq.hpp>

#include "bench/measure.hpp"
#include "bench/sample_event.hpp"
#include "runtime/base/hash.hpp"

namespace perennial::bench {
namespace {

constexpr std::size_t span_bytes = 512ULL << 20;

// A file that is written in full beforehand, so that later writes change no metadata; removed at
// the end.
class Scratch {
 public:
  Scratch(const std::string& directory, std::size_t bytes)
      : path_(directory + "/ceiling.dat"),
        fd_(::open(path_.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600)) {
    const std::vector<char> zeros(1 << 20, 0);
    for (std::size_t at = 0; at < bytes && is_good_; at += zeros.size()) {
      is_good_ = write(zeros.data(), std::min(zeros.size(), bytes - at), at);
    }
    is_good_ = is_good_ && ::fsync(fd_) == 0;
  }
  ~Scratch() {
    if (fd_ >= 0) ::close(fd_);
    ::unlink(path_.c_str());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] bool is_good() const { return is_good_; }
  bool write(const char* bytes, std::size_t count, std::size_t at) {
    return fd_ >= 0 &&
           ::pwrite(fd_, bytes, count, static_cast<off_t>(at)) == static_cast<ssize_t>(count);
  }
  bool sync() { return ::fdatasync(fd_) == 0; }

 private:
  std::string path_;
  int fd_;
  bool is_good_ = true;
};

// Walks an event and notes which of the five attributes that every event needs are there.
struct Check : msgpack::null_visitor {
  static constexpr std::array<std::string_view, 5> required = {"id", "source", "type",
                                                               "specversion", "data"};
  unsigned found = 0;
  int depth = 0;
  bool is_key = false;
  bool start_map(std::uint32_t) { return ++depth > 0; }
  bool end_map() { return --depth >= 0; }
  bool start_map_key() { return is_key = true; }
  bool end_map_key() {
    is_key = false;
    return true;
  }
  bool visit_str(const char* text, std::uint32_t size) {
    if (!is_key || depth != 1) return true;
    for (std::size_t index = 0; index < required.size(); ++index) {
      if (required[index] == std::string_view(text, size)) found |= 1U << index;
    }
    return true;
  }
  void parse_error(std::size_t, std::size_t) {}
  void insufficient_bytes(std::size_t, std::size_t) {}
  [[nodiscard]] bool is_complete() const { return found == (1U << required.size()) - 1; }
};

bool check(const char* bytes, std::size_t size) {
  Check walk;
  std::size_t at = 0;
  msgpack::parse(bytes, size, at, walk);
  return walk.is_complete();
}

struct Queued {
  std::int64_t born_us;
  std::string event;
};

class Ceiling {
 public:
  explicit Ceiling(const CeilingPlan& plan) : plan_(plan), file_(plan.directory, span_bytes) {
    out_.set(zmq::sockopt::sndhwm, 100'000);
    out_.bind("inproc://sink");
  }

  Result<CeilingFigures> run() {
    if (!file_.is_good()) {
      return fail(Code::io, plan_.directory + ": expected to write 512 MiB there, but it failed");
    }
    auto sample = SampleEvent::of_size(plan_.event_bytes);
    if (!sample) return tl::unexpected(sample.error());
    std::thread sink([this] { take(); });
    std::thread journal([this] { commit(); });
    const double cpu = cpu_seconds({});
    const std::int64_t begin_us = monotonic_us();
    const std::uint64_t count = produce(*sample, begin_us);
    while (acked_ < count && !is_broken_) std::this_thread::yield();
    const double took_s = static_cast<double>(monotonic_us() - begin_us) / 1e6;
    const double cpu_used = cpu_seconds({}) - cpu;
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    wake_.notify_one();
    journal.join();
    sink.join();
    if (is_broken_) return fail(Code::io, "expected the bare parts to work, but a step failed");
    const auto events = static_cast<double>(count);
    return CeilingFigures{events / took_s, quantile(ages_us_, 0.5), quantile(ages_us_, 0.99),
                          cpu_used / events * 1e6};
  }

 private:
  struct Hash {
    std::size_t operator()(const Fingerprint& id) const { return id.low; }
  };

  // Gives back how many events were made.
  std::uint64_t produce(SampleEvent& sample, std::int64_t begin_us) {
    std::unordered_set<Fingerprint, Hash> seen;
    seen.reserve(1 << 21);
    const auto end_us = begin_us + static_cast<std::int64_t>(plan_.seconds * 1e6);
    std::uint64_t made = 0;
    while (monotonic_us() < end_us && !is_broken_) {
      std::int64_t born_us = monotonic_us();
      if (plan_.rate > 0) {
        born_us =
            begin_us + static_cast<std::int64_t>(static_cast<double>(made) / plan_.rate * 1e6);
        while (monotonic_us() < born_us) {
          std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
      }
      while (made - acked_.load(std::memory_order_acquire) >= plan_.in_flight_max && !is_broken_) {
        std::this_thread::sleep_for(std::chrono::microseconds(20));
      }
      char number[13];
      std::snprintf(number, sizeof number, "%012llu", static_cast<unsigned long long>(made));
      const ByteView event = sample.pack({number, 12}, "0000000000000000");
      const bool is_new = seen.insert(fingerprint({number, 12}, made)).second;
      is_broken_ = is_broken_ || !check(event.data(), event.size()) || !is_new;
      enqueue(event, born_us);
      ++made;
    }
    return made;
  }

  void enqueue(ByteView event, std::int64_t born_us) {
    const auto size = static_cast<std::uint32_t>(event.size());
    {
      const std::lock_guard lock(mutex_);
      const auto* head = reinterpret_cast<const char*>(&size);
      bytes_.insert(bytes_.end(), head, head + sizeof size);
      bytes_.insert(bytes_.end(), event.begin(), event.end());
      queue_.push_back({born_us, std::string(event)});
    }
    wake_.notify_one();
  }

  void commit() {
    std::vector<char> bytes;
    std::vector<Queued> batch;
    std::size_t at = 0;
    for (bool is_last = false; !is_last;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return is_over_ || !queue_.empty(); });
        is_last = is_over_ && queue_.empty();
        bytes.swap(bytes_);
        batch.swap(queue_);
      }
      if (!bytes.empty()) {
        if (at + bytes.size() > span_bytes) at = 0;
        const bool is_written = file_.write(bytes.data(), bytes.size(), at);
        const bool must_sync = plan_.durability == store::Durability::fsync;
        if (!is_written || (must_sync && !file_.sync())) is_broken_ = true;
        at += bytes.size();
      }
      for (const Queued& one : batch) hand_over(one);
      bytes.clear();
      batch.clear();
    }
    out_.send(zmq::message_t(1), zmq::send_flags::none);
  }

  void hand_over(const Queued& one) {
    zmq::message_t message(sizeof one.born_us + one.event.size());
    auto* into = static_cast<char*>(message.data());
    std::memcpy(into, &one.born_us, sizeof one.born_us);
    std::memcpy(into + sizeof one.born_us, one.event.data(), one.event.size());
    out_.send(message, zmq::send_flags::none);
  }

  void take() {
    zmq::socket_t in(context_, zmq::socket_type::pull);
    in.set(zmq::sockopt::rcvhwm, 100'000);
    in.connect("inproc://sink");
    zmq::message_t message;
    while (in.recv(message) && message.size() > sizeof(std::int64_t)) {
      std::int64_t born_us = 0;
      const auto* bytes = static_cast<const char*>(message.data());
      std::memcpy(&born_us, bytes, sizeof born_us);
      if (!check(bytes + sizeof born_us, message.size() - sizeof born_us)) is_broken_ = true;
      ages_us_.push_back(static_cast<double>(monotonic_us() - born_us));
      acked_.fetch_add(1, std::memory_order_release);
    }
  }

  const CeilingPlan plan_;
  Scratch file_;
  zmq::context_t context_{1};
  zmq::socket_t out_{context_, zmq::socket_type::push};
  std::mutex mutex_;  // guards the four below
  std::condition_variable wake_;
  std::vector<char> bytes_;
  std::vector<Queued> queue_;
  bool is_over_ = false;
  std::atomic<std::uint64_t> acked_{0};
  std::atomic<bool> is_broken_{false};
  std::vector<double> ages_us_;  // the sink's
};

}  // namespace

Result<CeilingFigures> run_ceiling(const CeilingPlan& plan) {
  return Ceiling(plan).run();
}

Result<double> fdatasync_p50_us(const std::string& directory) {
  constexpr std::size_t block = 4096;
  constexpr std::size_t times = 1500;
  Scratch file(directory, block * times);
  const std::vector<char> bytes(block, 'x');
  std::vector<double> took;
  for (std::size_t index = 0; index < times; ++index) {
    const std::int64_t begin_us = monotonic_us();
    if (!file.is_good() || !file.write(bytes.data(), block, index * block) || !file.sync()) {
      return fail(Code::io, directory + ": expected to write and sync there, but it failed");
    }
    took.push_back(static_cast<double>(monotonic_us() - begin_us));
  }
  return quantile(took, 0.5);
}

}  // namespace perennial::bench
