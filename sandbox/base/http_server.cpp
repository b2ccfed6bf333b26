#include "sandbox/base/http_server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_set>

namespace perennial::sandbox {
namespace {

namespace beast_http = boost::beast::http;
using Tcp = boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint64_t body_bytes_max = 16ULL * 1024 * 1024;
constexpr std::uint32_t header_bytes_max = 64 * 1024;
constexpr int trickle_steps = 12;

Request to_request(const beast_http::request<beast_http::string_body>& parsed) {
  Pairs headers;
  for (const auto& field : parsed) {
    headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  return make_request(std::string(parsed.method_string()), std::string(parsed.target()),
                      std::move(headers), parsed.body());
}

// Serialised by hand, because the faults need control over each byte that leaves.
std::string render_head(const Response& response, bool keep_alive, std::size_t body_bytes) {
  const auto reason = beast_http::obsolete_reason(static_cast<beast_http::status>(response.status));
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason);
  head += "\r\n";
  if (!response.content_type.empty()) head += "Content-Type: " + response.content_type + "\r\n";
  for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
  if (response.status != 204 && response.status != 304) {
    head += "Content-Length: " + std::to_string(body_bytes) + "\r\n";
  }
  head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

std::string garbled(std::string body) {
  const std::size_t kept = body.size() / 3;
  body.replace(kept, body.size() - kept, body.size() - kept, '#');
  return body.empty() ? std::string("<<#") : body;
}

// Answers what cannot be read as a request, unless the client simply went away; always false.
bool refuse_unreadable(Tcp::socket& socket, const error_code& error) {
  const bool is_protocol_error =
      error.category() == beast_http::make_error_code(beast_http::error::body_limit).category();
  const bool is_gone =
      error == beast_http::error::end_of_stream || error == beast_http::error::partial_message;
  if (!is_protocol_error || is_gone) return false;
  Response response;
  response.status = error == beast_http::error::body_limit ? 413 : 400;
  response.content_type = "text/plain";
  response.body = "expected an HTTP/1.1 request, but " + error.message() + "\n";
  error_code ignored;
  const std::string bytes = render_head(response, false, response.body.size()) + response.body;
  boost::asio::write(socket, boost::asio::buffer(bytes), ignored);
  socket.shutdown(Tcp::socket::shutdown_send, ignored);
  // What the client still sends is read away, or closing would reset the answer out of its hands.
  std::array<char, 16384> rest{};
  error_code ended;
  while (!ended) socket.read_some(boost::asio::buffer(rest), ended);
  return false;
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(Handler handler_in) : handler(std::move(handler_in)) {}

  void accept_loop();
  void serve(Tcp::socket& socket);
  Reply answer(const Request& request);
  bool read_request(Tcp::socket& socket, boost::beast::flat_buffer& buffer,
                    beast_http::request<beast_http::string_body>& out);
  bool write_reply(Tcp::socket& socket, const Request& request, Reply reply, bool keep_alive);
  bool trickle(Tcp::socket& socket, const std::string& bytes, std::chrono::milliseconds during);

  Handler handler;
  boost::asio::io_context io;
  Tcp::acceptor acceptor{io};
  std::thread accept_thread;
  std::atomic<bool> stopping{false};
  std::mutex mutex;
  std::condition_variable all_closed;
  std::unordered_set<int> open_sockets;  // guarded by mutex
  int connections = 0;                   // guarded by mutex
};

void HttpServer::Impl::accept_loop() {
  while (!stopping) {
    error_code error;
    Tcp::socket socket(io);
    acceptor.accept(socket, error);
    if (stopping) return;
    if (error) continue;
    socket.set_option(Tcp::no_delay(true), error);
    const int native = socket.native_handle();
    {
      const std::lock_guard lock(mutex);
      open_sockets.insert(native);
      ++connections;
    }
    auto owned = std::make_unique<Tcp::socket>(std::move(socket));
    std::thread([this, native, connection = std::move(owned)]() mutable {
      serve(*connection);
      {
        // The descriptor leaves the set before it closes, so that stop never shuts a reused number.
        const std::lock_guard lock(mutex);
        open_sockets.erase(native);
      }
      connection.reset();
      const std::lock_guard lock(mutex);
      --connections;
      all_closed.notify_all();
    }).detach();
  }
}

bool HttpServer::Impl::read_request(Tcp::socket& socket, boost::beast::flat_buffer& buffer,
                                    beast_http::request<beast_http::string_body>& out) {
  beast_http::request_parser<beast_http::string_body> parser;
  parser.body_limit(body_bytes_max);
  parser.header_limit(header_bytes_max);
  error_code error;
  beast_http::read_header(socket, buffer, parser, error);
  if (error) return refuse_unreadable(socket, error);
  if (boost::beast::iequals(parser.get()[beast_http::field::expect], "100-continue")) {
    const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    boost::asio::write(socket, boost::asio::buffer(go_on), error);
    if (error) return false;
  }
  beast_http::read(socket, buffer, parser, error);
  if (error) return refuse_unreadable(socket, error);
  out = parser.release();
  return true;
}

void HttpServer::Impl::serve(Tcp::socket& socket) {
  boost::beast::flat_buffer buffer;
  while (!stopping) {
    beast_http::request<beast_http::string_body> parsed;
    if (!read_request(socket, buffer, parsed)) return;
    const Request request = to_request(parsed);
    const bool keep_alive = parsed.keep_alive();
    Reply reply = answer(request);
    if (reply.finish == Finish::drop) return;
    if (!write_reply(socket, request, std::move(reply), keep_alive) || !keep_alive) return;
  }
}

Reply HttpServer::Impl::answer(const Request& request) {
  try {
    return handler(request);
  } catch (const std::exception& error) {
    // A hole in the simulation must show itself, not take the whole estate down.
    Reply reply;
    reply.response.status = 500;
    reply.response.content_type = "text/plain";
    reply.response.body = "the sandbox could not answer " + request.method + " " + request.target +
                          ": " + error.what() + "\n";
    return reply;
  }
}

bool HttpServer::Impl::write_reply(Tcp::socket& socket, const Request& request, Reply reply,
                                   bool keep_alive) {
  Response& response = reply.response;
  if (reply.finish == Finish::garble) response.body = garbled(std::move(response.body));
  const bool cut = reply.finish == Finish::truncate;
  const std::size_t promised = cut ? response.body.size() + 64 : response.body.size();
  std::string bytes = render_head(response, keep_alive && !cut, promised);
  if (request.method != "HEAD") {
    bytes += cut ? response.body.substr(0, response.body.size() / 2) : response.body;
  }
  if (reply.finish == Finish::trickle) return trickle(socket, bytes, reply.trickle_for);
  error_code error;
  boost::asio::write(socket, boost::asio::buffer(bytes), error);
  return !error && !cut;
}

bool HttpServer::Impl::trickle(Tcp::socket& socket, const std::string& bytes,
                               std::chrono::milliseconds during) {
  const std::size_t step = std::max<std::size_t>(1, bytes.size() / trickle_steps);
  for (std::size_t at = 0; at < bytes.size() && !stopping; at += step) {
    error_code error;
    const std::size_t count = std::min(step, bytes.size() - at);
    boost::asio::write(socket, boost::asio::buffer(bytes.data() + at, count), error);
    if (error) return false;
    std::this_thread::sleep_for(during / trickle_steps);
  }
  return true;
}

HttpServer::HttpServer(Handler handler) : impl_(std::make_unique<Impl>(std::move(handler))) {}

HttpServer::~HttpServer() {
  stop();
}

std::string HttpServer::start(std::uint16_t port) {
  error_code error;
  const Tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), port);
  Tcp::acceptor& acceptor = impl_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) {
    return "expected to listen on 127.0.0.1:" + std::to_string(port) + ", but " + error.message() +
           "; choose another --port, or 0 for free ports";
  }
  impl_->accept_thread = std::thread([this] { impl_->accept_loop(); });
  return {};
}

std::uint16_t HttpServer::port() const {
  error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

std::string HttpServer::url() const {
  return "http://127.0.0.1:" + std::to_string(port());
}

void HttpServer::stop() {
  if (impl_->stopping.exchange(true)) return;
  if (impl_->accept_thread.joinable()) {
    // Shutting the listening socket wakes the blocking accept; closing alone would not.
    ::shutdown(impl_->acceptor.native_handle(), SHUT_RDWR);
    impl_->accept_thread.join();
  }
  error_code ignored;
  impl_->acceptor.close(ignored);
  std::unique_lock lock(impl_->mutex);
  for (const int native : impl_->open_sockets) ::shutdown(native, SHUT_RDWR);
  impl_->all_closed.wait(lock, [this] { return impl_->connections == 0; });
}

}  // namespace perennial::sandbox
