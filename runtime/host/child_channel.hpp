// What a supervisor and its child say to each other over the inherited socket.
//
// Place:   supervisor.cpp on one end, child.cpp on the other.
// Thread:  send() any; receive() one.
// Errors:  Status; an ended peer reads as Code::unavailable.
// Format:  length (4 bytes, big endian), kind (1 byte), body. The specification crosses here and
//          nowhere else, because it holds secrets.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"
#include "runtime/host/connector_host.hpp"

namespace perennial::host {

enum class ChildNote : char {
  spec = 'C',     // to the child: encode_spec
  started = 'S',  // the plugin was started
  failed = 'E',   // it can't be: the reason
  log = 'L',      // level digit, then text
  status = 'T',   // encode_status
};

class ChildChannel {
 public:
  // Takes the descriptor over.
  explicit ChildChannel(int fd) : fd_(fd) {}
  ~ChildChannel();
  ChildChannel(const ChildChannel&) = delete;
  ChildChannel& operator=(const ChildChannel&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  // Waits until all is written.
  [[nodiscard]] Status send(ChildNote note, ByteView body);
  // As send, but gives up on a peer that does not read: a log line is no reason to stand still.
  void send_or_drop(ChildNote note, ByteView body);

  struct Received {
    ChildNote note = ChildNote::log;
    Bytes body;
  };
  // Reads what is there, appends whole notes; waits only when `may_wait`.
  [[nodiscard]] Status receive(bool may_wait, std::vector<Received>& received);

 private:
  [[nodiscard]] Status write_all(const Bytes& bytes, bool may_wait);
  [[nodiscard]] Status take_notes(std::vector<Received>& received);

  int fd_;
  std::mutex mutex_;  // guards writing and unsent_
  Bytes unsent_;      // the rest of a note that was begun
  Bytes pending_;     // bytes of a note that is not whole yet
};

[[nodiscard]] Bytes encode_status(const HostStatus& status);
[[nodiscard]] Result<HostStatus> decode_status(ByteView bytes);

}  // namespace perennial::host
