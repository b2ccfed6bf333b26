// The partition's end of the bus: one ZeroMQ ROUTER socket for all connector hosts, and a wake-up
// from other threads.
//
// Place:   owned by pipeline/partition_service; the only ZeroMQ socket of a partition.
// Thread:  everything but wake() belongs to one thread. wake() may be called from any thread.
// Errors:  Status; sending to a peer that is gone is an error value (unavailable), never a silent
//          drop (ROUTER_MANDATORY). What is no frame of one part arrives as an empty frame, which
//          decode() refuses by name.
// Limits:  limits::frame_bytes_max a frame. High-water marks are off: credits of the protocol bound
//          what is in flight.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"

namespace perennial::wire {

// The shared ZeroMQ context; outlives every hub and link made with it.
class Bus {
 public:
  Bus();
  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;
  // The zmq::context_t, for hub.cpp alone.
  [[nodiscard]] void* native() const;

 private:
  struct Native;
  std::unique_ptr<Native> native_;
};

// Identity of a connected host, as ZeroMQ routes it. Unique while it is connected, never
// interpreted.
using Peer = std::string;

struct Received {
  Peer peer;
  Bytes frame;
};

class Hub {
 public:
  // Binds every endpoint: "inproc://partition-0", "ipc:///run/.../p0.sock" (in a 0700 folder).
  [[nodiscard]] static Result<std::unique_ptr<Hub>> bind(Bus& bus,
                                                         const std::vector<std::string>& endpoints);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Waits until a frame, a wake() or the time-out, whichever comes first, then appends up to
  // `frames_max` received frames.
  [[nodiscard]] Status receive(std::chrono::milliseconds timeout, std::size_t frames_max,
                               std::vector<Received>& received);
  [[nodiscard]] Status send(const Peer& peer, Bytes frame);
  // Makes the current or next receive() return. [any thread]
  void wake();

 private:
  struct Sockets;
  explicit Hub(std::unique_ptr<Sockets> sockets);
  std::unique_ptr<Sockets> sockets_;
};

// A connector host's end: one DEALER socket to one partition. Same rules as Hub.
class Link {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Link>> connect(Bus& bus, const std::string& endpoint);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  [[nodiscard]] Status send(Bytes frame);
  // Appends what is there now; never waits.
  [[nodiscard]] Status receive(std::size_t frames_max, std::vector<Bytes>& received);
  // What was sent before the link ends may still arrive within this time; none by default. For an
  // orderly parting only.
  void set_linger(std::chrono::milliseconds linger);

 private:
  friend class LinkSet;
  struct Socket;
  explicit Link(std::unique_ptr<Socket> socket);
  std::unique_ptr<Socket> socket_;
};

// Waits on several links of one host (one for each partition) and on a wake-up.
class LinkSet {
 public:
  LinkSet();
  ~LinkSet();
  LinkSet(const LinkSet&) = delete;
  LinkSet& operator=(const LinkSet&) = delete;

  // `link` must outlive the set, or be removed before it ends.
  void add(Link& link);
  void remove(Link& link);
  [[nodiscard]] Status wait(std::chrono::milliseconds timeout);
  // [any thread]
  void wake();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace perennial::wire
