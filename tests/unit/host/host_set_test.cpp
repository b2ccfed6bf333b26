#include "runtime/host/host_set.hpp"

#include <gmock/gmock.h>
#include <perennial/plugin.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/host/support.hpp"

namespace perennial::host {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SystemClock& test_clock() {
  static SystemClock clock;
  return clock;
}

std::string host_binary() {
  const char* build = std::getenv("PERENNIAL_BUILD_DIR");
  return std::string(build == nullptr ? "build/release" : build) + "/bin/perennial-host";
}

struct Exit {
  std::string connector;
  std::uint64_t pid;
  std::string how;
};

class HostSetTest : public ::testing::Test {
 protected:
  HostSetTest() {
    spec_.name = "test";
    spec_.plugin_directory = plugin_directory("testing").string();
    spec_.endpoints = {"ipc://" + (folder_ / "p0.sock").string()};
    spec_.token = "secret-token";
    spec_.tuning.grace_ms = 50;
    spec_.tuning.backoff_ms_min = 5;
    spec_.tuning.heartbeat_ms = 50;
    spec_.tuning.stop_ms = 2000;
    config_["calls_file"] = text((folder_ / "calls").string());
    partition_ = std::make_unique<FakePartition>(bus_, spec_.endpoints);
  }

  HostSetOptions options() {
    HostSetOptions options;
    options.host_binary = host_binary();
    options.log = [this](const std::string& connector, std::uint32_t level, std::string_view line) {
      log_.log()(level, connector + ": " + std::string(line));
    };
    options.on_exit = [this](const std::string& connector, std::uint64_t pid,
                             const std::string& how) {
      const std::lock_guard lock(mutex_);
      exits_.push_back({connector, pid, how});
    };
    options.supervision.backoff_ms_min = 10;
    options.supervision.backoff_ms_max = 40;
    return options;
  }

  Status start(Hosting hosting = Hosting::process) {
    spec_.config = packed(config_);
    set_ = std::make_unique<HostSet>(bus_, test_clock(), options());
    return set_->start(spec_, hosting);
  }
  void expect_hello(int count) {
    partition_->expect([&] { return partition_->hellos >= count; },
                       "hello " + std::to_string(count));
  }
  std::vector<Exit> exits() {
    const std::lock_guard lock(mutex_);
    return exits_;
  }

  // Dispatches, and again after each new hello, as a partition does that looks up what was in
  // flight, until the delivery has an outcome.
  const FakePartition::Outcome* outcome_after_recovery(wire::Verb verb) {
    const Bytes event = testing_event("e-1", {{"number", number(1)}});
    int sent_in = 0;
    partition_->expect(
        [&] {
          if (partition_->hellos > sent_in) {
            sent_in = partition_->hellos;
            wire::DispatchEntry entry;
            entry.delivery = 1;
            entry.attempt = static_cast<std::uint32_t>(sent_in);
            entry.verb = verb;
            entry.deadline_ms = 1000;
            entry.operation = "sink";
            entry.key = "KEY-1";
            entry.token = "token-1";
            entry.event = event;
            partition_->dispatch({entry});
          }
          return partition_->outcome(1) != nullptr;
        },
        "an outcome");
    return partition_->outcome(1);
  }

  Folder folder_;
  wire::Bus bus_;
  std::unique_ptr<FakePartition> partition_;
  ConnectorSpec spec_;
  std::map<std::string, Value> config_;
  LogBook log_;
  std::mutex mutex_;
  std::vector<Exit> exits_;
  std::unique_ptr<HostSet> set_;
};

TEST_F(HostSetTest, HostsInAProcessOfItsOwn) {
  spec_.sources = {SourceSpec{"events", "all", 10, 0, 100}};
  config_["events"] = number(250);
  ASSERT_TRUE(start());
  expect_hello(1);
  EXPECT_NE(partition_->pids.back(), static_cast<std::uint64_t>(::getpid()));
  partition_->expect([&] { return partition_->cursors["events"] == "250"; }, "the cursor");
  EXPECT_EQ(partition_->events.size(), 250u);
  EXPECT_EQ(outcome_after_recovery(wire::Verb::execute)->kind,
            static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
  const auto states = set_->states();
  ASSERT_EQ(states.size(), 1u);
  EXPECT_EQ(states[0].pid, partition_->pids.back());
  EXPECT_TRUE(states[0].is_running);
  partition_->expect([&] { return set_->states()[0].is_connected; }, "the status");
}

TEST_F(HostSetTest, HostsInThisProcess) {
  ASSERT_TRUE(start(Hosting::in_process));
  expect_hello(1);
  EXPECT_EQ(partition_->pids.back(), static_cast<std::uint64_t>(::getpid()));
  EXPECT_EQ(outcome_after_recovery(wire::Verb::execute)->kind,
            static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
  partition_->expect([&] { return set_->states().at(0).is_connected; }, "the status");
  EXPECT_FALSE(set_->start(spec_, Hosting::in_process));
  set_->stop_all(1000);
  ASSERT_EQ(exits().size(), 1u);
  EXPECT_EQ(exits()[0].how, "stopped");
}

TEST_F(HostSetTest, StartsAKilledChildAgain) {
  spec_.sources = {SourceSpec{"events", "all", 10, 0, 100}};
  config_["events"] = number(150);
  partition_->holds_events = true;
  ASSERT_TRUE(start());
  partition_->expect([&] { return partition_->held.size() == 2; }, "undurable events");
  const auto first = partition_->pids.back();
  // A child of this process, not reaped by anybody else: the pid is surely its.
  ::kill(static_cast<pid_t>(first), SIGKILL);
  partition_->holds_events = false;
  expect_hello(2);
  EXPECT_NE(partition_->pids.back(), first);
  partition_->expect([&] { return partition_->cursors["events"] == "150"; }, "the cursor");
  // What was not durable is read again, with the same identity.
  EXPECT_EQ(partition_->events.size(), 300u);
  EXPECT_EQ(partition_->events[0], partition_->events[150]);
  ASSERT_EQ(exits().size(), 1u);
  EXPECT_EQ(exits()[0].pid, first);
  EXPECT_THAT(exits()[0].how, HasSubstr("killed by signal 9"));
  EXPECT_EQ(set_->states()[0].restarts, 1u);
}

TEST_F(HostSetTest, EndsAChildWhoseCallBlocks) {
  config_["block_in"] = text("execute");
  config_["block_ms"] = number(60'000);
  ASSERT_TRUE(start());
  expect_hello(1);
  const Bytes event = testing_event("e-1", {{"number", number(1)}});
  wire::DispatchEntry entry;
  entry.delivery = 1;
  entry.deadline_ms = 20;
  entry.operation = "sink";
  entry.key = "KEY-1";
  entry.event = event;
  partition_->dispatch({entry});
  expect_hello(2);
  ASSERT_EQ(exits().size(), 1u);
  EXPECT_THAT(exits()[0].how, HasSubstr("killed by signal 6"));
  EXPECT_TRUE(log_.has("did not return from a call of operation sink"));
}

TEST_F(HostSetTest, TellsWhyAConnectorCannotWork) {
  config_["refuse"] = text("expected a reachable moon");
  const auto status = start();
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().reason, HasSubstr("expected a reachable moon"));
  EXPECT_TRUE(set_->states().empty());
}

TEST_F(HostSetTest, TellsThatTheHostBinaryIsMissing) {
  HostSetOptions wrong = options();
  wrong.host_binary = "/no/such/perennial-host";
  set_ = std::make_unique<HostSet>(bus_, test_clock(), wrong);
  const auto status = set_->start(spec_, Hosting::process);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().reason, HasSubstr("/no/such/perennial-host"));
}

TEST_F(HostSetTest, KeepsSecretsOutOfArgumentsAndEnvironment) {
  ::setenv("SECRET_OF_ANOTHER", "another-secret", 1);
  spec_.secrets["api_key"] = "my-own-secret";
  ASSERT_TRUE(start());
  expect_hello(1);
  const auto read = [&](const std::string& name) {
    std::ifstream file("/proc/" + std::to_string(partition_->pids.back()) + "/" + name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  for (const char* name : {"environ", "cmdline"}) {
    EXPECT_THAT(read(name), Not(HasSubstr("secret"))) << name;
  }
  ::unsetenv("SECRET_OF_ANOTHER");
  partition_->send(wire::Control{wire::ControlVerb::check, 1});
  partition_->expect([&] { return !partition_->findings.empty(); }, "findings");
  EXPECT_EQ(partition_->findings[0], "api_key of 13 bytes");
}

TEST_F(HostSetTest, StopsInOrder) {
  ASSERT_TRUE(start());
  partition_->expect([&] { return partition_->heartbeats > 0; }, "the connection");
  std::thread stopping([&] { set_->stop_all(5000); });
  partition_->expect([&] { return !partition_->goodbye.empty(); }, "the goodbye");
  stopping.join();
  ASSERT_EQ(exits().size(), 1u);
  EXPECT_EQ(exits()[0].how, "ended with exit code 0");
  EXPECT_THAT(folder_.read("calls"), HasSubstr("stop"));
}

TEST_F(HostSetTest, KillsAChildThatDoesNotStop) {
  config_["block_in"] = text("stop");
  config_["block_ms"] = number(60'000);
  ASSERT_TRUE(start());
  expect_hello(1);
  set_->stop_all(100);
  ASSERT_EQ(exits().size(), 1u);
  EXPECT_THAT(exits()[0].how, HasSubstr("killed by signal 9"));
}

// A supervisor that is killed takes its children with it.
TEST_F(HostSetTest, ChildrenDieWithTheirParent) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the thread sanitizer does not follow a fork of a process with threads";
#endif
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t middle = ::fork();
  if (middle == 0) {
    if (!start()) ::_exit(1);
    const auto pid = static_cast<pid_t>(set_->states().at(0).pid);
    if (::write(ends[1], &pid, sizeof pid) != sizeof pid) ::_exit(1);
    while (true) ::pause();
  }
  pid_t child = 0;
  ASSERT_EQ(::read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  const int watch = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  ASSERT_GE(watch, 0);
  ::kill(middle, SIGKILL);
  ::waitpid(middle, nullptr, 0);
  pollfd polled{watch, POLLIN, 0};
  EXPECT_EQ(::poll(&polled, 1, 20'000), 1);
  ::close(watch);
  ::close(ends[0]);
  ::close(ends[1]);
}

struct Crash {
  std::string callback;
  std::string provoke;  // what makes the host call it: "", "source", a verb, "webhook", "check"
};

class HostSetCrashTest : public HostSetTest, public ::testing::WithParamInterface<Crash> {};

// The file makes the crash happen once; the child that follows works.
TEST_P(HostSetCrashTest, Recovers) {
  const Crash crash = GetParam();
  config_["crash_in"] = text(crash.callback);
  config_["crash_file"] = text((folder_ / "crash").string());
  folder_.write("crash", "once");
  if (crash.provoke == "source") {
    spec_.sources = {SourceSpec{"events", "all", 10, 0, 100}};
    config_["events"] = number(10);
  }
  ASSERT_TRUE(start());
  expect_hello(1);
  if (crash.provoke == "webhook") {
    partition_->send(wire::WebhookRequest{1, "hook", "POST", "", "12", {{"x-signature", "good"}}});
  } else if (crash.provoke == "check") {
    partition_->send(wire::Control{wire::ControlVerb::check, 1});
  } else if (crash.provoke == "execute" || crash.provoke == "lookup" || crash.provoke == "poll" ||
             crash.provoke == "cancel") {
    const std::map<std::string, wire::Verb> verbs = {{"execute", wire::Verb::execute},
                                                     {"lookup", wire::Verb::lookup},
                                                     {"poll", wire::Verb::poll},
                                                     {"cancel", wire::Verb::cancel}};
    ASSERT_NE(outcome_after_recovery(verbs.at(crash.provoke)), nullptr);
  }
  partition_->expect([&] { return !exits().empty(); }, "the crash");
  EXPECT_THAT(exits().at(0).how, HasSubstr("killed by signal 6"));
  // After recovery everything works.
  partition_->outcomes.clear();
  partition_->expect([&] { return set_->states().at(0).is_running; }, "another child");
  if (crash.provoke == "source") {
    partition_->expect([&] { return partition_->cursors["events"] == "10"; }, "the cursor");
  }
  const int before = partition_->hellos;
  if (before < 2 && !crash.provoke.empty()) expect_hello(2);
  const auto* outcome = outcome_after_recovery(wire::Verb::execute);
  ASSERT_NE(outcome, nullptr);
  EXPECT_EQ(outcome->kind, static_cast<std::uint32_t>(PERENNIAL_OUTCOME_DONE));
}

INSTANTIATE_TEST_SUITE_P(EveryCallback, HostSetCrashTest,
                         ::testing::Values(Crash{"configure", ""}, Crash{"start", ""},
                                           Crash{"poll_source", "source"},
                                           Crash{"acknowledge", "source"},
                                           Crash{"execute", "execute"}, Crash{"lookup", "lookup"},
                                           Crash{"poll", "poll"}, Crash{"cancel", "cancel"},
                                           Crash{"receive", "webhook"}, Crash{"check", "check"}),
                         [](const auto& crash) { return crash.param.callback; });

TEST_F(HostSetTest, ACrashWhileStoppingIsSaid) {
  config_["crash_in"] = text("stop");
  ASSERT_TRUE(start());
  expect_hello(1);
  set_->stop_all(5000);
  ASSERT_EQ(exits().size(), 1u);
  EXPECT_THAT(exits()[0].how, HasSubstr("killed by signal 6"));
}

}  // namespace
}  // namespace perennial::host
