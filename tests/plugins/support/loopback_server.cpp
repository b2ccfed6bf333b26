#include "tests/plugins/support/loopback_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace perennial::tests {
namespace {

std::size_t content_length(const std::string& head) {
  const std::string name = "Content-Length: ";
  const std::size_t place = head.find(name);
  return place == std::string::npos ? 0 : std::stoul(head.substr(place + name.size()));
}

}  // namespace

LoopbackServer::LoopbackServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port on loopback");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

LoopbackServer::~LoopbackServer() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    for (const int open : sockets_) shutdown(open, SHUT_RDWR);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
  for (const int open : sockets_) close(open);
}

std::vector<LoopbackServer::Request> LoopbackServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void LoopbackServer::accept_all() {
  for (int number = 1;; ++number) {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    const std::lock_guard lock(mutex_);
    sockets_.push_back(client);
    threads_.emplace_back([this, client, number] { serve(client, number); });
  }
}

bool LoopbackServer::read_request(int socket, std::string& pending, Request& request) {
  for (;;) {
    const std::size_t end = pending.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::string head = pending.substr(0, end + 4);
      const std::size_t whole = head.size() + content_length(head);
      if (pending.size() >= whole) {
        request.head = head;
        request.body = pending.substr(head.size(), whole - head.size());
        pending.erase(0, whole);
        return true;
      }
    }
    char bytes[4096];
    const ssize_t count = recv(socket, bytes, sizeof(bytes), 0);
    if (count <= 0) return false;
    pending.append(bytes, static_cast<std::size_t>(count));
  }
}

void LoopbackServer::serve(int socket, int number) {
  std::string pending;
  Request request;
  request.connection = number;
  while (read_request(socket, pending, request)) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const Answer answer = handler_(request);
    send(socket, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
    if (answer.waits_for_client) {
      char byte = 0;
      while (recv(socket, &byte, 1, 0) > 0) {
      }
      return;
    }
    if (!answer.stays_open) {
      shutdown(socket, SHUT_RDWR);
      return;
    }
  }
}

std::string http_answer(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace perennial::tests
