// The built runtime under load is killed in the middle: what it acknowledged is in the journal, and
// after a restart each event is accepted once and delivered.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <thread>

#include "runtime/event/event.hpp"
#include "runtime/event/pack.hpp"
#include "runtime/state/records.hpp"
#include "runtime/store/file_system.hpp"
#include "runtime/store/journal_reader.hpp"

namespace perennial {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t events = 30'000;
constexpr std::uint64_t rate = 10'000;  // so that the kill falls into the middle

fs::path build_directory() {
  const char* given = std::getenv("PERENNIAL_BUILD_DIR");
  return given == nullptr ? fs::path("build/release") : fs::path(given);
}

// What the journal says, counted by event id and by kind of record.
struct Told {
  std::map<std::string, int> accepted;
  std::uint64_t scheduled = 0;
  std::uint64_t done = 0;
  std::uint64_t exceptions = 0;
};

class KillTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "perennial-kill-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    write("record.msgpack", record());
    write("perennial.yaml", config());
  }
  void TearDown() override {
    if (pid_ > 0) stop(SIGKILL);
    fs::remove_all(folder_);
  }

  static Bytes record() {
    Bytes data;
    event::Packer(data).map(1).text("number").text("{{ number }}");
    event::EventParts parts;
    parts.id = "{{ number }}";
    parts.source = "perennial://load/load";
    parts.type = "testing.happened.v1";
    parts.correlation = "{{ number }}";
    parts.data = data;
    return event::build_event(parts);
  }

  [[nodiscard]] std::string config() const {
    const std::string plugins = (build_directory() / "lib/perennial/plugins").string();
    return "schema_version: 1\ndata_dir: " + path("state") + "\nruntime: {log_level: error}\n" +
           "plugins: {directories: [\"" + fs::absolute(plugins).string() + "\"]}\n" +
           "schemas: {unknown_types: accept}\nconnectors:\n" +
           "  load: {plugin: testing, hosting: in_process, sources: {load: {start: all}},\n" +
           "    config: {events: " + std::to_string(events) + ", rate: " + std::to_string(rate) +
           ", template_file: \"" + path("record.msgpack") + "\", calls_file: \"" + path("calls") +
           "\"}}\n" + "  target: {plugin: testing, hosting: in_process, config: {}}\n" +
           "pipelines:\n  deliver: {from: testing.happened.v1, to: target.sink}\n";
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  void write(const std::string& name, ByteView bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
  }

  void start() {
    std::string program = (build_directory() / "bin/perennial").string();
    std::string configuration = path("perennial.yaml");
    char verb[] = "run";
    char option[] = "--config";
    char* arguments[] = {program.data(), verb, option, configuration.data(), nullptr};
    ASSERT_EQ(::posix_spawn(&pid_, program.c_str(), nullptr, nullptr, arguments, environ), 0);
  }
  void stop(int signal) {
    ::kill(pid_, signal);
    int how = 0;
    ::waitpid(pid_, &how, 0);
    pid_ = -1;
  }

  // The last cursor that the runtime acknowledged to the source.
  [[nodiscard]] std::uint64_t acknowledged() const {
    std::ifstream file(path("calls"));
    std::uint64_t last = 0;
    for (std::string line; std::getline(file, line);) {
      constexpr std::string_view head = "acknowledge ";
      if (line.starts_with(head)) last = std::stoull(line.substr(head.size()));
    }
    return last;
  }

  [[nodiscard]] Told told() const {
    Told all;
    store::PosixFileSystem files;
    const auto reader = store::JournalReader::open(files, journal());
    if (!reader) return all;
    for (auto batch = (*reader)->next(); batch && *batch; batch = (*reader)->next()) {
      const auto records = store::split_records((*batch)->body, (*batch)->header.records);
      for (ByteView bytes : records.value_or(std::vector<ByteView>())) count(bytes, all);
    }
    return all;
  }
  static void count(ByteView bytes, Told& all) {
    const auto stamped = state::decode(bytes);
    ASSERT_TRUE(stamped) << stamped.error().reason;
    if (const auto* one = std::get_if<state::EventAccepted>(&stamped->record)) {
      ++all.accepted[std::string(event::trusted_event(one->event).id)];
    }
    all.scheduled += std::holds_alternative<state::DeliveryScheduled>(stamped->record) ? 1 : 0;
    all.done += std::holds_alternative<state::DeliveryDone>(stamped->record) ? 1 : 0;
    all.exceptions += std::holds_alternative<state::ExceptionOpened>(stamped->record) ? 1 : 0;
  }
  [[nodiscard]] std::string journal() const {
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "state")) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("journal-")) return entry.path().parent_path().string();
    }
    return path("state");
  }

  static bool becomes(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < end) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  static std::string id_of(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    return std::string(12 - digits.size(), '0') + digits;
  }

  fs::path folder_;
  pid_t pid_ = -1;
};

TEST_F(KillTest, LosesNothingAcknowledgedAndAcceptsEachEventOnceAfterItsRestart) {
  start();
  ASSERT_TRUE(becomes([&] { return acknowledged() > 0; }));
  stop(SIGKILL);
  const std::uint64_t kept = acknowledged();
  ASSERT_LT(kept, events);
  const Told before = told();
  for (std::uint64_t number = 1; number <= kept; ++number) {
    ASSERT_TRUE(before.accepted.contains(id_of(number))) << "lost event " << number;
  }

  start();
  ASSERT_TRUE(becomes([&] { return acknowledged() == events; }));
  ASSERT_TRUE(becomes([&] { return told().done >= events; }));
  stop(SIGTERM);

  const Told after = told();
  EXPECT_EQ(after.accepted.size(), events);
  for (const auto& [id, times] : after.accepted) EXPECT_EQ(times, 1) << id;
  EXPECT_EQ(after.scheduled, events);
  EXPECT_EQ(after.done, events);
  EXPECT_EQ(after.exceptions, 0U);
}

}  // namespace
}  // namespace perennial
