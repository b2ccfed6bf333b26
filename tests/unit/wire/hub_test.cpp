#include "runtime/wire/hub.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "runtime/base/limits.hpp"

namespace perennial::wire {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds patience{10'000};

// A folder of its own that only this user can enter, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "perennial-hub-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string endpoint() const { return "ipc://" + path_ + "/p0.sock"; }

 private:
  std::string path_;
};

std::vector<Received> await_frames(Hub& hub, std::size_t count) {
  std::vector<Received> received;
  const auto end = std::chrono::steady_clock::now() + patience;
  while (received.size() < count && std::chrono::steady_clock::now() < end) {
    EXPECT_TRUE(hub.receive(milliseconds(100), count - received.size(), received));
  }
  return received;
}

std::vector<Bytes> await_frames(Link& link, LinkSet& set, std::size_t count) {
  std::vector<Bytes> received;
  const auto end = std::chrono::steady_clock::now() + patience;
  while (received.size() < count && std::chrono::steady_clock::now() < end) {
    EXPECT_TRUE(set.wait(milliseconds(100)));
    EXPECT_TRUE(link.receive(count - received.size(), received));
  }
  return received;
}

void expect_both_ways(Bus& bus, Hub& hub, const std::string& endpoint) {
  auto link = Link::connect(bus, endpoint);
  ASSERT_TRUE(link) << link.error().reason;
  LinkSet set;
  set.add(**link);
  ASSERT_TRUE((*link)->send("hello"));
  ASSERT_TRUE((*link)->send("again"));
  const auto received = await_frames(hub, 2);
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[0].frame, "hello");
  EXPECT_EQ(received[1].frame, "again");
  EXPECT_EQ(received[0].peer, received[1].peer);
  ASSERT_TRUE(hub.send(received[0].peer, "welcome"));
  EXPECT_EQ(await_frames(**link, set, 1), std::vector<Bytes>{"welcome"});
}

TEST(Hub, CarriesFramesWithinTheProcess) {
  Bus bus;
  auto hub = Hub::bind(bus, {"inproc://partition-0"});
  ASSERT_TRUE(hub) << hub.error().reason;
  expect_both_ways(bus, **hub, "inproc://partition-0");
}

TEST(Hub, CarriesFramesAcrossProcessBoundaries) {
  Folder folder;
  Bus bus;
  Bus other;
  auto hub = Hub::bind(bus, {"inproc://partition-0", folder.endpoint()});
  ASSERT_TRUE(hub) << hub.error().reason;
  expect_both_ways(other, **hub, folder.endpoint());
  expect_both_ways(bus, **hub, "inproc://partition-0");
}

TEST(Hub, ServesAHostThatStartedFirst) {
  Folder folder;
  Bus bus;
  auto link = Link::connect(bus, folder.endpoint());
  ASSERT_TRUE(link);
  ASSERT_TRUE((*link)->send("early"));
  auto hub = Hub::bind(bus, {folder.endpoint()});
  ASSERT_TRUE(hub);
  EXPECT_EQ(await_frames(**hub, 1).at(0).frame, "early");
}

TEST(Hub, SaysThatAPeerIsGone) {
  Bus bus;
  auto hub = Hub::bind(bus, {"inproc://partition-0"});
  ASSERT_TRUE(hub);
  Peer peer;
  {
    auto link = Link::connect(bus, "inproc://partition-0");
    ASSERT_TRUE(link);
    ASSERT_TRUE((*link)->send("hello"));
    peer = await_frames(**hub, 1).at(0).peer;
  }
  // The end of a connection reaches the hub on its own time.
  Status status;
  const auto end = std::chrono::steady_clock::now() + patience;
  while (status && std::chrono::steady_clock::now() < end) {
    status = (*hub)->send(peer, "anyone there");
    std::vector<Received> none;
    ASSERT_TRUE((*hub)->receive(milliseconds(1), 1, none));
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::unavailable);
  EXPECT_EQ((*hub)->send("nobody", "frame").error().code, Code::unavailable);
}

TEST(Hub, WakesFromAnotherThread) {
  Bus bus;
  auto hub = Hub::bind(bus, {"inproc://partition-0"});
  ASSERT_TRUE(hub);
  for (int round = 0; round < 100; ++round) {
    std::thread other([&] { (*hub)->wake(); });
    std::vector<Received> received;
    const auto before = std::chrono::steady_clock::now();
    EXPECT_TRUE((*hub)->receive(patience, 10, received));
    EXPECT_LT(std::chrono::steady_clock::now() - before, patience);
    EXPECT_TRUE(received.empty());
    other.join();
  }
}

TEST(Hub, TimesOut) {
  Bus bus;
  auto hub = Hub::bind(bus, {"inproc://partition-0"});
  ASSERT_TRUE(hub);
  std::vector<Received> received;
  EXPECT_TRUE((*hub)->receive(milliseconds(5), 10, received));
  EXPECT_TRUE(received.empty());
}

TEST(Hub, GivesAtMostAsManyFramesAsAsked) {
  Bus bus;
  auto hub = Hub::bind(bus, {"inproc://partition-0"});
  auto link = Link::connect(bus, "inproc://partition-0");
  ASSERT_TRUE(hub && link);
  for (int count = 0; count < 5; ++count) ASSERT_TRUE((*link)->send(std::to_string(count)));
  std::vector<Received> received;
  ASSERT_TRUE((*hub)->receive(patience, 3, received));
  EXPECT_EQ(received.size(), 3u);
  ASSERT_TRUE((*hub)->receive(patience, 3, received));
  EXPECT_EQ(received.size(), 5u);
  EXPECT_EQ(received.back().frame, "4");
}

TEST(Hub, RefusesWhatIsLargerThanAFrame) {
  Bus bus;
  auto hub = Hub::bind(bus, {"inproc://partition-0"});
  auto link = Link::connect(bus, "inproc://partition-0");
  ASSERT_TRUE(hub && link);
  EXPECT_EQ((*link)->send(Bytes(limits::frame_bytes_max + 1, 'x')).error().code, Code::exhausted);
}

TEST(Hub, SaysWhyItCannotBind) {
  Bus bus;
  const auto hub = Hub::bind(bus, {"ipc:///no/such/folder/p0.sock"});
  ASSERT_FALSE(hub);
  EXPECT_NE(hub.error().reason.find("bind ipc:///no/such/folder/p0.sock"), std::string::npos);
  EXPECT_FALSE(Hub::bind(bus, {"nonsense"}));
  EXPECT_FALSE(Link::connect(bus, "nonsense"));
}

TEST(LinkSet, WakesFromAnotherThread) {
  LinkSet set;
  for (int round = 0; round < 100; ++round) {
    std::thread other([&] { set.wake(); });
    const auto before = std::chrono::steady_clock::now();
    EXPECT_TRUE(set.wait(patience));
    EXPECT_LT(std::chrono::steady_clock::now() - before, patience);
    other.join();
  }
}

}  // namespace
}  // namespace perennial::wire
