// The transport over real sockets: what it reuses, what it never repeats, and what each failure
// says about whether the remote can have acted.
#include <gtest/gtest.h>

#include <atomic>

#include "plugins/common/curl_transport.hpp"
#include "tests/plugins/support/loopback_server.hpp"

namespace perennial::plugins::common {
namespace {

using tests::http_answer;
using tests::LoopbackServer;
using Answer = LoopbackServer::Answer;

HttpRequest request_to(const std::string& url, std::string method = "GET", std::string body = "") {
  HttpRequest request;
  request.method = std::move(method);
  request.url = url;
  request.body = std::move(body);
  request.timeout_ms = 5000;
  return request;
}

TEST(CurlTransportTest, AnAnswerComesWithStatusHeadersAndBody) {
  LoopbackServer server([](const LoopbackServer::Request&) {
    return Answer{
        http_answer(201, "made", "X-Thing:  spaced \r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n")};
  });
  CurlTransport transport({});
  HttpRequest request = request_to(server.url() + "/orders?x=1", "POST", "{\"a\":1}");
  request.headers.add("Content-Type", "application/json");
  request.headers.add("X-Empty", "");
  const Exchange exchange = transport.send(request);
  ASSERT_TRUE(exchange) << exchange.error().text;
  EXPECT_EQ(exchange->status, 201);
  EXPECT_EQ(exchange->body, "made");
  EXPECT_EQ(exchange->headers.find("x-thing"), "spaced");
  EXPECT_EQ(exchange->headers.find_all("SET-COOKIE"), (std::vector<std::string>{"a=1", "b=2"}));
  const auto seen = server.requests().at(0);
  EXPECT_EQ(seen.head.substr(0, 24), "POST /orders?x=1 HTTP/1.");
  EXPECT_NE(seen.head.find("X-Empty:"), std::string::npos);
  EXPECT_EQ(seen.head.find("Expect:"), std::string::npos);
  EXPECT_EQ(seen.body, "{\"a\":1}");
}

TEST(CurlTransportTest, TheConnectionIsKept) {
  LoopbackServer server(
      [](const LoopbackServer::Request&) { return Answer{http_answer(200, "x")}; });
  CurlTransport transport({});
  for (int index = 0; index < 3; ++index) {
    ASSERT_TRUE(transport.send(request_to(server.url(), "PATCH", "body")));
  }
  for (const auto& request : server.requests()) EXPECT_EQ(request.connection, 1);
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST(CurlTransportTest, AChangeIsNeverRepeatedWhenAReusedConnectionDies) {
  for (const std::string method : {"POST", "PATCH", "PUT"}) {
    LoopbackServer server([](const LoopbackServer::Request& request) {
      if (request.head.find(" /first") != std::string::npos) return Answer{http_answer(200, "x")};
      return Answer{"", false};
    });
    CurlTransport transport({});
    ASSERT_TRUE(transport.send(request_to(server.url() + "/first", method, "warm")));
    const Exchange lost = transport.send(request_to(server.url() + "/second", method, "effect"));
    ASSERT_FALSE(lost) << method;
    EXPECT_EQ(lost.error().phase, Phase::maybe_sent);
    EXPECT_EQ(lost.error().code, "connection_lost");
    std::size_t effects = 0;
    for (const auto& request : server.requests()) {
      effects += request.head.find(" /second") != std::string::npos ? 1u : 0u;
    }
    EXPECT_EQ(effects, 1u) << method;
  }
}

TEST(CurlTransportTest, AChangeWithoutABodyIsNeverRepeatedEither) {
  LoopbackServer server([](const LoopbackServer::Request& request) {
    if (request.head.find(" /first") != std::string::npos) return Answer{http_answer(200, "x")};
    return Answer{"", false};
  });
  CurlTransport transport({});
  ASSERT_TRUE(transport.send(request_to(server.url() + "/first")));
  const Exchange lost = transport.send(request_to(server.url() + "/second", "POST"));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().phase, Phase::maybe_sent);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(CurlTransportTest, ARefusedConnectionIsSurelyNotSent) {
  int port = 0;
  {
    LoopbackServer server([](const LoopbackServer::Request&) { return Answer{}; });
    port = server.port();
  }
  CurlTransport transport({});
  const Exchange exchange =
      transport.send(request_to("http://127.0.0.1:" + std::to_string(port), "POST", "x"));
  ASSERT_FALSE(exchange);
  EXPECT_EQ(exchange.error().phase, Phase::surely_not_sent);
  EXPECT_EQ(exchange.error().code, "connect_failed");
}

TEST(CurlTransportTest, AFailedHandshakeIsSurelyNotSent) {
  LoopbackServer server([](const LoopbackServer::Request&) { return Answer{"plain text", false}; });
  CurlTransport transport({});
  // The plain server never completes the handshake, so the client gives up inside it.
  HttpRequest request =
      request_to("https://127.0.0.1:" + std::to_string(server.port()), "POST", "x");
  request.timeout_ms = 300;
  const Exchange exchange = transport.send(request);
  ASSERT_FALSE(exchange);
  EXPECT_EQ(exchange.error().phase, Phase::surely_not_sent);
  EXPECT_TRUE(server.requests().empty());
}

TEST(CurlTransportTest, AUrlThatIsNoneIsSurelyNotSent) {
  CurlTransport transport({});
  for (const char* url : {"http://", "file:///etc/hostname", "gopher://127.0.0.1/"}) {
    const Exchange exchange = transport.send(request_to(url));
    ASSERT_FALSE(exchange) << url;
    EXPECT_EQ(exchange.error().phase, Phase::surely_not_sent) << url;
    EXPECT_EQ(exchange.error().code, "url_invalid") << url;
  }
}

TEST(CurlTransportTest, SilenceAfterTheRequestMayHaveBeenSent) {
  LoopbackServer server([](const LoopbackServer::Request&) { return Answer{"", true, true}; });
  CurlTransport transport({});
  HttpRequest request = request_to(server.url(), "POST", "effect");
  request.timeout_ms = 100;
  const Exchange exchange = transport.send(request);
  ASSERT_FALSE(exchange);
  EXPECT_EQ(exchange.error().phase, Phase::maybe_sent);
  EXPECT_EQ(exchange.error().code, "timeout");
}

TEST(CurlTransportTest, AnAnswerCutShortMayHaveBeenSent) {
  LoopbackServer server([](const LoopbackServer::Request&) {
    return Answer{"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf", false};
  });
  CurlTransport transport({});
  const Exchange exchange = transport.send(request_to(server.url(), "POST", "effect"));
  ASSERT_FALSE(exchange);
  EXPECT_EQ(exchange.error().phase, Phase::maybe_sent);
  EXPECT_EQ(exchange.error().code, "answer_cut_short");
}

TEST(CurlTransportTest, AnAnswerBeyondTheBoundIsCutOff) {
  LoopbackServer server([](const LoopbackServer::Request&) {
    return Answer{http_answer(200, std::string(5000, 'x'))};
  });
  CurlSettings settings;
  settings.response_bytes_max = 1000;
  CurlTransport transport(settings);
  const Exchange exchange = transport.send(request_to(server.url()));
  ASSERT_FALSE(exchange);
  EXPECT_EQ(exchange.error().code, "answer_too_large");
}

TEST(CurlTransportTest, ARedirectIsAnAnswerAndNotFollowed) {
  LoopbackServer server([](const LoopbackServer::Request&) {
    return Answer{http_answer(302, "", "Location: /elsewhere\r\n")};
  });
  CurlTransport transport({});
  HttpRequest request = request_to(server.url());
  request.headers.add("Authorization", "Bearer secret");
  const Exchange exchange = transport.send(request);
  ASSERT_TRUE(exchange);
  EXPECT_EQ(exchange->status, 302);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(CurlTransportTest, ThreadsHaveConnectionsOfTheirOwn) {
  LoopbackServer server([](const LoopbackServer::Request& request) {
    return Answer{http_answer(200, request.body)};
  });
  CurlTransport transport({});
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int index = 0; index < 10; ++index) {
        const std::string body = std::to_string(thread) + "-" + std::to_string(index);
        const Exchange exchange = transport.send(request_to(server.url(), "POST", body));
        if (exchange && exchange->body == body) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
  int connections = 0;
  for (const auto& request : server.requests()) {
    connections = std::max(connections, request.connection);
  }
  EXPECT_LE(connections, 4);
}

}  // namespace
}  // namespace perennial::plugins::common
