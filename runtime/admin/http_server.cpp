#include "runtime/admin/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>
#include <thread>

#include "runtime/admin/http_session.hpp"
#include "runtime/admin/problem.hpp"

namespace perennial::admin {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

class HttpServer::Core : public std::enable_shared_from_this<HttpServer::Core> {
 public:
  Core(Router router, HttpLimits limits) : shared_{std::move(router), limits} {}

  Status open(const std::string& host, std::uint16_t port) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(host, error);
    const tcp::endpoint endpoint(address, port);
    if (!error) acceptor_.open(endpoint.protocol(), error);
    // A restart must not wait for the connections of the run before.
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(Code::io, "expected to listen on " + host + ":" + std::to_string(port) +
                                ", but " + error.message() +
                                ": free the address or change http: listen:");
    }
    port_ = acceptor_.local_endpoint().port();
    accept();
    thread_ = std::thread([self = shared_from_this()] { self->context_.run(); });
    return {};
  }

  void stop() {
    asio::post(context_, [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      for (const auto& weak : sessions_) {
        if (const auto session = weak.lock()) session->close();
      }
    });
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
      if (!error) admit(std::move(socket));
      // Out of file descriptors, for one: connections that end make room again.
      if (error) {
        retry_.expires_after(std::chrono::milliseconds(100));
        retry_.async_wait([this](boost::system::error_code cancelled) {
          if (!cancelled && acceptor_.is_open()) accept();
        });
        return;
      }
      accept();
    });
  }

  void admit(tcp::socket socket) {
    std::erase_if(sessions_, [](const auto& weak) { return weak.expired(); });
    const bool is_full = sessions_.size() >= shared_.limits.connections;
    const auto session = std::make_shared<HttpSession>(
        std::move(socket), std::shared_ptr<const SessionShared>(shared_from_this(), &shared_));
    if (is_full) {
      session->refuse(problem(503, "too_many_connections",
                              "expected at most " + std::to_string(shared_.limits.connections) +
                                  " connections: close some, or try again"));
      return;
    }
    sessions_.insert(session);
    session->start();
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer retry_{context_};
  SessionShared shared_;
  std::set<std::weak_ptr<HttpSession>, std::owner_less<>> sessions_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

HttpServer::HttpServer(std::shared_ptr<Core> core) : core_(std::move(core)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const std::string& host, std::uint16_t port,
                                                       Router router, HttpLimits limits) {
  auto core = std::make_shared<Core>(std::move(router), limits);
  if (auto status = core->open(host, port); !status) return tl::unexpected(status.error());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
}

HttpServer::~HttpServer() {
  core_->stop();
}

std::uint16_t HttpServer::port() const {
  return core_->port();
}

}  // namespace perennial::admin
