// A tiny HTTP server on loopback whose every answer, or silence, is decided by a test.
//
// Thread:  one thread for each connection; ended and joined by the destructor.
#ifndef PERENNIAL_TESTS_PLUGINS_SUPPORT_LOOPBACK_SERVER_HPP
#define PERENNIAL_TESTS_PLUGINS_SUPPORT_LOOPBACK_SERVER_HPP

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace perennial::tests {

class LoopbackServer {
 public:
  struct Request {
    std::string head;
    std::string body;
    int connection;  // 1 for the first
  };
  // Raw bytes to send, and whether the connection stays open afterwards.
  struct Answer {
    std::string bytes;
    bool stays_open = true;
    bool waits_for_client = false;  // silence until the client gives up
  };
  using Handler = std::function<Answer(const Request&)>;

  explicit LoopbackServer(Handler handler);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  std::vector<Request> requests() const;

 private:
  void accept_all();
  void serve(int socket, int number);
  bool read_request(int socket, std::string& pending, Request& request);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;     // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_
  std::vector<int> sockets_;          // guarded by mutex_
  std::thread acceptor_;
};

// A complete answer with Content-Length.
std::string http_answer(int status, const std::string& body, const std::string& headers = "");

}  // namespace perennial::tests

#endif
