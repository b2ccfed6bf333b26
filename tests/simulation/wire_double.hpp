// The wire of a simulated world: connections between hubs and simulated hosts that lose, double, swap
// and delay frames.
//
// Place:   behind wire/hub.hpp, whose classes wire_double.cpp defines in the place of wire/hub.cpp.
// Rule:    frames of one direction of one connection arrive in order, unless a fault says otherwise;
//          nothing arrives at a hub that was closed since.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "runtime/wire/hub.hpp"
#include "tests/simulation/clockwork.hpp"
#include "tests/simulation/profile.hpp"

namespace perennial::simulation {

class Wire {
 public:
  Wire() = default;
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void attach(Clockwork& clock, const Profile& profile,
              std::function<void(std::uint32_t partition)> on_arrival,
              std::function<void(const wire::Peer& peer, const Bytes& frame)> on_frame);

  // The hosts' side.
  [[nodiscard]] wire::Peer connect(std::uint32_t partition);
  void disconnect(const wire::Peer& peer);
  void to_hub(const wire::Peer& peer, Bytes frame);

  // The hubs' side.
  void open_hub(std::uint32_t partition);
  void close_hub(std::uint32_t partition);
  [[nodiscard]] Status to_host(const wire::Peer& peer, Bytes frame);
  void receive(std::uint32_t partition, std::chrono::milliseconds wait, std::size_t frames_max,
               std::vector<wire::Received>& received);
  void wake(std::uint32_t partition) { on_arrival_(partition); }
  // How long the hub's owner was ready to wait the last time.
  [[nodiscard]] std::chrono::milliseconds last_wait(std::uint32_t partition) {
    return hubs_[partition].wait;
  }

 private:
  struct HubSide {
    std::uint64_t generation = 0;
    bool is_open = false;
    std::deque<wire::Received> inbox;
    std::chrono::milliseconds wait{0};
  };
  struct Connection {
    std::uint32_t partition = 0;
    std::uint64_t generation = 0;
    TimeMs last_up = 0;
    TimeMs last_down = 0;
  };
  // Calls `arrive` when the frame is there: never, once or twice.
  void carry(TimeMs& last, const std::function<void()>& arrive);

  Clockwork* clock_ = nullptr;
  const Profile* profile_ = nullptr;
  std::function<void(std::uint32_t)> on_arrival_;
  std::function<void(const wire::Peer&, const Bytes&)> on_frame_;
  std::map<std::uint32_t, HubSide> hubs_;
  std::map<wire::Peer, Connection> connections_;
  std::uint64_t next_peer_ = 1;
};

[[nodiscard]] Wire& wire_of(wire::Bus& bus);

}  // namespace perennial::simulation
