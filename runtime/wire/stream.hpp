// One side's view of one connection: numbers what it sends, checks what it receives.
//
// Place:   one for each connection, at both ends. ZeroMQ may lose frames when a connection breaks;
//          the numbers turn a loss into an error instead of a hole.
// Thread:  that of the connection.
// Errors:  accept() fails on a gap, a repetition or a foreign epoch. The connection is then over:
//          the host says hello again and gets a new epoch.
#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/status.hpp"
#include "runtime/wire/frames.hpp"

namespace perennial::wire {

class Stream {
 public:
  [[nodiscard]] HostEpoch epoch() const { return epoch_; }
  // From the welcome on: both directions carry this epoch.
  void set_epoch(HostEpoch epoch) { epoch_ = epoch; }

  // The next frame to send, numbered and encoded.
  [[nodiscard]] Bytes next(const Body& body);
  // Checks the header of a received frame, in the order of receiving.
  [[nodiscard]] Status accept(const Header& header);

 private:
  HostEpoch epoch_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
};

}  // namespace perennial::wire
