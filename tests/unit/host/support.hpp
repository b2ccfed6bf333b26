// What the tests of host/ share: folders, configurations, a scripted partition.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "runtime/event/cursor.hpp"
#include "runtime/event/event.hpp"
#include "runtime/event/pack.hpp"
#include "runtime/host/connector_host.hpp"
#include "runtime/wire/hub.hpp"
#include "runtime/wire/stream.hpp"

namespace perennial::host {

inline constexpr std::chrono::seconds patience{20};

inline std::filesystem::path plugin_directory(const std::string& id) {
  const char* build = std::getenv("PERENNIAL_BUILD_DIR");
  return std::filesystem::path(build == nullptr ? "build/release" : build) /
         "lib/perennial/plugins" / id;
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "perennial-host-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  // A thread that was written off may still write here; what it leaves is in the way of nobody.
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(path_ / name).rdbuf();
    return text.str();
  }

 private:
  std::filesystem::path path_;
};

using Value = std::variant<std::string, std::int64_t, bool>;

// A flat msgpack map.
inline Bytes packed(const std::map<std::string, Value>& values) {
  Bytes out;
  event::Packer packer(out);
  packer.map(static_cast<std::uint32_t>(values.size()));
  for (const auto& [name, value] : values) {
    packer.text(name);
    if (const auto* text = std::get_if<std::string>(&value)) packer.text(*text);
    if (const auto* number = std::get_if<std::int64_t>(&value)) packer.integer(*number);
    if (const auto* truth = std::get_if<bool>(&value)) packer.boolean(*truth);
  }
  return out;
}

inline Value text(std::string value) {
  return Value(std::move(value));
}
inline Value number(std::int64_t value) {
  return Value(value);
}

inline Bytes testing_event(const std::string& id, const std::map<std::string, Value>& data) {
  const Bytes body = packed(data);
  event::EventParts parts;
  parts.id = id;
  parts.source = "perennial://test/events";
  parts.type = "testing.happened.v1";
  parts.correlation = "R-1";
  parts.data = body;
  return event::build_event(parts);
}

// Collects log lines of any thread; the lines outlive the book, as threads that are written off do.
class LogBook {
 public:
  Log log() {
    return [lines = lines_](std::uint32_t, std::string_view line) {
      const std::lock_guard lock(lines->mutex);
      lines->text += std::string(line) + "\n";
    };
  }
  [[nodiscard]] std::string all() const {
    const std::lock_guard lock(lines_->mutex);
    return lines_->text;
  }
  [[nodiscard]] bool has(const std::string& part) const {
    return all().find(part) != std::string::npos;
  }

 private:
  struct Lines {
    std::mutex mutex;
    std::string text;
  };
  std::shared_ptr<Lines> lines_ = std::make_shared<Lines>();
};

inline bool wait_until(const std::function<bool()>& is_met,
                       const std::function<void()>& meanwhile) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!is_met()) {
    if (std::chrono::steady_clock::now() > end) return false;
    meanwhile();
  }
  return true;
}

// A partition that keeps what hosts send and answers as the test says.
class FakePartition {
 public:
  struct Outcome {
    std::uint64_t delivery;
    std::uint32_t attempt;
    wire::Verb verb;
    std::uint32_t kind;
    std::string code;
    std::string text;
    Bytes receipt;
    std::string token;
    std::string map_revision;
    std::vector<Bytes> follow_ups;
  };
  struct Refusal {
    std::string source;
    std::string cause;
    std::string text;
    std::string subject;
    Bytes body;
  };
  struct Report {
    std::string source;
    std::uint32_t result;
    std::string text;
  };
  struct Webhook {
    std::uint64_t request;
    std::uint32_t result;
    std::uint32_t status;
    Bytes body;
  };

  FakePartition(wire::Bus& bus, std::vector<std::string> endpoints) {
    auto bound = wire::Hub::bind(bus, endpoints);
    EXPECT_TRUE(bound) << bound.error().reason;
    hub = std::move(*bound);
  }

  // Handles frames until `is_met`, or fails the test.
  void expect(const std::function<bool()>& is_met, const std::string& what) {
    EXPECT_TRUE(wait_until(is_met, [&] { turn(); })) << "waited for " << what;
  }
  void expect_hello() {
    expect([this] { return hellos > 0; }, "hello");
  }
  void turn() {
    std::vector<wire::Received> received;
    ASSERT_TRUE(hub->receive(std::chrono::milliseconds(10), 100, received));
    for (const auto& one : received) take(one);
  }
  void send(const wire::Body& body) { ASSERT_TRUE(hub->send(peer, stream.next(body))); }
  void dispatch(std::vector<wire::DispatchEntry> entries) {
    send(wire::Dispatch{std::move(entries)});
  }
  [[nodiscard]] const Outcome* outcome(std::uint64_t delivery) const {
    for (const Outcome& one : outcomes) {
      if (one.delivery == delivery) return &one;
    }
    return nullptr;
  }

  std::unique_ptr<wire::Hub> hub;
  wire::Peer peer;
  wire::Stream stream;
  // What it answers.
  HostEpoch next_epoch = 1;
  bool is_paused = false;
  bool holds_events = false;   // EventsDurable is left to the test
  bool holds_cursors = false;  // CursorDurable likewise
  std::string refusal;
  std::map<std::string, Bytes> cursors;
  // What came.
  int hellos = 0;
  std::vector<std::uint64_t> pids;
  std::vector<Bytes> events;
  std::vector<std::pair<std::string, std::uint64_t>> held;  // source and batch
  std::vector<Bytes> cursor_moves;
  std::vector<Refusal> refusals;
  std::vector<Outcome> outcomes;
  std::vector<Report> reports;
  std::vector<Webhook> webhooks;
  std::vector<std::string> findings;
  int heartbeats = 0;
  std::string goodbye;
  std::vector<std::string> order;  // kinds of frames, as they came
  std::vector<std::string> problems;

 private:
  void take(const wire::Received& received) {
    const auto frame = wire::decode(received.frame);
    ASSERT_TRUE(frame) << frame.error().reason;
    if (const auto* hello = std::get_if<wire::Hello>(&frame->body)) {
      return take_hello(received.peer, *hello, frame->header);
    }
    if (received.peer != peer) return;
    if (auto status = stream.accept(frame->header); !status) {
      problems.push_back(status.error().reason);
    }
    order.emplace_back(wire::name_of(wire::kind_of(frame->body)));
    std::visit([this](const auto& body) { on(body); }, frame->body);
  }

  void take_hello(const wire::Peer& from, const wire::Hello& hello, const wire::Header& header) {
    ++hellos;
    pids.push_back(hello.pid);
    peer = from;
    stream = wire::Stream();
    EXPECT_TRUE(stream.accept(header));
    if (!refusal.empty()) return send(wire::Refuse{refusal});
    wire::Welcome welcome;
    welcome.epoch = next_epoch++;
    welcome.is_paused = is_paused;
    welcome.credit_deliveries = 1000;
    for (const auto& [source, cursor] : cursors) welcome.sources.push_back({source, cursor});
    stream.set_epoch(welcome.epoch);
    send(welcome);
  }

  void on(const wire::Events& frame) {
    for (ByteView event : frame.events) events.emplace_back(event);
    for (const auto& one : frame.refusals) {
      refusals.push_back({std::string(frame.source), std::string(one.cause), std::string(one.text),
                          std::string(one.subject), Bytes(one.body)});
    }
    if (holds_events) {
      held.emplace_back(frame.source, frame.batch);
    } else {
      send(wire::EventsDurable{frame.source, frame.batch});
    }
  }
  void on(const wire::CursorMove& frame) {
    cursor_moves.emplace_back(frame.cursor);
    cursors[std::string(frame.source)] = frame.cursor;
    if (!holds_cursors) send(wire::CursorDurable{frame.source, frame.batch});
  }
  void on(const wire::Outcomes& frame) {
    for (const auto& one : frame.entries) {
      outcomes.push_back({one.delivery,
                          one.attempt,
                          one.verb,
                          one.kind,
                          std::string(one.code),
                          std::string(one.text),
                          Bytes(one.receipt),
                          std::string(one.token),
                          std::string(one.map_revision),
                          {one.follow_ups.begin(), one.follow_ups.end()}});
    }
  }
  void on(const wire::SourceReport& frame) {
    reports.push_back({std::string(frame.source), frame.result, std::string(frame.text)});
  }
  void on(const wire::WebhookAnswer& frame) {
    webhooks.push_back({frame.request, frame.result, frame.status, Bytes(frame.body)});
  }
  void on(const wire::Health& frame) {
    for (const auto& one : frame.findings) findings.emplace_back(one.text);
  }
  void on(const wire::Heartbeat&) { ++heartbeats; }
  void on(const wire::Goodbye& frame) { goodbye = frame.reason; }
  template <typename Body>
  void on(const Body&) {
    problems.emplace_back("a frame that no host sends");
  }
};

}  // namespace perennial::host
