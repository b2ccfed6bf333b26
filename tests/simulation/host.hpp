// A connector host as the wire protocol describes it, with calls that take time and go wrong.
//
// Place:   at the other end of the simulated wire; speaks real frames through wire/stream.
// Rule:    whatever breaks one of its connections makes it drop all and say hello again; calls that
//          run then go on, what waits is forgotten. When it is killed, a call on its way to the
//          remote may still arrive there, within its deadline.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "runtime/wire/routing.hpp"
#include "runtime/wire/stream.hpp"
#include "tests/simulation/remote.hpp"
#include "tests/simulation/wire_double.hpp"

namespace perennial::simulation {

struct HostWorld {
  Clockwork& clock;
  const Profile& profile;
  Wire& wire;
  Remote& remote;
  const Estate& estate;
  // Tells that a dispatch arrived, for the checks of what may leave.
  std::function<void(std::uint32_t partition, const wire::DispatchEntry&)> on_dispatch;
  std::function<void(const std::string& connector, std::uint64_t pid)> on_death;
};

class Host {
 public:
  Host(HostWorld& world, std::string connector);

  void start();
  // With the runtime, whose child it is, or by a fault; `is_told` = the runtime's supervisor notices.
  void kill(bool is_told);
  [[nodiscard]] bool is_running() const { return is_running_; }
  // Takes the frame when the connection is this host's.
  bool receive(const wire::Peer& peer, const Bytes& bytes);
  // Everything that its sources have is read, and the cursors are durable.
  [[nodiscard]] bool is_drained() const;

 private:
  struct Link {
    wire::Peer peer;
    wire::Stream stream;
    bool is_welcomed = false;
    std::uint32_t credit = 0;
    std::uint32_t outstanding = 0;
    // Answers to questions of an earlier connection: the partition takes them for those of this one.
    std::uint32_t stale = 0;
  };
  struct Round {
    std::uint64_t last_batch = 0;
    std::map<std::pair<std::uint32_t, std::uint64_t>, bool> open;  // partition and batch
    std::size_t end = 0;
    bool is_cursor_sent = false;
  };
  struct Source {
    std::string name;
    const std::vector<Fact>* facts = nullptr;
    std::size_t next = 0;
    std::size_t durable = 0;
    bool has_poll = false;
    std::optional<Round> round;
  };
  struct Call {
    std::uint32_t partition = 0;
    HostEpoch epoch = 0;
    std::uint64_t delivery = 0;
    std::uint32_t attempt = 0;
    wire::Verb verb = wire::Verb::execute;
    std::string token;
    RemoteCall remote;
    const OperationShape* shape = nullptr;
  };
  struct Answer {
    std::uint32_t partition = 0;
    HostEpoch epoch = 0;
    std::uint64_t delivery = 0;
    std::uint32_t attempt = 0;
    wire::Verb verb = wire::Verb::execute;
    std::uint32_t kind = 0;
    std::int64_t after_ms = -1;
    std::string token;
    Bytes follow_up;
  };
  // A call between its begin and its answer; `is_cut` = it never reaches the remote.
  struct Flight {
    bool has_landed = false;
    bool is_cut = false;
  };

  void connect();
  void reconnect();
  void beat(std::uint64_t life);
  Status send(std::uint32_t partition, const wire::Body& body);
  void on_body(std::uint32_t partition, const wire::Frame& frame);
  void on_welcome(std::uint32_t partition, const wire::Welcome& welcome);
  void on_dispatch(std::uint32_t partition, const wire::Dispatch& dispatch);
  void on_durable(std::uint32_t partition, const wire::EventsDurable& frame);
  void on_cursor(const wire::CursorDurable& frame);
  [[nodiscard]] bool is_open() const;
  // sources
  void plan_poll(Source& source, TimeMs wait);
  void poll(Source& source);
  void send_parts(Source& source, std::size_t begin, std::size_t end);
  void advance(Source& source);
  // calls
  void begin_calls();
  void begin(Call call);
  void ask(const Call& call);
  void land(const Call& call, const std::shared_ptr<Flight>& flight, TimeMs answer_wait,
            std::uint64_t life);
  void answer(const Call& call, std::uint32_t kind, std::uint64_t life, TimeMs after_ms = -1,
              const std::string& token = {});
  void send_answers();
  void tell_finished();
  [[nodiscard]] std::optional<pipeline::Outcome> draw_refusal(const Call& call);

  HostWorld& world_;
  const std::string connector_;
  bool is_running_ = false;
  std::uint64_t life_ = 0;  // of the process
  std::uint64_t line_ = 0;  // of its connections
  std::uint64_t pid_ = 0;
  std::uint64_t last_batch_ = 0;
  std::vector<Link> links_;
  std::vector<Source> sources_;
  std::map<std::string, std::string> cursors_;
  std::deque<Call> waiting_;
  std::uint32_t running_ = 0;
  std::vector<std::shared_ptr<Flight>> flights_;
  std::vector<Answer> answers_;
  std::uint32_t restarts_ = 0;
};

}  // namespace perennial::simulation
