#include "runtime/admin/http_session.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <limits>

#include "runtime/admin/problem.hpp"

namespace perennial::admin {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

// What a client that was refused may still send before its connection is cut: long enough for it
// to see the answer.
constexpr auto drain_time = std::chrono::seconds(2);
constexpr std::size_t drain_bytes_max = 16ULL * 1024 * 1024;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char symbol) {
    return symbol >= 'A' && symbol <= 'Z' ? static_cast<char>(symbol - 'A' + 'a') : symbol;
  });
  return out;
}

std::string to_text(beast::string_view text) {
  return {text.data(), text.size()};
}

using Outgoing = http::response<http::string_body>;

std::shared_ptr<Outgoing> make_outgoing(const Response& response, unsigned version,
                                        bool stays_open) {
  auto out = std::make_shared<Outgoing>();
  out->version(version);
  out->result(response.status);
  if (out->result() == http::status::unknown) out->reason(to_text("Unknown"));
  if (!response.content_type.empty()) out->set(http::field::content_type, response.content_type);
  // Answers hold business facts: neither a cache nor a guessing browser may keep or reinterpret
  // them.
  out->set(http::field::cache_control, "no-store");
  out->set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) out->set(name, value);
  out->keep_alive(stays_open);
  out->body() = response.body;
  out->prepare_payload();
  return out;
}

}  // namespace

HttpSession::HttpSession(boost::asio::ip::tcp::socket socket,
                         std::shared_ptr<const SessionShared> shared)
    : shared_(std::move(shared)), stream_(std::move(socket)), patience_(stream_.get_executor()) {
  ErrorCode ignored;
  stream_.socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

void HttpSession::close() {
  ErrorCode ignored;
  patience_.cancel();
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.close();
}

void HttpSession::refuse(const Response& response) {
  stream_.expires_after(drain_time);
  write(response, false);
}

void HttpSession::read_head() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(shared_->limits.header_bytes));
  // The limit of the body depends on the route, which is known after the head. Not boost::none,
  // which Beast of Boost 1.74 takes for "nothing is allowed".
  parser_->body_limit(std::numeric_limits<std::uint64_t>::max());
  stream_.expires_after(shared_->limits.idle);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_head(error); });
}

Request HttpSession::take_head() const {
  Request request;
  const auto& head = parser_->get();
  request.method = to_text(head.method_string());
  const std::string target = to_text(head.target());
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.path = target.substr(0, mark);
  if (mark < target.size()) request.query_text = target.substr(mark + 1);
  for (const auto& field : head) {
    request.headers.emplace_back(lower(to_text(field.name_string())), to_text(field.value()));
  }
  return request;
}

void HttpSession::on_head(ErrorCode error) {
  if (error) {
    refuse_unread(error);
    return;
  }
  request_ = take_head();
  auto match = shared_->router.match(request_);
  const auto length = parser_->content_length();
  const bool has_body = parser_->chunked() || (length && *length > 0);
  if (match.refusal) {
    write(*match.refusal, !has_body && parser_->get().keep_alive());
    return;
  }
  route_ = match.route;
  if (length && *length > route_->body_max) {
    refuse_unread(http::error::body_limit);
    return;
  }
  parser_->body_limit(route_->body_max);
  const bool wants_word = lower(request_.header("expect")) == "100-continue";
  if (!wants_word || !has_body) {
    read_body();
    return;
  }
  auto word = std::make_shared<http::response<http::string_body>>(http::status::continue_,
                                                                  parser_->get().version());
  http::async_write(stream_, *word,
                    [self = shared_from_this(), word](ErrorCode failed, std::size_t) {
                      if (!failed) self->read_body();
                    });
}

void HttpSession::read_body() {
  stream_.expires_after(shared_->limits.read);
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_body(error); });
}

void HttpSession::on_body(ErrorCode error) {
  if (error) {
    refuse_unread(error);
    return;
  }
  stream_.expires_never();
  request_.body = std::move(parser_->get().body());
  hand_over();
}

// Nothing sensible can follow on a connection whose request could not be read.
void HttpSession::refuse_unread(ErrorCode error) {
  const bool is_gone = error == http::error::end_of_stream || error == beast::error::timeout ||
                       error == http::error::partial_message ||
                       error.category() == boost::asio::error::get_system_category() ||
                       error.category() == boost::asio::error::get_misc_category();
  if (is_gone) {
    close();
    return;
  }
  stream_.expires_after(drain_time);
  if (error == http::error::header_limit) {
    write(problem(431, "header_too_large",
                  "expected at most " + std::to_string(shared_->limits.header_bytes) +
                      " bytes of header, but there are more"),
          false);
  } else if (error == http::error::body_limit && route_ != nullptr) {
    write(problem(413, "body_too_large",
                  "expected at most " + std::to_string(route_->body_max) +
                      " bytes for this path, but the body has more: send it in parts"),
          false);
  } else {
    write(problem(400, "bad_request",
                  "expected HTTP/1.1, but the request breaks it: " + error.message()),
          false);
  }
}

void HttpSession::hand_over() {
  ++exchange_;
  is_waiting_ = true;
  patience_.expires_after(shared_->limits.answer);
  patience_.async_wait([self = shared_from_this(), exchange = exchange_](ErrorCode cancelled) {
    if (cancelled) return;
    self->answer(exchange,
                 problem(504, "no_answer",
                         "expected an answer of the runtime in time, but there was none: what was "
                         "asked may still happen; ask again, the same event is taken once"));
  });
  route_->handler(request_, make_reply());
}

Reply HttpSession::make_reply() {
  // Weak, because a reply may be kept by a partition that outlives this server.
  return [weak = weak_from_this(), exchange = exchange_](Response response) {
    const auto self = weak.lock();
    if (!self) return;
    boost::asio::post(self->stream_.get_executor(),
                      [weak, exchange, response = std::move(response)] {
                        if (const auto session = weak.lock()) session->answer(exchange, response);
                      });
  };
}

void HttpSession::answer(std::uint64_t exchange, const Response& response) {
  if (!is_waiting_ || exchange != exchange_) return;
  is_waiting_ = false;
  patience_.cancel();
  write(response, parser_->get().keep_alive());
}

void HttpSession::write(const Response& response, bool stays_open) {
  const unsigned version = parser_ && parser_->is_header_done() ? parser_->get().version() : 11;
  const auto out = make_outgoing(response, version, stays_open);
  stream_.expires_after(shared_->limits.read);
  http::async_write(stream_, *out,
                    [self = shared_from_this(), out, stays_open](ErrorCode error, std::size_t) {
                      if (error) return self->close();
                      if (stays_open) return self->read_head();
                      self->drain();
                    });
}

// Closing with unread bytes would reset the connection and could take the answer with it.
void HttpSession::drain() {
  ErrorCode ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  if (drained_ == 0) stream_.expires_after(drain_time);
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(64ULL * 1024),
                          [self = shared_from_this()](ErrorCode error, std::size_t got) {
                            self->drained_ += got;
                            if (error || self->drained_ > drain_bytes_max) return self->close();
                            self->drain();
                          });
}

}  // namespace perennial::admin
