// A host's connections to all partitions: hello and welcome, numbering, heartbeats, starting over.
//
// Place:   connector_host's I/O thread.
// Thread:  one.
// Errors:  what breaks a connection (a gap, a foreign epoch, an unreadable frame) ends all of them:
//          reset() says hello everywhere again, and the caller begins its sources at the journaled
//          cursors. A refusal of the hello itself is final.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/host/host_shared.hpp"
#include "runtime/wire/hub.hpp"
#include "runtime/wire/stream.hpp"

namespace perennial::host {

class HostLinks {
 public:
  // `frame` borrows `bytes`.
  using OnFrame = std::function<void(std::size_t partition, const wire::Frame& frame,
                                     const std::shared_ptr<const Bytes>& bytes)>;

  HostLinks(HostShared& shared, wire::Bus& bus);
  ~HostLinks();
  HostLinks(const HostLinks&) = delete;
  HostLinks& operator=(const HostLinks&) = delete;

  // Ends every connection.
  void drop();
  // Connects anew to every partition and says hello.
  [[nodiscard]] Status reset();
  // Takes what came. Every frame but those of the greeting goes to `on_frame`.
  [[nodiscard]] Status receive(const OnFrame& on_frame);
  [[nodiscard]] Status send(std::size_t partition, const wire::Body& body);
  [[nodiscard]] Status send_heartbeats();
  // Says goodbye everywhere and lets what was sent arrive.
  void part(std::string_view reason);

  // Every partition has welcomed this host.
  [[nodiscard]] bool is_open() const;
  [[nodiscard]] bool is_welcomed(std::size_t partition) const;
  [[nodiscard]] HostEpoch epoch(std::size_t partition) const;
  // Why a partition refused the hello; empty when none did.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  // How long ago the greeting began; 0 when it is over.
  [[nodiscard]] std::int64_t greeting_us() const;

 private:
  struct Partition {
    std::unique_ptr<wire::Link> link;
    wire::Stream stream;
    bool is_welcomed = false;
    std::int64_t sent_us = 0;
  };
  [[nodiscard]] Status on_bytes(std::size_t partition, const std::shared_ptr<const Bytes>& bytes,
                                const OnFrame& on_frame);
  [[nodiscard]] wire::Hello hello() const;

  HostShared& shared_;
  wire::Bus& bus_;
  std::vector<Partition> partitions_;
  std::string refusal_;
  std::int64_t begun_us_ = 0;
  std::vector<Bytes> received_;
};

}  // namespace perennial::host
