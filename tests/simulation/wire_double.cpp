#include "tests/simulation/wire_double.hpp"

#include <algorithm>

// ---- wire/hub.hpp, without ZeroMQ

namespace perennial::wire {

struct Bus::Native {
  simulation::Wire wire;
};

Bus::Bus() : native_(std::make_unique<Native>()) {}
Bus::~Bus() = default;
void* Bus::native() const {
  return native_.get();
}

struct Hub::Sockets {
  simulation::Wire& wire;
  std::uint32_t partition;
};

Hub::Hub(std::unique_ptr<Sockets> sockets) : sockets_(std::move(sockets)) {
  sockets_->wire.open_hub(sockets_->partition);
}

Hub::~Hub() {
  sockets_->wire.close_hub(sockets_->partition);
}

Result<std::unique_ptr<Hub>> Hub::bind(Bus& bus, const std::vector<std::string>& endpoints) {
  const auto partition = static_cast<std::uint32_t>(std::stoul(endpoints.front()));
  auto sockets = std::make_unique<Sockets>(Sockets{simulation::wire_of(bus), partition});
  return std::unique_ptr<Hub>(new Hub(std::move(sockets)));
}

Status Hub::receive(std::chrono::milliseconds timeout, std::size_t frames_max,
                    std::vector<Received>& received) {
  sockets_->wire.receive(sockets_->partition, timeout, frames_max, received);
  return {};
}

Status Hub::send(const Peer& peer, Bytes frame) {
  return sockets_->wire.to_host(peer, std::move(frame));
}

void Hub::wake() {
  sockets_->wire.wake(sockets_->partition);
}

}  // namespace perennial::wire

namespace perennial::simulation {

Wire& wire_of(wire::Bus& bus) {
  return *static_cast<Wire*>(bus.native());
}

void Wire::attach(Clockwork& clock, const Profile& profile,
                  std::function<void(std::uint32_t)> on_arrival,
                  std::function<void(const wire::Peer&, const Bytes&)> on_frame) {
  clock_ = &clock;
  profile_ = &profile;
  on_arrival_ = std::move(on_arrival);
  on_frame_ = std::move(on_frame);
}

wire::Peer Wire::connect(std::uint32_t partition) {
  const wire::Peer peer = "peer-" + std::to_string(next_peer_++);
  connections_[peer] = {partition, hubs_[partition].generation, 0, 0};
  return peer;
}

void Wire::disconnect(const wire::Peer& peer) {
  connections_.erase(peer);
}

void Wire::carry(TimeMs& last, const std::function<void()>& arrive) {
  Clockwork& clock = *clock_;
  TimeMs at = std::max(last, clock.now() + static_cast<TimeMs>(clock.draw(4)));
  if (!clock.is_calm) {
    if (clock.one_in(profile_->frame_lost)) {
      clock.count(Fault::frame_lost);
      return;
    }
    if (clock.one_in(profile_->frame_late)) {
      clock.count(Fault::frame_late);
      at += clock.between(50, 6'000);
    }
    if (clock.one_in(profile_->frame_doubled)) {
      clock.count(Fault::frame_doubled);
      clock.after(at + clock.between(0, 50) - clock.now(), arrive);
    }
    if (clock.one_in(profile_->frame_swapped)) {
      clock.count(Fault::frame_swapped);
      clock.after(at + clock.between(5, 500) - clock.now(), arrive);
      return;  // the next one does not wait for it
    }
  }
  last = at;
  clock.after(at - clock.now(), arrive);
}

void Wire::to_hub(const wire::Peer& peer, Bytes frame) {
  const auto found = connections_.find(peer);
  if (found == connections_.end()) return;
  const std::uint32_t partition = found->second.partition;
  const std::uint64_t generation = found->second.generation;
  carry(found->second.last_up, [this, peer, partition, generation, frame = std::move(frame)] {
    HubSide& hub = hubs_[partition];
    if (!hub.is_open || hub.generation != generation) return;
    hub.inbox.push_back({peer, frame});
    on_arrival_(partition);
  });
}

Status Wire::to_host(const wire::Peer& peer, Bytes frame) {
  const auto found = connections_.find(peer);
  if (found == connections_.end()) return fail(Code::unavailable, "expected a peer, but it left");
  clock_->note(frame);
  carry(found->second.last_down, [this, peer, frame = std::move(frame)] {
    if (connections_.contains(peer)) on_frame_(peer, frame);
  });
  return {};
}

void Wire::open_hub(std::uint32_t partition) {
  HubSide& hub = hubs_[partition];
  ++hub.generation;
  hub.is_open = true;
  hub.inbox.clear();
}

void Wire::close_hub(std::uint32_t partition) {
  hubs_[partition].is_open = false;
  hubs_[partition].inbox.clear();
}

void Wire::receive(std::uint32_t partition, std::chrono::milliseconds wait, std::size_t frames_max,
                   std::vector<wire::Received>& received) {
  HubSide& hub = hubs_[partition];
  hub.wait = wait;
  for (std::size_t count = 0; count < frames_max && !hub.inbox.empty(); ++count) {
    received.push_back(std::move(hub.inbox.front()));
    hub.inbox.pop_front();
  }
}

}  // namespace perennial::simulation
