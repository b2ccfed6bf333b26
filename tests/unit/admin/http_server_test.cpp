// The server over real sockets: keep-alive, limits, late and missing answers, hostile clients.
#include "runtime/admin/http_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <mutex>
#include <thread>

#include "runtime/admin/http_client.hpp"

namespace perennial::admin {
namespace {

Response plain(std::string text) {
  Response response;
  response.content_type = "text/plain";
  response.body = std::move(text);
  return response;
}

// A raw connection, for requests that no client library would send.
class Raw {
 public:
  explicit Raw(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    is_open_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Raw() { ::close(socket_); }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;

  void send(const std::string& bytes) const {
    (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // Until `mark` came or the server closed.
  [[nodiscard]] std::string read_until(const std::string& mark) {
    while (text_.find(mark) == std::string::npos) {
      char bytes[4096];
      const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
      if (got <= 0) break;
      text_.append(bytes, static_cast<std::size_t>(got));
    }
    return text_;
  }
  [[nodiscard]] std::string read_all() { return read_until("\x01 never sent"); }
  [[nodiscard]] bool is_open() const { return is_open_; }

 private:
  int socket_;
  bool is_open_ = false;
  std::string text_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void start(HttpLimits limits = {}) {
    std::vector<Route> routes(4);
    routes[0].method = "GET";
    routes[0].pattern = "/ok";
    routes[0].handler = [](const Request&, const Reply& reply) { reply(plain("fine")); };
    routes[1].method = "POST";
    routes[1].pattern = "/echo";
    routes[1].body_max = 1000;
    routes[1].handler = [](const Request& request, const Reply& reply) {
      reply(plain(request.body));
    };
    routes[2].method = "GET";
    routes[2].pattern = "/late";
    routes[2].handler = [this](const Request&, const Reply& reply) {
      const std::lock_guard lock(mutex_);
      kept_.set_value(reply);
    };
    routes[3].method = "GET";
    routes[3].pattern = "/never";
    routes[3].handler = [](const Request&, const Reply&) {};
    for (Route& route : routes) route.access = Access::open;
    auto started = HttpServer::listen("127.0.0.1", 0, Router(std::move(routes), {}), limits);
    ASSERT_TRUE(started) << started.error().reason;
    server = std::move(*started);
    base = "http://127.0.0.1:" + std::to_string(server->port());
  }

  std::unique_ptr<HttpServer> server;
  std::string base;
  std::mutex mutex_;
  std::promise<Reply> kept_;
};

TEST_F(HttpServerTest, KeepsAConnectionAndAnswersInOrder) {
  start();
  Raw raw(server->port());
  raw.send(
      "GET /ok HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\n"
      "Content-Length: 6\r\n\r\nsecond"
      "GET /ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string text = raw.read_all();
  const std::size_t first = text.find("fine");
  const std::size_t second = text.find("second");
  const std::size_t third = text.rfind("fine");
  ASSERT_NE(second, std::string::npos) << text;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST_F(HttpServerTest, TakesAChunkedBody) {
  start();
  Raw raw(server->port());
  raw.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
      "Connection: close\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
  EXPECT_NE(raw.read_all().find("abcdef"), std::string::npos);
}

TEST_F(HttpServerTest, SendsTheWordToGoOn) {
  start();
  Raw raw(server->port());
  raw.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_NE(raw.read_until("\r\n\r\n").find("100 Continue"), std::string::npos);
  raw.send("hi");
  EXPECT_NE(raw.read_all().find("hi"), std::string::npos);
}

TEST_F(HttpServerTest, RefusesBodiesBeyondTheLimit) {
  start();
  Raw stated(server->port());
  stated.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_NE(stated.read_all().find("413"), std::string::npos);
  Raw chunked(server->port());
  chunked.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7D0\r\n" +
               std::string(2000, 'x') + "\r\n0\r\n\r\n");
  EXPECT_NE(chunked.read_all().find("413"), std::string::npos);
}

TEST_F(HttpServerTest, RefusesHeadersBeyondTheLimit) {
  start();
  Raw raw(server->port());
  raw.send("GET /ok HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(20'000, 'x') + "\r\n\r\n");
  EXPECT_NE(raw.read_all().find("431"), std::string::npos);
}

TEST_F(HttpServerTest, RefusesWhatIsNoHttp) {
  start();
  for (const char* bytes : {"hello\r\n\r\n", "GET /ok HTTP/9.9\r\n\r\n",
                            "GET /ok HTTP/1.1\r\nContent-Length: -1\r\n\r\n"}) {
    Raw raw(server->port());
    raw.send(bytes);
    EXPECT_NE(raw.read_all().find("HTTP/1.1 400"), std::string::npos) << bytes;
  }
}

TEST_F(HttpServerTest, AnswersAClientThatSentABodyNobodyWanted) {
  start();
  HttpClient client(base, "");
  const auto answer = client.call("POST", "/nowhere", std::string(500'000, 'x'));
  ASSERT_TRUE(answer) << answer.error().reason;
  EXPECT_EQ(answer->status, 404U);
}

TEST_F(HttpServerTest, TakesAReplyFromAnotherThreadAndOnlyOnce) {
  start();
  std::future<Reply> kept = kept_.get_future();
  std::thread other([&] {
    const Reply reply = kept.get();
    reply(plain("first"));
    reply(plain("again"));
  });
  HttpClient client(base, "");
  const auto late = client.call("GET", "/late");
  other.join();
  ASSERT_TRUE(late);
  EXPECT_EQ(late->body, "first");
  EXPECT_EQ(client.call("GET", "/ok")->body, "fine");
}

TEST_F(HttpServerTest, GivesUpOnAHandlerThatNeverAnswers) {
  HttpLimits limits;
  limits.answer = std::chrono::milliseconds(50);
  start(limits);
  HttpClient client(base, "");
  const auto answer = client.call("GET", "/never");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 504U);
  EXPECT_EQ(client.call("GET", "/ok")->body, "fine");
}

TEST_F(HttpServerTest, DropsAReplyThatComesAfterItsEnd) {
  start();
  std::future<Reply> kept = kept_.get_future();
  Raw raw(server->port());
  raw.send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  const Reply reply = kept.get();
  server.reset();
  reply(plain("too late"));
  EXPECT_EQ(raw.read_all().find("too late"), std::string::npos);
}

TEST_F(HttpServerTest, CutsClientsThatSayNothing) {
  HttpLimits limits;
  limits.idle = std::chrono::milliseconds(50);
  limits.read = std::chrono::milliseconds(50);
  start(limits);
  Raw silent(server->port());
  Raw halting(server->port());
  halting.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_EQ(halting.read_all(), "");
}

TEST_F(HttpServerTest, RefusesMoreConnectionsThanItMayHold) {
  HttpLimits limits;
  limits.connections = 2;
  start(limits);
  Raw first(server->port());
  Raw second(server->port());
  first.send("GET /ok HTTP/1.1\r\nHost: x\r\n\r\n");
  second.send("GET /ok HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(first.read_until("fine").find("fine"), std::string::npos);
  EXPECT_NE(second.read_until("fine").find("fine"), std::string::npos);
  Raw third(server->port());
  EXPECT_NE(third.read_all().find("503"), std::string::npos);
}

TEST_F(HttpServerTest, SaysWhichAddressItCannotUse) {
  start();
  const auto second = HttpServer::listen("127.0.0.1", server->port(), Router({}, {}));
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().reason.find(std::to_string(server->port())), std::string::npos);
  EXPECT_NE(second.error().reason.find("http: listen:"), std::string::npos);
}

}  // namespace
}  // namespace perennial::admin
