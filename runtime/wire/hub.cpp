#include "runtime/wire/hub.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <zmq.hpp>

#include "runtime/base/limits.hpp"

namespace perennial::wire {
namespace {

// A wake-up from other threads: an eventfd that is polled beside the sockets. The flag spares the
// system calls while a wake-up is pending already, and while there is none.
class Bell {
 public:
  Bell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Bell() {
    if (fd_ >= 0) ::close(fd_);
  }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

  void ring() {
    if (is_rung_.exchange(true)) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
  }

  // True when it was rung since the last call. A ring whose write is still on its way makes one
  // later wait return early, which costs nothing.
  bool silence() {
    if (!is_rung_.exchange(false)) return false;
    drain();
    return true;
  }
  void drain() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
  }

 private:
  int fd_;
  std::atomic<bool> is_rung_{false};
};

tl::unexpected<Error> fail_zmq(const std::string& what, const zmq::error_t& error) {
  return fail(Code::io, "expected to " + what + ", but ZeroMQ said: " + error.what());
}

void configure(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, 0);
  socket.set(zmq::sockopt::rcvhwm, 0);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(limits::frame_bytes_max));
  // A host that starts before its partition is connected within this time of the bind.
  socket.set(zmq::sockopt::reconnect_ivl, 20);
  socket.set(zmq::sockopt::reconnect_ivl_max, 1000);
}

Status check_size(const Bytes& frame) {
  if (frame.size() <= limits::frame_bytes_max) return {};
  return fail(Code::exhausted, "expected a frame of at most " +
                                   std::to_string(limits::frame_bytes_max) + " bytes, but it has " +
                                   std::to_string(frame.size()));
}

// Lends the frame to ZeroMQ without a copy; it is freed when the last reader is done.
zmq::message_t to_message(Bytes frame) {
  auto* kept = new Bytes(std::move(frame));
  return {kept->data(), kept->size(),
          [](void* /*data*/, void* hint) { delete static_cast<Bytes*>(hint); }, kept};
}

Bytes to_bytes(const zmq::message_t& part) {
  return {static_cast<const char*>(part.data()), part.size()};
}

// The parts after `first`, of which an honest sender sends none; true when there were some.
bool skip_parts(zmq::socket_t& socket, const zmq::message_t& first) {
  if (!first.more()) return false;
  zmq::message_t part;
  do {
    if (!socket.recv(part, zmq::recv_flags::dontwait)) break;
  } while (part.more());
  return true;
}

Status poll(std::vector<zmq::pollitem_t>& polled, std::chrono::milliseconds timeout) {
  try {
    zmq::poll(polled, timeout);
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) return fail_zmq("wait for frames", error);
  }
  return {};
}

}  // namespace

struct Bus::Native {
  zmq::context_t context{1};
};

Bus::Bus() : native_(std::make_unique<Native>()) {}
Bus::~Bus() = default;

void* Bus::native() const {
  return &native_->context;
}

namespace {

zmq::context_t& context_of(const Bus& bus) {
  return *static_cast<zmq::context_t*>(bus.native());
}

}  // namespace

struct Hub::Sockets {
  zmq::socket_t router;
  Bell bell;
  std::vector<zmq::pollitem_t> polled;

  // One frame, or false when there is none now.
  bool receive_one(Received& received);
};

bool Hub::Sockets::receive_one(Received& received) {
  zmq::message_t peer;
  if (!router.recv(peer, zmq::recv_flags::dontwait)) return false;
  received.peer.assign(static_cast<const char*>(peer.data()), peer.size());
  received.frame.clear();
  if (!peer.more()) return true;
  zmq::message_t body;
  if (!router.recv(body, zmq::recv_flags::dontwait)) return true;
  if (!skip_parts(router, body)) received.frame = to_bytes(body);
  return true;
}

Hub::Hub(std::unique_ptr<Sockets> sockets) : sockets_(std::move(sockets)) {}
Hub::~Hub() = default;

Result<std::unique_ptr<Hub>> Hub::bind(Bus& bus, const std::vector<std::string>& endpoints) {
  auto sockets = std::make_unique<Sockets>();
  if (sockets->bell.fd() < 0) {
    return fail(Code::io, "expected an eventfd, but the system said: " +
                              std::system_category().message(errno));
  }
  std::string place = "open a ROUTER socket";
  try {
    sockets->router = zmq::socket_t(context_of(bus), zmq::socket_type::router);
    configure(sockets->router);
    sockets->router.set(zmq::sockopt::router_mandatory, true);
    for (const std::string& endpoint : endpoints) {
      place = "bind " + endpoint;
      sockets->router.bind(endpoint);
    }
  } catch (const zmq::error_t& error) {
    return fail_zmq(place, error);
  }
  sockets->polled = {{sockets->router.handle(), 0, ZMQ_POLLIN, 0},
                     {nullptr, sockets->bell.fd(), ZMQ_POLLIN, 0}};
  return std::unique_ptr<Hub>(new Hub(std::move(sockets)));
}

Status Hub::receive(std::chrono::milliseconds timeout, std::size_t frames_max,
                    std::vector<Received>& received) {
  const std::size_t before = received.size();
  const auto drain = [&] {
    Received one;
    while (received.size() - before < frames_max && sockets_->receive_one(one)) {
      received.push_back(std::move(one));
    }
  };
  try {
    // Under load frames are there already, and asking for them spares the poll.
    drain();
    if (sockets_->bell.silence() || received.size() > before) return {};
    if (auto status = poll(sockets_->polled, timeout); !status) return status;
    if (!sockets_->bell.silence() && sockets_->polled[1].revents != 0) sockets_->bell.drain();
    drain();
  } catch (const zmq::error_t& error) {
    return fail_zmq("receive a frame", error);
  }
  return {};
}

Status Hub::send(const Peer& peer, Bytes frame) {
  if (auto status = check_size(frame); !status) return status;
  try {
    const auto flags = zmq::send_flags::dontwait;
    if (!sockets_->router.send(zmq::buffer(peer), zmq::send_flags::sndmore | flags) ||
        !sockets_->router.send(to_message(std::move(frame)), flags)) {
      return fail(Code::exhausted, "expected room for a frame to the host, but there is none");
    }
  } catch (const zmq::error_t& error) {
    if (error.num() != EHOSTUNREACH) return fail_zmq("send a frame", error);
    return fail(Code::unavailable, "expected the host to be connected, but it is gone");
  }
  return {};
}

void Hub::wake() {
  sockets_->bell.ring();
}

struct Link::Socket {
  zmq::socket_t dealer;
};

Link::Link(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}
Link::~Link() = default;

Result<std::unique_ptr<Link>> Link::connect(Bus& bus, const std::string& endpoint) {
  auto socket = std::make_unique<Socket>();
  try {
    socket->dealer = zmq::socket_t(context_of(bus), zmq::socket_type::dealer);
    configure(socket->dealer);
    socket->dealer.connect(endpoint);
  } catch (const zmq::error_t& error) {
    return fail_zmq("connect to " + endpoint, error);
  }
  return std::unique_ptr<Link>(new Link(std::move(socket)));
}

Status Link::send(Bytes frame) {
  if (auto status = check_size(frame); !status) return status;
  try {
    if (!socket_->dealer.send(to_message(std::move(frame)), zmq::send_flags::dontwait)) {
      return fail(Code::unavailable, "expected the partition to be connected, but it is gone");
    }
  } catch (const zmq::error_t& error) {
    return fail_zmq("send a frame", error);
  }
  return {};
}

Status Link::receive(std::size_t frames_max, std::vector<Bytes>& received) {
  try {
    zmq::message_t body;
    for (std::size_t count = 0; count < frames_max; ++count) {
      if (!socket_->dealer.recv(body, zmq::recv_flags::dontwait)) break;
      received.push_back(skip_parts(socket_->dealer, body) ? Bytes() : to_bytes(body));
    }
  } catch (const zmq::error_t& error) {
    return fail_zmq("receive a frame", error);
  }
  return {};
}

void Link::set_linger(std::chrono::milliseconds linger) {
  socket_->dealer.set(zmq::sockopt::linger, static_cast<int>(linger.count()));
}

struct LinkSet::State {
  Bell bell;
  std::vector<zmq::pollitem_t> polled;
};

LinkSet::LinkSet() : state_(std::make_unique<State>()) {
  state_->polled.push_back({nullptr, state_->bell.fd(), ZMQ_POLLIN, 0});
}
LinkSet::~LinkSet() = default;

void LinkSet::add(Link& link) {
  state_->polled.push_back({link.socket_->dealer.handle(), 0, ZMQ_POLLIN, 0});
}

void LinkSet::remove(Link& link) {
  std::erase_if(state_->polled, [&](const zmq::pollitem_t& polled) {
    return polled.socket == link.socket_->dealer.handle();
  });
}

Status LinkSet::wait(std::chrono::milliseconds timeout) {
  if (state_->bell.silence()) return {};
  if (auto status = poll(state_->polled, timeout); !status) return status;
  if (!state_->bell.silence() && state_->polled[0].revents != 0) state_->bell.drain();
  return {};
}

void LinkSet::wake() {
  state_->bell.ring();
}

}  // namespace perennial::wire
