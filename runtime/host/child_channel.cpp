#include "runtime/host/child_channel.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "runtime/event/cursor.hpp"
#include "runtime/event/pack.hpp"

namespace perennial::host {
namespace {

// A specification with large configuration and vars; a log line is far below.
constexpr std::size_t note_bytes_max = std::size_t{16} * 1024 * 1024;
constexpr std::size_t head_bytes = 5;

Bytes framed(ChildNote note, ByteView body) {
  Bytes bytes;
  const auto size = static_cast<std::uint32_t>(body.size());
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  bytes += static_cast<char>(note);
  bytes += body;
  return bytes;
}

tl::unexpected<Error> fail_io(const char* what) {
  return fail(Code::io, std::string("expected to ") + what +
                            " the host's socket, but: " + std::system_category().message(errno));
}

void wait_for(int fd, short events) {
  pollfd polled{fd, events, 0};
  static_cast<void>(::poll(&polled, 1, -1));
}

}  // namespace

ChildChannel::~ChildChannel() {
  if (fd_ >= 0) ::close(fd_);
}

Status ChildChannel::write_all(const Bytes& bytes, bool may_wait) {
  unsent_ += bytes;
  while (!unsent_.empty()) {
    const ssize_t count = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      unsent_.erase(0, static_cast<std::size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!may_wait) return {};
      wait_for(fd_, POLLOUT);
    } else if (errno != EINTR) {
      return fail_io("write to");
    }
  }
  return {};
}

Status ChildChannel::send(ChildNote note, ByteView body) {
  const std::lock_guard lock(mutex_);
  return write_all(framed(note, body), true);
}

void ChildChannel::send_or_drop(ChildNote note, ByteView body) {
  const std::lock_guard lock(mutex_);
  // A note that was begun is finished first; behind it there is room for one more only.
  static_cast<void>(write_all({}, false));
  if (unsent_.empty()) static_cast<void>(write_all(framed(note, body), false));
}

Status ChildChannel::receive(bool may_wait, std::vector<Received>& received) {
  char buffer[64 * 1024];
  if (may_wait) wait_for(fd_, POLLIN);
  while (true) {
    const ssize_t count = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count > 0) {
      pending_.append(buffer, static_cast<std::size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != ECONNRESET) {
      return fail_io("read from");
    }
    if (auto status = take_notes(received); !status) return status;
    const bool is_ended = count == 0 || errno == ECONNRESET;
    if (is_ended) {
      return fail(Code::unavailable, "expected the other side, but it ended the connection");
    }
    return {};
  }
}

Status ChildChannel::take_notes(std::vector<Received>& received) {
  while (pending_.size() >= head_bytes) {
    std::size_t size = 0;
    for (std::size_t index = 0; index < 4; ++index) {
      size = (size << 8) | static_cast<unsigned char>(pending_[index]);
    }
    if (size > note_bytes_max) {
      return fail(Code::corrupted, "expected a note of at most " + std::to_string(note_bytes_max) +
                                       " bytes, but " + std::to_string(size) + " are announced");
    }
    if (pending_.size() < head_bytes + size) return {};
    received.push_back({static_cast<ChildNote>(pending_[4]), pending_.substr(head_bytes, size)});
    pending_.erase(0, head_bytes + size);
  }
  return {};
}

Bytes encode_status(const HostStatus& status) {
  Bytes out;
  event::Packer packer(out);
  packer.array(7).boolean(status.is_connected).boolean(status.is_paused);
  packer.boolean(status.has_ended).text(status.reason).unsigned_integer(status.misuses);
  packer.unsigned_integer(status.threads_written_off).unsigned_integer(status.reconnects);
  return out;
}

Result<HostStatus> decode_status(ByteView bytes) {
  event::Cursor cursor(bytes);
  HostStatus status;
  if (cursor.array() != 7) cursor.fail();
  status.is_connected = cursor.boolean();
  status.is_paused = cursor.boolean();
  status.has_ended = cursor.boolean();
  status.reason = cursor.text();
  status.misuses = cursor.unsigned_integer();
  status.threads_written_off = static_cast<std::uint32_t>(cursor.unsigned_integer());
  status.reconnects = static_cast<std::uint32_t>(cursor.unsigned_integer());
  if (!cursor.ok())
    return fail(Code::corrupted, "expected a host's status, but something else came");
  return status;
}

}  // namespace perennial::host
