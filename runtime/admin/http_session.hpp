// One HTTP connection: reads a request, waits for its answer, writes it, goes on.
//
// Place:   made by http_server only.
// Thread:  the server's, except that a reply may be given from any.
// Owns:    its socket. It lives as long as something is under way on it.
// Errors:  a request that cannot be read is answered with a problem and the connection is closed.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>

#include "runtime/admin/http_server.hpp"

namespace perennial::admin {

// What all connections of one server have in common.
struct SessionShared {
  Router router;
  HttpLimits limits;
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<const SessionShared> shared);

  void start() { read_head(); }
  // Answers before anything is read, then closes.
  void refuse(const Response& response);
  void close();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using ErrorCode = boost::beast::error_code;

  void read_head();
  void on_head(ErrorCode error);
  void read_body();
  void on_body(ErrorCode error);
  void refuse_unread(ErrorCode error);
  void hand_over();
  [[nodiscard]] Reply make_reply();
  void answer(std::uint64_t exchange, const Response& response);
  void write(const Response& response, bool stays_open);
  void drain();
  [[nodiscard]] Request take_head() const;

  std::shared_ptr<const SessionShared> shared_;
  boost::beast::tcp_stream stream_;
  boost::asio::steady_timer patience_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Request request_;
  const Route* route_ = nullptr;
  std::uint64_t exchange_ = 0;  // number of the request that waits for its answer
  bool is_waiting_ = false;
  std::size_t drained_ = 0;
};

}  // namespace perennial::admin
