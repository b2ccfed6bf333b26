#include "runtime/wire/stream.hpp"

namespace perennial::wire {

Bytes Stream::next(const Body& body) {
  Bytes frame;
  encode(Header{epoch_, ++sent_}, body, frame);
  return frame;
}

Status Stream::accept(const Header& header) {
  if (header.epoch != epoch_) {
    return fail(Code::refused, "expected a frame of epoch " + std::to_string(epoch_) +
                                   ", but one of epoch " + std::to_string(header.epoch) +
                                   " came; this connection is over, say hello again");
  }
  if (header.sequence != received_ + 1) {
    return fail(Code::corrupted, "expected frame " + std::to_string(received_ + 1) + " of epoch " +
                                     std::to_string(epoch_) + ", but frame " +
                                     std::to_string(header.sequence) +
                                     " came; this connection is over, say hello again");
  }
  ++received_;
  return {};
}

}  // namespace perennial::wire
